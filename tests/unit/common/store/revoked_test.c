/* What must no longer be accepted: a grant, one access token, everything of a user. */
#include "common/store/revoked.h"
#include "tests/unit/common/store/grant_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define REVOKED "mcp:revoked:{0123456789abcdef0123456789abcdef}"

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

static enum failure check(int64_t m, int64_t issued_at)
{
    struct seen seen = {.is_done = false};
    const struct revoked_subject subject = {
        .g = FIXTURE_G, .m = m, .user_id = STR("583231"), .issued_at = issued_at};
    revoked_check(fixture.store, &subject, redis_rig_arena(fixture.rig), redis_rig_deadline_ms(),
                  fixture_on_done, &seen);
    return fixture_await(&fixture, &seen);
}

static void nothing_is_revoked_by_default(void **state)
{
    (void)state;
    assert_int_equal(check(1, 1000), OK);
}

static void one_access_token_is_revoked_alone_and_for_its_life(void **state)
{
    (void)state;
    struct seen seen = {.is_done = false};
    revoked_add_token(fixture.store, FIXTURE_G, 2, 300, redis_rig_arena(fixture.rig),
                      redis_rig_deadline_ms(), fixture_on_done, &seen);
    assert_int_equal(fixture_await(&fixture, &seen), OK);
    assert_int_equal(check(2, 1000), FAIL_TOKEN_REVOKED);
    assert_int_equal(check(1, 1000), OK);
    assert_int_equal(check(22, 1000), OK);
    int64_t ttl_s = fixture_ask_number(&fixture, "TTL " REVOKED ":2");
    assert_in_range(ttl_s, 290, 300);
}

static void a_revoked_grant_takes_all_its_access_tokens_along(void **state)
{
    (void)state;
    redis_rig_ask(fixture.rig, "SET " REVOKED " 1 EX 100");
    assert_int_equal(check(1, 1000), FAIL_TOKEN_REVOKED);
    assert_int_equal(check(99, 1000), FAIL_TOKEN_REVOKED);
}

static void a_users_not_before_time_ends_what_was_issued_earlier(void **state)
{
    (void)state;
    redis_rig_ask(fixture.rig, "SET mcp:revoked:{583231} 2000 EX 100");
    assert_int_equal(check(1, 1999), FAIL_TOKEN_REVOKED);
    assert_int_equal(check(1, 2000), OK);
}

static void a_store_that_is_away_is_no_answer(void **state)
{
    (void)state;
    redis_rig_kill(fixture.rig);
    assert_int_equal(check(1, 1000), FAIL_STORE_UNAVAILABLE);
    redis_rig_restart(fixture.rig);
    redis_rig_await_ready(fixture.rig, fixture.store, true);
    assert_int_equal(check(1, 1000), OK);
}

static void everything_of_a_person_from_before_a_moment(void **state)
{
    (void)state;
    struct seen seen = {.is_done = false};
    revoked_add_user(fixture.store, STR("583231"), 1001, 300, redis_rig_arena(fixture.rig),
                     redis_rig_deadline_ms(), fixture_on_done, &seen);
    assert_int_equal(fixture_await(&fixture, &seen), OK);
    assert_int_equal(check(1, 1000), FAIL_TOKEN_REVOKED);
    assert_int_equal(check(1, 1001), OK);
    assert_in_range(fixture_ask_number(&fixture, "TTL mcp:revoked:{583231}"), 295, 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(everything_of_a_person_from_before_a_moment, clear),
        cmocka_unit_test_setup(nothing_is_revoked_by_default, clear),
        cmocka_unit_test_setup(one_access_token_is_revoked_alone_and_for_its_life, clear),
        cmocka_unit_test_setup(a_revoked_grant_takes_all_its_access_tokens_along, clear),
        cmocka_unit_test_setup(a_users_not_before_time_ends_what_was_issued_earlier, clear),
        cmocka_unit_test_setup(a_store_that_is_away_is_no_answer, clear),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
