#include "common/base/value_writer.h"
#include "tests/unit/common/base/unit.h"

#include <stdint.h>
#include <string.h>

static void text_write(struct value_writer *writer, const void *text)
{
    value_write_text(writer, *(const struct str *)text);
}

static void value_write_one(struct value_writer *writer, const void *text)
{
    value_write_value(writer, *(const struct str *)text);
}

static void integer_write(struct value_writer *writer, const void *integer)
{
    value_write_integer(writer, *(const int64_t *)integer);
}

static void texts_write(struct value_writer *writer, const void *list)
{
    value_write_texts(writer, *(const struct strs *)list);
}

static void texts_are_escaped_rfc8259_7(void **state)
{
    static const struct {
        struct str text;
        const char *json;
    } cases[] = {
        {STR_INIT(""), "\"\""},
        {STR_INIT("plain/text"), "\"plain/text\""},
        {STR_INIT("a\"b\\c"), "\"a\\\"b\\\\c\""},
        {STR_INIT("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
        {STR_INIT("\x01\x1f\x7f"), "\"\\u0001\\u001F\x7f\""},
        {STR_INIT("\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"),
         "\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\""},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct str text;
        assert_ok(value_write(unit_arena(state), text_write, &cases[i].text, &text));
        assert_str(text, cases[i].json);
        assert_int_equal(text.at[text.len], '\0');
    }
}

static void what_cannot_be_written_is_told(void **state)
{
    struct str broken[] = {STR_INIT("a\xff"), STR_INIT("a\0b"), STR_INIT("\xed\xa0\x80")};
    struct str no_json[] = {STR_INIT(""), STR_INIT("{"), STR_INIT("{\"a\":1,\"a\":2}"), STR_ABSENT};
    struct str text = STR("untouched");
    for (size_t i = 0; i < LENGTH_OF(broken); i++)
        assert_failure(value_write(unit_arena(state), text_write, &broken[i], &text),
                       FAIL_MESSAGE_MALFORMED, "a text");
    for (size_t i = 0; i < LENGTH_OF(no_json); i++)
        assert_failure(value_write(unit_arena(state), value_write_one, &no_json[i], &text),
                       FAIL_MESSAGE_MALFORMED, "a value");
    assert_str(text, "untouched");
}

static void integers_of_all_sizes_are_written(void **state)
{
    static const struct {
        int64_t integer;
        const char *json;
    } cases[] = {{0, "0"},
                 {7, "7"},
                 {-10, "-10"},
                 {INT64_MAX, "9223372036854775807"},
                 {INT64_MIN, "-9223372036854775808"}};
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct str text;
        assert_ok(value_write(unit_arena(state), integer_write, &cases[i].integer, &text));
        assert_str(text, cases[i].json);
    }
}

static void lists_are_arrays(void **state)
{
    struct str at[] = {STR_INIT("a"), STR_INIT("\"")}, text;
    struct strs lists[] = {{at, 0}, {at, 1}, {at, 2}};
    static const char *const expected[] = {"[]", "[\"a\"]", "[\"a\",\"\\\"\"]"};
    for (size_t i = 0; i < LENGTH_OF(lists); i++) {
        assert_ok(value_write(unit_arena(state), texts_write, &lists[i], &text));
        assert_str(text, expected[i]);
    }
}

static void a_full_arena_is_a_limit(void **state)
{
    struct str text = STR("untouched"), value = STR("[1]");
    arena_fail_at(1);
    assert_failure(value_write(unit_arena(state), value_write_one, &value, &text),
                   FAIL_LIMIT_REACHED, "the only allocation");
    assert_str(text, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(texts_are_escaped_rfc8259_7),       UNIT_TEST(what_cannot_be_written_is_told),
        UNIT_TEST(integers_of_all_sizes_are_written), UNIT_TEST(lists_are_arrays),
        UNIT_TEST(a_full_arena_is_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
