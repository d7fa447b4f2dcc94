/* Tests common/process/servers_watch.c: the start, a change, a broken change, and the file's age.
 */
#include "common/process/servers_watch.h"

#include "common/base/clock.h"
#include "common/base/fields.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <time.h>

#define SERVERS_OF(key)                                                                            \
    "{\"servers\":{\"example.com\":{\"" key "\":{\"name\":\"N\",\"description\":\"\","             \
    "\"allowed_users\":[\"octocat\"]}}}}"

static char folder[64], path[96], next[96];
static struct loop *loop;
static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/servers-watch-test-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/servers.json", folder);
    snprintf(next, sizeof(next), "%s/next", folder);
    loop = loop_new();
    arena = arena_new((size_t)64 * 1024);
    return loop != NULL && arena != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    loop_free(loop);
    arena_free(arena);
    unlink(path);
    unlink(next);
    return rmdir(folder);
}

/* As an editor does it: in one step. */
static void replace_file(const char *text, int64_t age_s)
{
    FILE *file = fopen(next, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    const struct timespec at = {.tv_sec = time(NULL) - age_s};
    const struct timespec times[2] = {at, at};
    assert_int_equal(utimensat(AT_FDCWD, next, times, 0), 0);
    assert_int_equal(rename(next, path), 0);
}

static struct servers_watch *open_watch(void)
{
    struct servers_watch *watch = NULL;
    struct str problem = STR("");
    if (servers_watch_open(loop, str_from_cstr(path), arena, &watch, &problem) != OK)
        fail_msg("%.*s", STR_ARGS(problem));
    return watch;
}

static void assert_stops_the_start(const char *names)
{
    struct servers_watch *watch = NULL;
    struct str problem = STR_ABSENT;
    assert_int_equal(servers_watch_open(loop, str_from_cstr(path), arena, &watch, &problem),
                     FAIL_CONFIGURATION_INVALID);
    assert_null(watch);
    assert_true(str_starts_with(problem, STR("SERVERS_FILE: ")));
    assert_non_null(memmem(problem.at, problem.len, names, strlen(names)));
}

static void a_file_that_cannot_be_used_stops_the_start(void **state)
{
    (void)state;
    assert_stops_the_start("cannot be read");
    replace_file("{", 0);
    assert_stops_the_start(path);
    replace_file("{\"servers\":{}}", 0);
    assert_stops_the_start("servers");
}

static void on_change(void *context)
{
    (void)context;
    loop_stop(loop);
}

static void a_changed_file_is_read_and_a_broken_one_is_not_taken(void **state)
{
    (void)state;
    replace_file(SERVERS_OF("tools"), 0);
    struct servers_watch *watch = open_watch();
    servers_watch_on_change(watch, on_change, NULL);
    assert_non_null(servers_find(servers_watch_get(watch), STR("example.com"), STR("tools")));
    replace_file(SERVERS_OF("notes"), 0);
    loop_run(loop); /* until on_change */
    assert_null(servers_find(servers_watch_get(watch), STR("example.com"), STR("tools")));
    assert_non_null(servers_find(servers_watch_get(watch), STR("example.com"), STR("notes")));
    replace_file("{\"servers\":{}}", 0);
    servers_watch_reload(watch);
    assert_non_null(servers_find(servers_watch_get(watch), STR("example.com"), STR("notes")));
    unlink(path);
    servers_watch_reload(watch);
    assert_non_null(servers_find(servers_watch_get(watch), STR("example.com"), STR("notes")));
    servers_watch_close(watch);
    servers_watch_close(NULL);
}

static void a_file_is_young_for_three_minutes(void **state)
{
    (void)state;
    static const struct {
        int64_t age_s;
        bool is_young;
    } CASES[] = {
        {0, true},
        {SERVERS_WATCH_YOUNG_S - 5, true},
        {SERVERS_WATCH_YOUNG_S, false},
        {-3600, false}, /* a time in the future says nothing */
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        replace_file(SERVERS_OF("tools"), CASES[i].age_s);
        struct servers_watch *watch = open_watch();
        assert_int_equal(servers_watch_is_young(watch), CASES[i].is_young);
        servers_watch_close(watch);
    }
}

static void a_file_is_behind_what_was_granted_after_it_and_just_now(void **state)
{
    (void)state;
    static const struct {
        int64_t file_age_s, grant_age_s;
        bool is_behind;
    } CASES[] = {
        {3600, 0, true},
        {3600, SERVERS_WATCH_YOUNG_S - 5, true},
        {3600, SERVERS_WATCH_YOUNG_S + 5, false}, /* a newer file would be here by now */
        {0, 60, false},                           /* it knows what was granted, and refuses it */
        {-3600, 0, false},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        replace_file(SERVERS_OF("tools"), CASES[i].file_age_s);
        struct servers_watch *watch = open_watch();
        assert_int_equal(servers_watch_is_behind(watch, clock_wall_s() - CASES[i].grant_age_s),
                         CASES[i].is_behind);
        assert_false(servers_watch_is_behind(watch, FIELD_I64_ABSENT));
        servers_watch_close(watch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_used_stops_the_start, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_changed_file_is_read_and_a_broken_one_is_not_taken, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_file_is_young_for_three_minutes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_is_behind_what_was_granted_after_it_and_just_now,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
