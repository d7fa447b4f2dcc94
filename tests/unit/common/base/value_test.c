#include "common/base/value.h"
#include "tests/unit/common/base/unit.h"

#include <jansson.h>
#include <string.h>

static void assert_kind(const char *text, enum value_kind kind)
{
    enum value_kind found = value_of(str_from_cstr(text)).kind;
    if (found != kind)
        fail_msg("%s is of kind %d, not %d", text, (int)found, (int)kind);
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    if ((json != NULL) != (kind != VALUE_NONE))
        fail_msg("jansson judges %s otherwise", text);
    json_decref(json);
}

static void every_kind_is_told_rfc8259_3(void **state)
{
    static const struct {
        const char *text;
        enum value_kind kind;
    } cases[] = {
        {"{}", VALUE_OBJECT},
        {" { \"a\" : [ 1 , 2.5 , { } ] , \"b\" : \"x\" } \r\n\t", VALUE_OBJECT},
        {"[]", VALUE_ARRAY},
        {"[[],{},\"\",0,null]", VALUE_ARRAY},
        {"\"\"", VALUE_TEXT},
        {"\"\\u00fc\\ud83d\\ude00\\n\\/\"", VALUE_TEXT},
        {"0", VALUE_INTEGER},
        {"-0", VALUE_INTEGER},
        {"9223372036854775807", VALUE_INTEGER},
        {"-9223372036854775808", VALUE_INTEGER},
        {"1.5", VALUE_REAL},
        {"-1e3", VALUE_REAL},
        {"1E+2", VALUE_REAL},
        {"true", VALUE_TRUE},
        {"false", VALUE_FALSE},
        {"null", VALUE_NULL},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(cases); i++)
        assert_kind(cases[i].text, cases[i].kind);
}

static void what_is_no_json_is_refused_rfc8259_2(void **state)
{
    static const char *const broken[] = {
        "",
        " ",
        "{",
        "}",
        "[",
        "[1",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "{}{}",
        "1 2",
        "'a'",
        "\"a",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\u123\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\ud800\\n\"",
        "\"\\ud800\\ud800\"",
        "\"\\udc00\"",
        "\"\x01\"",
        "\"\n\"",
        "\"\xff\"",
        "\"\xed\xa0\x80\"",
        "01",
        "-",
        "+1",
        ".5",
        "1.",
        "1e",
        "1e+",
        "0x1",
        "1e999",
        "9223372036854775808",
        "-9223372036854775809",
        "NaN",
        "tru",
        "True",
        "nullx",
        "\xef\xbb\xbf{}",
    };
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(broken); i++)
        assert_kind(broken[i], VALUE_NONE);
    assert_int_equal(value_of(STR_ABSENT).kind, VALUE_NONE);
    assert_int_equal(value_of(STR("\"a\0b\"")).kind, VALUE_NONE);
    assert_int_equal(value_of(STR("{}\0")).kind, VALUE_NONE);
}

static void a_member_stands_once_rfc7519_4(void **state)
{
    (void)state;
    assert_kind("{\"a\":1,\"a\":2}", VALUE_NONE);
    assert_kind("{\"a\":1,\"b\":{\"c\":1,\"c\":1}}", VALUE_NONE);
    assert_kind("{\"a\":1,\"\\u0061\":2}", VALUE_NONE);
    assert_kind("{\"a\":{\"a\":1},\"b\":{\"a\":1}}", VALUE_OBJECT);
}

/* More members than are compared one by one. */
static void a_member_stands_once_among_very_many(void **state)
{
    struct str text = STR("{\"m0\":0");
    for (int i = 1; i < 100; i++) {
        text = arena_printf(unit_arena(state), "%.*s,\"m%d\":%d", STR_ARGS(text), i, i);
        assert_kind(arena_printf(unit_arena(state), "%.*s}", STR_ARGS(text)).at, VALUE_OBJECT);
        assert_kind(arena_printf(unit_arena(state), "%.*s,\"m%d\":0}", STR_ARGS(text), i).at,
                    VALUE_NONE);
        assert_kind(arena_printf(unit_arena(state), "%.*s,\"m0\":0}", STR_ARGS(text)).at,
                    VALUE_NONE);
    }
}

static void depth_has_a_limit(void **state)
{
    char text[2 * (VALUE_DEPTH_MAX + 1)];
    (void)state;
    for (size_t depth = 1; depth <= VALUE_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        enum value_kind kind = value_of(str_from_bytes(text, 2 * depth)).kind;
        assert_int_equal(kind, depth <= VALUE_DEPTH_MAX ? VALUE_ARRAY : VALUE_NONE);
    }
}

