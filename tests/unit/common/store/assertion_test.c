/* mcp:assertion:{h} against a real Redis. */
#include "tests/unit/common/store/grant_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/crypto/digest.h"
#include "common/store/assertion.h"
#include "common/store/key.h"

static struct fixture fixture;

static int setup(void **state)
{
    (void)state;
    fixture_init(&fixture);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_finish(&fixture);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    fixture_clear(&fixture);
    return 0;
}

static enum failure use(const char *client_id, const char *jti, const char *request_id)
{
    struct seen seen = {.is_done = false};
    const struct assertion_use assertion = {
        .client_id = str_from_cstr(client_id),
        .jti = str_from_cstr(jti),
        .request_id = str_from_cstr(request_id),
        .ttl_s = 90,
    };
    assertion_use(fixture.store, &assertion, redis_rig_arena(fixture.rig), redis_rig_deadline_ms(),
                  fixture_on_done, &seen);
    return fixture_await(&fixture, &seen);
}

static void an_assertion_is_used_once_rfc7523_3_7(void **state)
{
    (void)state;
    assert_int_equal(use("app", "1", "a"), OK);
    assert_int_equal(use("app", "1", "b"), FAIL_CLIENT_ASSERTION_REPLAYED);
    assert_int_equal(use("app", "2", "b"), OK);
    assert_int_equal(use("app2", "1", "b"), OK); /* a jti is its client's own */
}

static void the_same_request_may_use_it_again(void **state)
{
    (void)state;
    assert_int_equal(use("app", "1", "a"), OK);
    assert_int_equal(use("app", "1", "a"), OK);
    assert_int_equal(use("app", "1", "b"), FAIL_CLIENT_ASSERTION_REPLAYED);
    assert_int_equal(use("app", "1", "a"), OK);
}

static void it_is_remembered_for_its_life(void **state)
{
    (void)state;
    assert_int_equal(use("app", "1", "a"), OK);
    struct arena *arena = redis_rig_arena(fixture.rig);
    struct str key = key_assertion(arena, digest_hex(arena, STR("app\n1")));
    char command[160];
    snprintf(command, sizeof(command), "TTL %.*s", STR_ARGS(key));
    int64_t ttl_s = fixture_ask_number(&fixture, command);
    assert_true(ttl_s > 85 && ttl_s <= 90);
}

static void a_full_arena_is_told_at_once(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 5; n++) {
        arena_fail_at(n);
        enum failure failure = use("app", "1", "a");
        arena_fail_at(0);
        assert_int_equal(failure, FAIL_LIMIT_REACHED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_assertion_is_used_once_rfc7523_3_7, clear),
        cmocka_unit_test_setup(the_same_request_may_use_it_again, clear),
        cmocka_unit_test_setup(it_is_remembered_for_its_life, clear),
        cmocka_unit_test_setup(a_full_arena_is_told_at_once, clear),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
