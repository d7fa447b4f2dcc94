/* Tests common/process/options.c: every source, in its order, and every problem's sentence. */
#include "common/process/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

struct toy_config {
    struct str name;
    int64_t count;
    bool is_on;
    struct strs list;
    struct option_text secret;
    struct str file, endpoint, other_endpoint;
};

static const struct option TOY_OPTIONS[] = {
    {OPTION_AT(struct toy_config, name), .name = "TOY_NAME", .also = "ORIGINAL_NAME",
     .kind = OPTION_STR, .flags = OPTION_REQUIRED, .help = "a name"},
    {OPTION_AT(struct toy_config, count), .name = "COUNT", .kind = OPTION_I64, .fallback = "5",
     .min = 1, .max = 9, .help = "a count"},
    {OPTION_AT(struct toy_config, is_on), .name = "IS_ON", .kind = OPTION_BOOL, .help = "on"},
    {OPTION_AT(struct toy_config, list), .name = "LIST", .kind = OPTION_LIST, .help = "a list"},
    {OPTION_AT(struct toy_config, secret), .name = "SECRET", .kind = OPTION_TEXT,
     .flags = OPTION_SECRET, .help = "a secret"},
    {OPTION_AT(struct toy_config, file), .name = "FILE", .kind = OPTION_STR, .flags = OPTION_PATH,
     .help = "a path"},
    {OPTION_AT(struct toy_config, endpoint), .name = "ENDPOINT", .kind = OPTION_STR,
     .flags = OPTION_ENDPOINT, .help = "an endpoint"},
    {OPTION_AT(struct toy_config, other_endpoint), .name = "OTHER_ENDPOINT", .kind = OPTION_STR,
     .flags = OPTION_ENDPOINT, .help = "another"},
};
static const struct options TOY = {TOY_OPTIONS, sizeof(TOY_OPTIONS) / sizeof(TOY_OPTIONS[0])};

struct fixture {
    struct arena *arena;
    struct toy_config config;
    struct str problem;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.arena = arena_new(1024 * 1024)};
    *state = &fixture;
    return fixture.arena != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    arena_free(((struct fixture *)*state)->arena);
    return 0;
}

static enum failure read_from(struct fixture *fixture, const char *const *environment, int argc,
                              const char *const *argv)
{
    struct option_sources sources = {argc, argv, environment};
    return options_read(&TOY, &sources, fixture->arena, &fixture->config, &fixture->problem);
}

#define ENVIRONMENT(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ARGUMENTS(...)   ((const char *const[]){"toy", __VA_ARGS__, NULL})

static const char *text(struct fixture *fixture, const char *name, const char *value)
{
    return arena_printf(fixture->arena, "%s=%s", name, value).at;
}

static void write_file(char *path, const char *contents)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, contents, strlen(contents)), strlen(contents));
    close(fd);
}

static void defaults_hold_and_the_environment_overrides_them(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_from(fixture, ENVIRONMENT("TOY_NAME=a", "IS_ON=true"), 1, NULL), OK);
    assert_true(str_equals(fixture->config.name, STR("a")));
    assert_int_equal(fixture->config.count, 5);
    assert_true(fixture->config.is_on);
    assert_false(str_is_present(fixture->config.secret.text));
}

static void the_command_line_overrides_the_environment(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        read_from(fixture, ENVIRONMENT("TOY_NAME=a", "COUNT=2"), 2, ARGUMENTS("--toy-name=b")), OK);
    assert_true(str_equals(fixture->config.name, STR("b")));
    assert_int_equal(fixture->config.count, 2);
}

static void the_originals_name_is_accepted(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_from(fixture, ENVIRONMENT("ORIGINAL_NAME=a"), 1, NULL), OK);
    assert_true(str_equals(fixture->config.name, STR("a")));
}

static void a_secret_is_read_from_a_file_without_its_last_line_end(void **state)
{
    struct fixture *fixture = *state;
    char path[] = "/tmp/options-test-XXXXXX";
    write_file(path, "s3cret\n");
    enum failure failure =
        read_from(fixture, ENVIRONMENT("TOY_NAME=a", text(fixture, "SECRET_FILE", path)), 1, NULL);
    unlink(path);
    assert_int_equal(failure, OK);
    assert_true(str_equals(fixture->config.secret.text, STR("s3cret")));
    assert_true(str_equals_cstr(fixture->config.secret.path, path));
}

