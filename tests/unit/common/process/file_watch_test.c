/* Tests common/process/file_watch.c and file.c with the two ways in which files are replaced. */
#include "common/process/file_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include <sys/stat.h>

static char folder[64];
static struct loop *loop;
static int changes;

static int setup(void **state)
{
    (void)state;
    changes = 0;
    snprintf(folder, sizeof(folder), "/tmp/file-watch-test-XXXXXX");
    loop = loop_new();
    return mkdtemp(folder) != NULL && loop != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    char command[128];
    (void)state;
    loop_free(loop);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

static void on_change(void *context)
{
    (void)context;
    changes++;
    loop_stop(loop);
}

static const char *path_of(const char *name)
{
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, 128, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *contents)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    fputs(contents, file);
    fclose(file);
}

static void assert_contents(const char *name, const char *expected)
{
    struct arena *arena = arena_new(4096);
    struct str text;
    assert_int_equal(file_read(str_from_cstr(path_of(name)), 1024, arena, &text), OK);
    assert_true(str_equals_cstr(text, expected));
    arena_free(arena);
}

static void an_editors_rename_is_told_once(void **state)
{
    (void)state;
    write_file("servers.json", "old");
    struct file_watch *watch =
        file_watch_new(loop, str_from_cstr(path_of("servers.json")), on_change, NULL);
    assert_non_null(watch);
    write_file("servers.json.new", "new");
    assert_int_equal(rename(path_of("servers.json.new"), path_of("servers.json")), 0);
    loop_run(loop);
    assert_int_equal(changes, 1);
    assert_contents("servers.json", "new");
    file_watch_free(watch);
}

static void a_config_maps_swapped_link_is_told(void **state)
{
    (void)state;
    mkdir(path_of("v1"), 0700);
    mkdir(path_of("v2"), 0700);
    write_file("v1/servers.json", "one");
    write_file("v2/servers.json", "two");
    assert_int_equal(symlink("v1", path_of("..data")), 0);
    assert_int_equal(symlink("..data/servers.json", path_of("servers.json")), 0);
    struct file_watch *watch =
        file_watch_new(loop, str_from_cstr(path_of("servers.json")), on_change, NULL);
    assert_non_null(watch);
    assert_int_equal(symlink("v2", path_of("..data_new")), 0);
    assert_int_equal(rename(path_of("..data_new"), path_of("..data")), 0);
    loop_run(loop);
    assert_int_equal(changes, 1);
    assert_contents("servers.json", "two");
    file_watch_free(watch);
}

static void on_write_again(void *context)
{
    (void)context;
    write_file("beside", "again");
}

static void writing_beside_the_file_all_the_time_does_not_stop_its_reading(void **state)
{
    (void)state;
    write_file("servers.json", "old");
    struct file_watch *watch =
        file_watch_new(loop, str_from_cstr(path_of("servers.json")), on_change, NULL);
    struct loop_timer *writer = loop_timer_new(loop, on_write_again, NULL);
    loop_timer_start(writer, 1, 10);
    write_file("servers.json", "new");
    loop_run(loop); /* until on_change */
    assert_int_equal(changes, 1);
    loop_timer_free(writer);
    file_watch_free(watch);
}

static void a_missing_directory_cannot_be_watched(void **state)
{
    (void)state;
    assert_null(file_watch_new(loop, STR("/nowhere/at/all"), on_change, NULL));
}

static void reading_refuses_what_is_missing_or_too_large(void **state)
{
    (void)state;
    struct arena *arena = arena_new(4096);
    struct str text = STR("untouched");
    write_file("large", "0123456789");
    assert_int_equal(file_read(STR("/nowhere/x"), 10, arena, &text), FAIL_CONFIGURATION_INVALID);
    assert_int_equal(file_read(str_from_cstr(path_of("large")), 9, arena, &text),
                     FAIL_CONFIGURATION_INVALID);
    assert_int_equal(file_read(str_from_cstr(folder), 9, arena, &text), FAIL_CONFIGURATION_INVALID);
    assert_true(str_equals(text, STR("untouched")));
    arena_free(arena);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_editors_rename_is_told_once),
        TEST(a_config_maps_swapped_link_is_told),
        TEST(writing_beside_the_file_all_the_time_does_not_stop_its_reading),
        TEST(a_missing_directory_cannot_be_watched),
        TEST(reading_refuses_what_is_missing_or_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
