#include "services/ctl/invocation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct subcommand ROWS[] = {
    {.name = "show",
     .words = "USER [MORE]",
     .words_min = 1,
     .words_max = 2,
     .store = SUBCOMMAND_READS,
     .options = {{"--json", NULL, ""}, {"--every", "S", ""}}},
};
const struct subcommands SUBCOMMANDS = {ROWS, 1};
const struct subcommand_option SUBCOMMAND_STORE_OPTIONS[] = {{"--redis-url", "URL", ""}};
const size_t SUBCOMMAND_STORE_OPTIONS_LEN = 1;

enum { ARGUMENTS_MAX = 8 };

struct fixture {
    struct arena *arena;
    struct invocation invocation;
    char copies[ARGUMENTS_MAX][32];
};

static bool read_arguments(struct fixture *fixture, const char *const *arguments)
{
    char *argv[ARGUMENTS_MAX];
    int argc = 0;
    for (; arguments[argc] != NULL; argc++) {
        snprintf(fixture->copies[argc], sizeof(fixture->copies[argc]), "%s", arguments[argc]);
        argv[argc] = fixture->copies[argc];
    }
    arena_free(fixture->arena);
    fixture->arena = arena_new(4096);
    return invocation_read(&fixture->invocation, &ROWS[0], argc, argv, fixture->arena);
}
#define READ(fixture, ...) read_arguments(fixture, (const char *const[]){"show", __VA_ARGS__, NULL})

static void words_and_options_come_in_any_order(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    assert_true(READ(&fixture, "--every", "5", "octocat", "--json", "more"));
    assert_int_equal(fixture.invocation.words.len, 2);
    assert_true(str_equals(fixture.invocation.words.at[0], STR("octocat")));
    assert_true(invocation_has(&fixture.invocation, "--json"));
    int64_t every = 0;
    assert_true(invocation_get_number(&fixture.invocation, "--every", 1, 1, 9, &every));
    assert_int_equal(every, 5);
    assert_true(READ(&fixture, "--every=7", "octocat"));
    assert_false(invocation_has(&fixture.invocation, "--json"));
    assert_true(str_equals(invocation_get(&fixture.invocation, "--every"), STR("7")));
    arena_free(fixture.arena);
}

static void what_stands_behind_two_dashes_is_a_word(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    assert_true(READ(&fixture, "--", "--json"));
    assert_true(str_equals(fixture.invocation.words.at[0], STR("--json")));
    assert_false(invocation_has(&fixture.invocation, "--json"));
    arena_free(fixture.arena);
}

static void options_of_the_store_are_kept_for_its_table(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    assert_true(READ(&fixture, "octocat", "--redis-url", "unix:/x"));
    assert_int_equal(fixture.invocation.general_len, 2);
    assert_string_equal(fixture.invocation.general[0], "show");
    assert_string_equal(fixture.invocation.general[1], "--redis-url=unix:/x");
    arena_free(fixture.arena);
}

static void what_the_row_does_not_have_is_refused(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    assert_false(READ(&fixture, "--json"));                        /* a word is missing */
    assert_false(READ(&fixture, "octocat", "more", "still more")); /* one too many */
    assert_false(READ(&fixture, "octocat", "--nonsense"));
    assert_false(READ(&fixture, "octocat", "--json=1"));
    assert_false(READ(&fixture, "octocat", "--every"));
    assert_true(READ(&fixture, "octocat", "--every", "x"));
    int64_t every = 3;
    assert_false(invocation_get_number(&fixture.invocation, "--every", 1, 1, 9, &every));
    assert_true(READ(&fixture, "octocat", "--every", "10"));
    assert_false(invocation_get_number(&fixture.invocation, "--every", 1, 1, 9, &every));
    assert_int_equal(every, 3);
    arena_free(fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_options_come_in_any_order),
        cmocka_unit_test(what_stands_behind_two_dashes_is_a_word),
        cmocka_unit_test(options_of_the_store_are_kept_for_its_table),
        cmocka_unit_test(what_the_row_does_not_have_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