static void the_file_form_wins_over_the_value_in_whatever_order_the_environment_is(void **state)
{
    struct fixture *fixture = *state;
    char path[] = "/tmp/options-test-XXXXXX";
    write_file(path, "file");
    const char *file = text(fixture, "SECRET_FILE", path);
    for (int is_first = 0; is_first <= 1; is_first++) {
        fixture->config.secret = (struct option_text){.text = STR_ABSENT};
        assert_int_equal(read_from(fixture,
                                   ENVIRONMENT("TOY_NAME=a", is_first ? file : "SECRET=value",
                                               is_first ? "SECRET=value" : file),
                                   1, NULL),
                         OK);
        assert_true(str_equals(fixture->config.secret.text, STR("file")));
    }
    unlink(path);
    assert_int_equal(read_from(fixture, ENVIRONMENT("TOY_NAME=a", "SECRET=value"), 1, NULL), OK);
    assert_true(str_equals(fixture->config.secret.text, STR("value")));
    assert_false(str_is_present(fixture->config.secret.path));
}

static void a_secret_is_never_taken_from_the_command_line(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_from(fixture, ENVIRONMENT("TOY_NAME=a"), 2, ARGUMENTS("--secret=s3cret")),
                     FAIL_CONFIGURATION_INVALID);
    assert_non_null(strstr(fixture->problem.at, "SECRET is a secret"));
    assert_null(strstr(fixture->problem.at, "s3cret"));
}

static void a_configuration_file_gives_assignments(void **state)
{
    struct fixture *fixture = *state;
    char path[] = "/tmp/options-test-XXXXXX";
    write_file(path, "# comment\nTOY_NAME=\"from file\"\nCOUNT=3\n\nUNKNOWN=1\nLIST=a, b\n");
    enum failure failure =
        read_from(fixture, ENVIRONMENT("COUNT=4"), 2, ARGUMENTS(text(fixture, "--config", path)));
    unlink(path);
    assert_int_equal(failure, OK);
    assert_true(str_equals(fixture->config.name, STR("from file")));
    assert_int_equal(fixture->config.count, 4);
    assert_int_equal(fixture->config.list.len, 2);
    assert_true(str_equals(fixture->config.list.at[1], STR("b")));
}

static void a_missing_option_is_named(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_from(fixture, ENVIRONMENT("COUNT=1", "TOY_NAME="), 1, NULL),
                     FAIL_CONFIGURATION_INVALID);
    assert_string_equal(fixture->problem.at, "TOY_NAME is missing (a name)");
}

static void a_number_out_of_bounds_is_refused_with_its_bounds(void **state)
{
    struct fixture *fixture = *state;
    const char *bad[] = {"COUNT=0", "COUNT=10", "COUNT=x", "COUNT=-1",
                         "COUNT=99999999999999999999"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(read_from(fixture, ENVIRONMENT("TOY_NAME=a", bad[i]), 1, NULL),
                         FAIL_CONFIGURATION_INVALID);
        assert_non_null(strstr(fixture->problem.at, "between 1 and 9"));
    }
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        read_from(fixture, ENVIRONMENT("TOY_NAME=a", "SECRET_FILE=/nowhere/x"), 1, NULL),
        FAIL_CONFIGURATION_INVALID);
    assert_non_null(strstr(fixture->problem.at, "SECRET_FILE names /nowhere/x"));
}

/* As a Kubernetes secret with an empty value leaves it. */
static void an_empty_file_or_argument_counts_as_absent(void **state)
{
    struct fixture *fixture = *state;
    char path[] = "/tmp/options-test-XXXXXX";
    write_file(path, "\n");
    enum failure failure =
        read_from(fixture, ENVIRONMENT(text(fixture, "TOY_NAME_FILE", path), "COUNT=2"), 1, NULL);
    enum failure optional =
        read_from(fixture, ENVIRONMENT("TOY_NAME=a", text(fixture, "SECRET_FILE", path)), 2,
                  ARGUMENTS("--toy-name="));
    unlink(path);
    assert_int_equal(failure, FAIL_CONFIGURATION_INVALID);
    assert_string_equal(fixture->problem.at, "TOY_NAME is missing (a name)");
    assert_int_equal(optional, OK);
    assert_false(str_is_present(fixture->config.secret.text));
    assert_true(str_equals(fixture->config.name, STR("a")));
}

/* Paths and URLs end at a NUL, so that something else than the whole value would be used. */
static void a_value_with_a_nul_byte_is_refused(void **state)
{
    struct fixture *fixture = *state;
    char path[] = "/tmp/options-test-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "a\0b", 3), 3);
    close(fd);
    enum failure failure =
        read_from(fixture, ENVIRONMENT("TOY_NAME=a", text(fixture, "SECRET_FILE", path)), 1, NULL);
    unlink(path);
    assert_int_equal(failure, FAIL_CONFIGURATION_INVALID);
    assert_non_null(strstr(fixture->problem.at, "SECRET holds a NUL byte"));
}

static void a_pipe_that_nobody_writes_to_does_not_hold_the_start(void **state)
{
    struct fixture *fixture = *state;
    char path[] = "/tmp/options-test-XXXXXX";
    write_file(path, "");
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(10); /* ends the test if it hangs */
    enum failure failure =
        read_from(fixture, ENVIRONMENT("TOY_NAME=a", text(fixture, "SECRET_FILE", path)), 1, NULL);
    alarm(0);
    unlink(path);
    assert_int_equal(failure, FAIL_CONFIGURATION_INVALID);
    assert_non_null(strstr(fixture->problem.at, "SECRET_FILE names"));
}

