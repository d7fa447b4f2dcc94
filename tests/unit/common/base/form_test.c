#include "common/base/form.h"
#include "tests/unit/common/base/unit.h"

#include <string.h>

static struct str value_of(void **state, const char *text, const char *name)
{
    struct form form;
    struct str value = STR_ABSENT;
    assert_ok(form_parse(unit_arena(state), str_from_cstr(text), &form));
    assert_ok(form_get(&form, str_from_cstr(name), &value));
    return value;
}

static void parameters_are_decoded(void **state)
{
    assert_str(value_of(state, "a=1&b=x%20y+z%2B%c3%A4", "b"), "x y z+\xc3\xa4");
    assert_str(value_of(state, "a%62=1", "ab"), "1");
    assert_str(value_of(state, "a=b=c", "a"), "b=c");
    assert_str(value_of(state, "&&a=1&&", "a"), "1");
    assert_str(value_of(state, "a=%41", "a"), "A");
}

static void a_parameter_without_a_value_is_omitted_rfc6749_3_1(void **state)
{
    assert_absent(value_of(state, "a=&b=1", "a"));
    assert_absent(value_of(state, "a&b=1", "a"));
    assert_absent(value_of(state, "", "a"));
    assert_absent(value_of(state, "b=1", "a"));
}

static void a_repeated_parameter_is_refused_rfc6749_3_1(void **state)
{
    static const char *const repeated[] = {"a=1&a=1",    "a=1&a=2", "a=&a=1",
                                           "a=1&b=2&a=", "a&a",     "a=1&%61=2"};
    for (size_t i = 0; i < LENGTH_OF(repeated); i++) {
        struct form form;
        struct str value = STR("untouched");
        assert_ok(form_parse(unit_arena(state), str_from_cstr(repeated[i]), &form));
        assert_failure(form_get(&form, STR("a"), &value), FAIL_PARAMETER_DUPLICATE, repeated[i]);
        assert_str(value, "untouched");
    }
    /* an unknown one is ignored, however often it comes */
    assert_str(value_of(state, "x=1&x=2&a=3", "a"), "3");
}

static void some_parameters_may_repeat_rfc8707_2(void **state)
{
    struct form form;
    struct strs values;
    assert_ok(form_parse(unit_arena(state), STR("r=1&s=9&r=&r=2"), &form));
    assert_ok(form_get_all(&form, STR("r"), unit_arena(state), &values));
    assert_int_equal(values.len, 2);
    assert_str(values.at[0], "1");
    assert_str(values.at[1], "2");
    assert_ok(form_get_all(&form, STR("none"), unit_arena(state), &values));
    assert_int_equal(values.len, 0);
}

static void broken_forms_are_refused_rfc6749_appendix_b(void **state)
{
    static const char *const broken[] = {
        "a=%",    "a=%4",  "a=%zz", "a=%4g",       "%=1",      "a=%00",
        "a=\xff", "a=%ff", "a=%c3", "a=%ed%a0%80", "a=%c0%af", "a=%f4%90%80%80",
    };
    struct form form = {.len = 77};
    for (size_t i = 0; i < LENGTH_OF(broken); i++)
        assert_failure(form_parse(unit_arena(state), str_from_cstr(broken[i]), &form),
                       FAIL_REQUEST_MALFORMED, broken[i]);
    assert_failure(form_parse(unit_arena(state), str_from_bytes("a=\0", 3), &form),
                   FAIL_REQUEST_MALFORMED, "NUL");
    assert_int_equal(form.len, 77);
}

static void the_number_of_parameters_is_bounded(void **state)
{
    char text[4 * FORM_PARAMETERS_MAX + 8] = "";
    struct form form;
    size_t len = 0;
    for (int i = 0; i < FORM_PARAMETERS_MAX; i++, len += 4)
        memcpy(text + len, "a=1&", 4);
    assert_ok(form_parse(unit_arena(state), str_from_bytes(text, len), &form));
    assert_int_equal(form.len, FORM_PARAMETERS_MAX);
    memcpy(text + len, "b=1", 3);
    assert_failure(form_parse(unit_arena(state), str_from_bytes(text, len + 3), &form),
                   FAIL_REQUEST_MALFORMED, "one too many");
}

static void encoding_leaves_only_unreserved_characters_rfc3986_2_3(void **state)
{
    assert_str(form_encode(unit_arena(state), STR("aZ09-._~ +&=/?#%\xc3\xa4\"")),
               "aZ09-._~%20%2B%26%3D%2F%3F%23%25%C3%A4%22");
    assert_str(form_encode(unit_arena(state), STR("")), "");
}

static void what_is_encoded_is_decoded(void **state)
{
    char text[130] = "v=", *at = text + 2;
    struct form form;
    struct str value, plain = STR("\x01\x7f&=+% ;\xe2\x82\xac");
    struct str encoded = form_encode(unit_arena(state), plain);
    memcpy(at, encoded.at, encoded.len);
    assert_ok(form_parse(unit_arena(state), str_from_bytes(text, 2 + encoded.len), &form));
    assert_ok(form_get(&form, STR("v"), &value));
    assert_true(str_equals(value, plain));
}

static void a_uri_keeps_its_own_query_rfc6749_3_1_2(void **state)
{
    struct arena *arena = unit_arena(state);
    assert_str(form_append(arena, STR("https://a/cb"), STR("code"), STR("1 2")),
               "https://a/cb?code=1%202");
    assert_str(form_append(arena, STR("https://a/cb?x=1"), STR("code"), STR("2")),
               "https://a/cb?x=1&code=2");
    assert_str(form_append(arena, STR("https://a/cb?"), STR("code"), STR("2")),
               "https://a/cb?code=2");
    assert_str(form_append(arena, STR("https://a/cb?x&"), STR("code"), STR("2")),
               "https://a/cb?x&code=2");
    assert_str(form_append(arena, STR("https://a/cb"), STR("state"), STR_ABSENT), "https://a/cb");
    assert_str(form_append(arena, STR("https://a/cb"), STR("state"), STR("")),
               "https://a/cb?state=");
    assert_absent(form_append(arena, STR_ABSENT, STR("state"), STR("1")));
}

static void every_failed_allocation_is_reported(void **state)
{
    struct form form;
    for (size_t n = 1; n <= 4; n++) {
        arena_fail_at(n);
        assert_failure(form_parse(unit_arena(state), STR("a=1&b=2"), &form), FAIL_LIMIT_REACHED,
                       "form_parse");
    }
    arena_fail_at(5);
    assert_ok(form_parse(unit_arena(state), STR("a=1&b=2"), &form));
    arena_fail_at(1);
    assert_absent(form_append(unit_arena(state), STR("https://a"), STR("b"), STR("c")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(parameters_are_decoded),
        UNIT_TEST(a_parameter_without_a_value_is_omitted_rfc6749_3_1),
        UNIT_TEST(a_repeated_parameter_is_refused_rfc6749_3_1),
        UNIT_TEST(some_parameters_may_repeat_rfc8707_2),
        UNIT_TEST(broken_forms_are_refused_rfc6749_appendix_b),
        UNIT_TEST(the_number_of_parameters_is_bounded),
        UNIT_TEST(encoding_leaves_only_unreserved_characters_rfc3986_2_3),
        UNIT_TEST(what_is_encoded_is_decoded),
        UNIT_TEST(a_uri_keeps_its_own_query_rfc6749_3_1_2),
        UNIT_TEST(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
