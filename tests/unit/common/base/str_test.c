#include "tests/unit/common/base/unit.h"

#include <string.h>

static void absent_and_empty_differ(void **state)
{
    (void)state;
    assert_false(str_is_present(STR_ABSENT));
    assert_true(str_is_present(STR("")));
    assert_true(str_is_empty(STR_ABSENT));
    assert_true(str_is_empty(STR("")));
    assert_absent(str_from_cstr(NULL));
    assert_true(str_equals(STR_ABSENT, STR("")));
}

static void texts_compare_by_all_their_bytes(void **state)
{
    (void)state;
    assert_true(str_equals(str_from_bytes("a\0b", 3), str_from_bytes("a\0b", 3)));
    assert_false(str_equals(str_from_bytes("a\0b", 3), str_from_bytes("a\0c", 3)));
    assert_false(str_equals(STR("a"), STR("ab")));
    assert_true(str_equals_in_constant_time(STR("secret"), STR("secret")));
    assert_false(str_equals_in_constant_time(STR("secret"), STR("secreT")));
    assert_false(str_equals_in_constant_time(STR("secret"), STR("secre")));
    assert_true(str_equals_in_constant_time(STR_ABSENT, STR("")));
}

static void case_is_ignored_in_ascii_only(void **state)
{
    (void)state;
    assert_true(str_equals_ignoring_case(STR("OctoCat"), STR("octocat")));
    assert_false(str_equals_ignoring_case(STR("octocat"), STR("octocat2")));
    assert_false(str_equals_ignoring_case(STR("\xc3\x84"), STR("\xc3\xa4")));
    assert_false(str_equals_ignoring_case(STR("@"), STR("`")));
    assert_false(str_equals_ignoring_case(STR("["), STR("{")));
}

static void starts_and_ends_are_found(void **state)
{
    (void)state;
    assert_true(str_starts_with(STR("mcp:a:b"), STR("mcp:")));
    assert_false(str_starts_with(STR("mc"), STR("mcp:")));
    assert_true(str_starts_with(STR_ABSENT, STR("")));
    assert_true(str_ends_with(STR("cursor:"), STR(":")));
    assert_false(str_ends_with(STR(""), STR(":")));
}

static void parts_never_leave_their_text(void **state)
{
    (void)state;
    assert_str(str_first(STR("abc"), 2), "ab");
    assert_str(str_first(STR("abc"), 9), "abc");
    assert_str(str_from(STR("abc"), 1), "bc");
    assert_str(str_from(STR("abc"), 9), "");
    assert_true(str_is_present(str_from(STR("abc"), 9)));
    assert_absent(str_from(STR_ABSENT, 0));
    assert_int_equal(str_index_of(STR("abc"), 'c'), 2);
    assert_int_equal(str_index_of(STR("abc"), 'x'), 3);
    assert_int_equal(str_index_of(STR_ABSENT, 'x'), 0);
}

static void a_cut_happens_at_the_first_separator(void **state)
{
    (void)state;
    struct str before = STR("untouched"), after = STR("untouched");
    assert_false(str_cut(STR("abc"), '=', &before, &after));
    assert_str(before, "untouched");
    assert_str(after, "untouched");
    assert_true(str_cut(STR("a=b=c"), '=', &before, &after));
    assert_str(before, "a");
    assert_str(after, "b=c");
    assert_true(str_cut(STR("="), '=', &before, &after));
    assert_str(before, "");
    assert_true(str_is_present(after));
}

static void words_are_separated_by_any_number_of_spaces(void **state)
{
    (void)state;
    struct str rest = STR("  email   openid "), word;
    assert_true(str_next_word(&rest, &word));
    assert_str(word, "email");
    assert_true(str_next_word(&rest, &word));
    assert_str(word, "openid");
    assert_false(str_next_word(&rest, &word));
    rest = STR_ABSENT;
    assert_false(str_next_word(&rest, &word));
}

static void only_decimal_digits_are_numbers(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "-1", "+1", " 1", "1 ", "1x", "0x1", "9223372036854775808", "99999999999999999999"};
    int64_t value = 7;
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        assert_false(str_to_i64(str_from_cstr(bad[i]), &value));
    assert_int_equal(value, 7);
    assert_true(str_to_i64(STR("9223372036854775807"), &value));
    assert_true(value == INT64_MAX);
    assert_true(str_to_i64(STR("007"), &value));
    assert_int_equal(value, 7);
}

static void a_list_knows_its_texts(void **state)
{
    (void)state;
    struct str at[] = {STR_INIT("a"), STR_INIT("b")};
    struct strs list = {at, 2};
    assert_true(strs_contain(list, STR("b")));
    assert_false(strs_contain(list, STR("B")));
    assert_false(strs_contain((struct strs){.len = 0}, STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(absent_and_empty_differ),
        UNIT_TEST(texts_compare_by_all_their_bytes),
        UNIT_TEST(case_is_ignored_in_ascii_only),
        UNIT_TEST(starts_and_ends_are_found),
        UNIT_TEST(parts_never_leave_their_text),
        UNIT_TEST(a_cut_happens_at_the_first_separator),
        UNIT_TEST(words_are_separated_by_any_number_of_spaces),
        UNIT_TEST(only_decimal_digits_are_numbers),
        UNIT_TEST(a_list_knows_its_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