static void an_unknown_argument_is_found(void **state)
{
    struct fixture *fixture = *state;
    const struct options *tables[] = {&TOY};
    struct option_sources good = {5, ARGUMENTS("--count=1", "--check", "--secret-file=x", "--help"),
                                  NULL};
    struct option_sources bad = {3, ARGUMENTS("--count=1", "--conut=2"), NULL};
    assert_false(str_is_present(options_unknown_argument(tables, 1, &good, fixture->arena)));
    assert_true(
        str_equals(options_unknown_argument(tables, 1, &bad, fixture->arena), STR("--conut=2")));
}

/* What the sandbox is told. */
static void the_paths_that_a_configuration_names_are_listed(void **state)
{
    struct fixture *fixture = *state;
    struct str before[] = {STR("/etc")};
    struct strs read = {before, 1}, socket = {NULL, 0};
    const char *const *environment =
        ENVIRONMENT("TOY_NAME=/no/path", "FILE=/a/servers.json", "SECRET_FILE=/etc/passwd",
                    "ENDPOINT=ipc:///run/a.ipc", "OTHER_ENDPOINT=tcp://[::1]:7701");
    assert_int_equal(read_from(fixture, environment, 1, ARGUMENTS(NULL)), OK);
    assert_int_equal(options_add_paths(&TOY, &fixture->config, OPTION_PATH, fixture->arena, &read),
                     OK);
    assert_int_equal(read.len, 3);
    assert_true(str_equals(read.at[0], STR("/etc")));
    assert_true(str_equals(read.at[1], STR("/etc/passwd")));
    assert_true(str_equals(read.at[2], STR("/a/servers.json")));
    assert_int_equal(
        options_add_paths(&TOY, &fixture->config, OPTION_ENDPOINT, fixture->arena, &socket), OK);
    assert_int_equal(socket.len, 1);
    assert_true(str_equals(socket.at[0], STR("/run/a.ipc")));
}

/* Whatever has no room, the start is refused with a sentence; nothing is left out. */
static void a_full_arena_is_told_in_a_sentence(void **state)
{
    struct fixture *fixture = *state;
    char path[] = "/tmp/mcp-oauth-options-XXXXXX", secret[] = "/tmp/mcp-oauth-secret-XXXXXX";
    size_t refused[2] = {0};
    write_file(secret, "s\n");
    write_file(path, text(fixture, "IS_ON=true\nSECRET_FILE", secret));
    const char *config = text(fixture, "--config", path);
    for (int is_wrong = 0; is_wrong < 2; is_wrong++)
        for (size_t n = 1; n < 30; n++) {
            fixture->config = (struct toy_config){.count = 0};
            fixture->problem = STR_ABSENT;
            arena_fail_at(n);
            enum failure failure = read_from(fixture, ENVIRONMENT("TOY_NAME=a", "LIST=one,two"), 3,
                                             is_wrong ? ARGUMENTS(config, "--count=12")
                                                      : ARGUMENTS(config, "--count=7"));
            arena_fail_at(0);
            refused[is_wrong] += failure != OK;
            if (failure != OK) {
                assert_false(str_is_empty(fixture->problem));
                continue;
            }
            assert_false(is_wrong);
            assert_int_equal(fixture->config.count, 7);
            assert_int_equal(fixture->config.list.len, 2);
            assert_true(fixture->config.is_on);
            assert_true(str_equals(fixture->config.secret.text, STR("s")));
            assert_true(str_equals_cstr(fixture->config.secret.path, secret));
        }
    unlink(path);
    unlink(secret);
    assert_in_range(refused[0], 5, 28);
    assert_int_equal(refused[1], 29);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(defaults_hold_and_the_environment_overrides_them),
        TEST(the_command_line_overrides_the_environment),
        TEST(the_originals_name_is_accepted),
        TEST(a_secret_is_read_from_a_file_without_its_last_line_end),
        TEST(the_file_form_wins_over_the_value_in_whatever_order_the_environment_is),
        TEST(a_secret_is_never_taken_from_the_command_line),
        TEST(a_configuration_file_gives_assignments),
        TEST(a_missing_option_is_named),
        TEST(a_number_out_of_bounds_is_refused_with_its_bounds),
        TEST(a_file_that_cannot_be_read_is_named),
        TEST(an_empty_file_or_argument_counts_as_absent),
        TEST(a_value_with_a_nul_byte_is_refused),
        TEST(a_pipe_that_nobody_writes_to_does_not_hold_the_start),
        TEST(a_full_arena_is_told_in_a_sentence),
        TEST(an_unknown_argument_is_found),
        TEST(the_paths_that_a_configuration_names_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