static void members_and_elements_are_walked_in_order(void **state)
{
    static const char text[] = " {\"a\" : \"x\" , \"b\":[ 1,\"]\\\"}\",{\"c\":[]} "
                               "],\"d\":{\"e\":\"}\"},\"f\":-12,\"g\":null} ";
    static const struct {
        const char *name;
        enum value_kind kind;
        const char *raw;
    } expected[] = {
        {"a", VALUE_TEXT, "x"},
        {"b", VALUE_ARRAY, "[ 1,\"]\\\"}\",{\"c\":[]} ]"},
        {"d", VALUE_OBJECT, "{\"e\":\"}\"}"},
        {"f", VALUE_INTEGER, "-12"},
        {"g", VALUE_NULL, "null"},
    };
    struct value name, member, array = {.kind = VALUE_NONE};
    struct value_cursor cursor = value_open(value_of(str_from_cstr(text)));
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(expected); i++) {
        assert_true(value_next_member(&cursor, &name, &member));
        assert_true(value_text_is(name, expected[i].name));
        assert_int_equal(member.kind, expected[i].kind);
        assert_str(member.raw, expected[i].raw);
        if (member.kind == VALUE_ARRAY)
            array = member;
        if (member.kind == VALUE_INTEGER)
            assert_int_equal(value_integer(member), -12);
    }
    assert_false(value_next_member(&cursor, &name, &member));
    cursor = value_open(array);
    static const enum value_kind kinds[] = {VALUE_INTEGER, VALUE_TEXT, VALUE_OBJECT};
    for (size_t i = 0; i < LENGTH_OF(kinds); i++) {
        assert_true(value_next_element(&cursor, &member));
        assert_int_equal(member.kind, kinds[i]);
    }
    assert_false(value_next_element(&cursor, &member));
}

static void what_has_no_members_has_none(void **state)
{
    static const char *const texts[] = {"{}", "[]", "[ ]", "{ }", "\"{}\"", "7", "x"};
    struct value name, member;
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(texts); i++) {
        struct value_cursor cursor = value_open(value_of(str_from_cstr(texts[i])));
        assert_false(value_next_member(&cursor, &name, &member));
        assert_false(value_next_element(&cursor, &member));
    }
}

static void texts_lose_their_escapes(void **state)
{
    static const struct {
        const char *json, *text;
    } cases[] = {
        {"\"plain\"", "plain"},
        {"\"\"", ""},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\u0041\\u00fc\\u20AC\\uD83D\\uDE00.\"", "A\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80."},
        {"\"\xc3\xbc\\n\"", "\xc3\xbc\n"},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct value value = value_of(str_from_cstr(cases[i].json));
        struct str text;
        assert_ok(value_text(value, unit_arena(state), &text));
        assert_str(text, cases[i].text);
        assert_int_equal(text.at[text.len], '\0');
        assert_true(value_text_is(value, cases[i].text));
        assert_false(value_text_is(value, "other"));
        assert_false(
            value_text_is(value, arena_printf(unit_arena(state), "%sx", cases[i].text).at));
    }
}

static void integers_are_read_whole(void **state)
{
    (void)state;
    assert_int_equal(value_integer(value_of(STR("0"))), 0);
    assert_int_equal(value_integer(value_of(STR("-0"))), 0);
    assert_true(value_integer(value_of(STR("9223372036854775807"))) == INT64_MAX);
    assert_true(value_integer(value_of(STR("-9223372036854775808"))) == INT64_MIN);
}

static void a_full_arena_is_a_limit(void **state)
{
    struct str text = STR("untouched");
    static const char *const texts[] = {"\"a\"", "\"\\n\""};
    for (size_t i = 0; i < LENGTH_OF(texts); i++) {
        arena_fail_at(1);
        assert_failure(value_text(value_of(str_from_cstr(texts[i])), unit_arena(state), &text),
                       FAIL_LIMIT_REACHED, texts[i]);
    }
    assert_str(text, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(every_kind_is_told_rfc8259_3),
        UNIT_TEST(what_is_no_json_is_refused_rfc8259_2),
        UNIT_TEST(a_member_stands_once_rfc7519_4),
        UNIT_TEST(a_member_stands_once_among_very_many),
        UNIT_TEST(depth_has_a_limit),
        UNIT_TEST(members_and_elements_are_walked_in_order),
        UNIT_TEST(what_has_no_members_has_none),
        UNIT_TEST(texts_lose_their_escapes),
        UNIT_TEST(integers_are_read_whole),
        UNIT_TEST(a_full_arena_is_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
