#include "services/ctl/screen.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void numbers_fit_six_columns(void **state)
{
    (void)state;
    char buffer[SCREEN_NUMBER_BYTES_MAX];
    assert_string_equal(screen_print_count(buffer, 0), "0");
    assert_string_equal(screen_print_count(buffer, 9999), "9999");
    assert_string_equal(screen_print_count(buffer, 10000), "10.0k");
    assert_string_equal(screen_print_count(buffer, 123456), "123k");
    assert_string_equal(screen_print_count(buffer, 999999), "1.0M");
    assert_string_equal(screen_print_count(buffer, 100000000), "100M");
    assert_string_equal(screen_print_bytes(buffer, 999), "999");
    assert_string_equal(screen_print_bytes(buffer, 1500), "1.5k");
    assert_string_equal(screen_print_bytes(buffer, 50000000000), "50.0G");
}

static void times_are_short(void **state)
{
    (void)state;
    char buffer[SCREEN_NUMBER_BYTES_MAX], time[SCREEN_TIME_BYTES_MAX];
    assert_string_equal(screen_print_seconds(buffer, 0), "0s");
    assert_string_equal(screen_print_seconds(buffer, 59), "59s");
    assert_string_equal(screen_print_seconds(buffer, 61), "1m 1s");
    assert_string_equal(screen_print_seconds(buffer, 3600), "1h 0m");
    assert_string_equal(screen_print_seconds(buffer, 30 * 86400 - 1), "29d 23h");
    assert_string_equal(screen_print_time(time, 0), "1970-01-01 00:00:00");
    assert_string_equal(screen_print_time(time, 1700000000), "2023-11-14 22:13:20");
}

/* Who names a client chooses what an operator's terminal is sent. */
static void a_strangers_text_cannot_steer_the_terminal(void **state)
{
    (void)state;
    struct arena *arena = arena_new(4096);
    const struct {
        const char *text, *shown;
    } rows[] = {
        {"Claude", "Claude"},
        {"\xc3\x84pp \xe6\x97\xa5", "\xc3\x84pp \xe6\x97\xa5"},
        {"\x1b[2Jx\r\n", "?[2Jx??"},
        {"\xc2\x9b"
         "31m",
         "?31m"}, /* the control sequence introducer of C1 */
        {"a\xe2\x80\xae"
         "b",
         "a?b"}, /* right-to-left override */
        {"\xff\xfe", "??"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_true(
            str_equals_cstr(screen_clean(arena, str_from_cstr(rows[i].text)), rows[i].shown));
    assert_true(str_equals(screen_clean(arena, STR_ABSENT), STR("-")));
    arena_free(arena);
}

static void what_is_no_terminal_gets_no_escape_sequence(void **state)
{
    (void)state;
    const struct screen plain = {0}, colourful = {.is_terminal = true, .has_colours = true};
    assert_string_equal(screen_colour(&plain, COLOUR_RED), "");
    assert_string_equal(screen_colour(&colourful, COLOUR_RED), "\x1b[31m");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_fit_six_columns),
        cmocka_unit_test(times_are_short),
        cmocka_unit_test(a_strangers_text_cannot_steer_the_terminal),
        cmocka_unit_test(what_is_no_terminal_gets_no_escape_sequence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
