/* proto/announcement.c: HELLO and READY as the edge's tables read them. */
#include "proto/announcement.h"
#include "proto/control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct str OPERATIONS[] = {STR_INIT("exchange/1"), STR_INIT("refresh/1")};

static struct {
    struct announcement *self;
    struct arena *arena;
} world;

static int setup(void **state)
{
    (void)state;
    world.arena = arena_new(4 * HELLO_BYTES_MAX);
    world.self = announcement_new(STR("signer"), STR("host-1"), (struct strs){OPERATIONS, 2});
    return world.self == NULL;
}

static int teardown(void **state)
{
    (void)state;
    announcement_free(world.self);
    announcement_free(NULL);
    arena_free(world.arena);
    return 0;
}

static struct hello_message hello_read(void)
{
    struct hello_message hello;
    struct str text = announcement_hello(world.self);
    assert_int_equal(fields_from_json(&HELLO_MESSAGE, text, world.arena, &hello), OK);
    return hello;
}

static struct ready_message ready_read(int64_t credit, int64_t every_ms)
{
    struct ready_message ready;
    char body[READY_BYTES_MAX + 1];
    struct str text = announcement_ready(world.self, credit, every_ms, body);
    assert_true(text.len <= READY_BYTES_MAX);
    assert_int_equal(fields_from_json(&READY_MESSAGE, text, world.arena, &ready), OK);
    return ready;
}

static void hello_says_who_and_what(void **state)
{
    (void)state;
    struct hello_message hello = hello_read();
    assert_true(str_equals_cstr(hello.kind, "signer"));
    assert_true(str_equals_cstr(hello.instance, "host-1"));
    assert_true(str_equals_cstr(hello.release, MCP_OAUTH_RELEASE));
    assert_int_equal(hello.operations.len, 2);
    assert_true(strs_contain(hello.operations, STR("refresh/1")));
    assert_true(str_is_empty(hello.keys));
    assert_true(str_is_empty(hello.keys_version));
}

static void hello_and_ready_agree_on_the_version_of_the_keys(void **state)
{
    (void)state;
    announcement_set_keys(world.self, STR("{\"keys\":[]}"),
                          STR("a version of any length and with any \"character\""));
    struct str first = hello_read().keys_version;
    assert_true(str_equals(first, ready_read(16, 200).keys_version));
    announcement_set_keys(world.self, STR("{\"keys\":[]}"), STR("another"));
    struct hello_message hello = hello_read();
    assert_false(str_equals(hello.keys_version, first));
    assert_true(str_equals(hello.keys_version, ready_read(16, 200).keys_version));
    assert_true(str_equals_cstr(hello.keys, "{\"keys\":[]}"));
}

static void ready_never_exceeds_its_ceiling(void **state)
{
    (void)state;
    announcement_set_keys(world.self, STR("{\"keys\":[]}"), STR("v"));
    struct ready_message ready = ready_read(INT64_MAX, INT64_MAX);
    assert_int_equal(ready.credit, 999);
    assert_int_equal(ready.every_ms, 9999);
    ready = ready_read(0, 200);
    assert_int_equal(ready.credit, 0);
    assert_int_equal(ready.every_ms, 200);
}

static void keys_may_change_as_often_as_they_like(void **state)
{
    char keys[1024];
    (void)state;
    memset(keys, 'x', sizeof(keys));
    memcpy(keys, "{\"keys\":[\"", 10);
    memcpy(keys + sizeof(keys) - 3, "\"]}", 3);
    for (int i = 0; i < 1000; i++)
        announcement_set_keys(world.self, str_from_bytes(keys, sizeof(keys)), STR("v"));
    assert_int_equal(hello_read().keys.len, sizeof(keys));
}

static void keys_that_are_no_json_leave_those_of_before(void **state)
{
    (void)state;
    announcement_set_keys(world.self, STR("{\"keys\":[]}"), STR("good"));
    struct str version = hello_read().keys_version;
    announcement_set_keys(world.self, STR("{"), STR("broken"));
    assert_true(str_equals_cstr(hello_read().keys, "{\"keys\":[]}"));
    assert_true(str_equals(ready_read(1, 200).keys_version, version));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(hello_says_who_and_what),
        TEST(hello_and_ready_agree_on_the_version_of_the_keys),
        TEST(ready_never_exceeds_its_ceiling),
        TEST(keys_may_change_as_often_as_they_like),
        TEST(keys_that_are_no_json_leave_those_of_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
