/* mcp:refresh:{g} and the scripts that rotate and revoke (DESIGN section 5), against a real Redis.
 * Redis's clock cannot be set, so that the tests set the stored times instead. */
#include "tests/unit/common/store/grant_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/clock.h"

#define REFRESH "mcp:refresh:{0123456789abcdef0123456789abcdef}"
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

static int with_grant(void **state)
{
    (void)state;
    fixture_clear(&fixture);
    fixture_create_grant(&fixture);
    return 0;
}

static struct grant_issue rotate(int64_t n, struct str request_id)
{
    struct grant_issue issue = {.n = 0};
    const struct grant_rotation rotation = fixture_rotation(n, request_id);
    assert_int_equal(fixture_rotate(&fixture, &rotation, &issue), OK);
    return issue;
}

static void assert_rotation_fails(int64_t n, struct str request_id, enum failure failure)
{
    const struct grant_rotation rotation = fixture_rotation(n, request_id);
    assert_int_equal(fixture_rotate(&fixture, &rotation, NULL), failure);
}

/* All rotations that are remembered happened this much earlier. */
static void age_rotations(int64_t age_s)
{
    struct str times = redis_rig_ask(fixture.rig, "HGET " REFRESH " rotated_at"), time;
    struct str older = STR("");
    while (str_next_word(&times, &time)) {
        int64_t at;
        assert_true(str_to_i64(time, &at));
        older = arena_printf(redis_rig_arena(fixture.rig), "%.*s%s%lld", STR_ARGS(older),
                             older.len > 0 ? "," : "", (long long)(at - age_s));
    }
    redis_rig_ask(fixture.rig, "HSET " REFRESH " rotated_at %.*s", STR_ARGS(older));
}

static void assert_grant_is_revoked(void)
{
    assert_redis(&fixture, "0", "EXISTS " REFRESH);
    assert_redis(&fixture, "1", "GET " REVOKED);
    assert_true(fixture_ask_number(&fixture, "TTL " REVOKED) >= ACCESS_TOKEN_TTL_S - 5);
}

static void on_grant(void *context, enum failure failure, const struct grant_record *record)
{
    struct seen *seen = context;
    seen->record = record;
    fixture_on_done(seen, failure);
}

static const struct grant_record *grant_read(void)
{
    struct seen seen = {.is_done = false};
    grant_record_get(fixture.store, FIXTURE_G, redis_rig_arena(fixture.rig),
                     redis_rig_deadline_ms(), on_grant, &seen);
    assert_int_equal(fixture_await(&fixture, &seen), OK);
    return seen.record;
}

static void a_grant_carries_what_the_code_said(void **state)
{
    (void)state;
    const struct code_record code = fixture_code();
    const struct grant_record *grant = grant_read();
    assert_non_null(grant);
    assert_true(str_equals(grant->client_id, code.client_id));
    assert_true(str_equals(grant->scope, code.scope));
    assert_true(str_equals(grant->user_id, code.user_id));
    assert_true(str_equals(grant->login, code.login));
    assert_true(str_equals(grant->email, code.email));
    assert_true(str_equals(grant->rule, code.rule));
    assert_in_range(grant->signed_in_at, code.signed_in_at - 2, code.signed_in_at + 2);
    fixture_clear(&fixture);
    assert_null(grant_read());
}

static void the_newest_token_gets_a_successor_and_renews_the_life(void **state)
{
    (void)state;
    redis_rig_ask(fixture.rig, "EXPIRE " REFRESH " 100");
    struct grant_issue issue = rotate(1, FIXTURE_REQUEST_2);
    assert_int_equal(issue.n, 2);
    assert_int_equal(issue.m, 2);
    assert_false(issue.is_adopted);
    assert_in_range(issue.issued_at, clock_wall_s() - 2, clock_wall_s() + 2);
    assert_int_equal(issue.rotated_at, issue.issued_at);
    assert_true(fixture_ask_number(&fixture, "TTL " REFRESH) > REFRESH_TOKEN_TTL_S - 5);
    issue = rotate(2, FIXTURE_REQUEST_3);
    assert_int_equal(issue.n, 3);
    assert_int_equal(issue.m, 3);
}

static void a_record_that_somebody_has_spoilt_gives_no_token(void **state)
{
    (void)state;
    const struct grant_rotation rotation = fixture_rotation(1, FIXTURE_REQUEST_2);
    redis_rig_ask(fixture.rig, "HSET " REFRESH " m -5");
    assert_int_equal(fixture_rotate(&fixture, &rotation, NULL), FAIL_SERVER_ERROR);
}

static void rotation_does_not_outlive_the_end_of_the_grant(void **state)
{
    (void)state;
    struct grant_rotation rotation = fixture_rotation(1, FIXTURE_REQUEST_2);
    rotation.grant_end_at = clock_wall_s() + 50;
    assert_int_equal(fixture_rotate(&fixture, &rotation, NULL), OK);
    assert_true(fixture_ask_number(&fixture, "TTL " REFRESH) <= 50);
    rotation = fixture_rotation(2, FIXTURE_REQUEST_3);
    rotation.grant_end_at = clock_wall_s() - 1;
    assert_int_equal(fixture_rotate(&fixture, &rotation, NULL), FAIL_REFRESH_TOKEN_INVALID);
    assert_redis(&fixture, "2", "HGET " REFRESH " n");
}

static void within_the_grace_the_previous_token_gets_the_same_successor_again(void **state)
{
    (void)state;
    struct grant_issue first = rotate(1, FIXTURE_REQUEST_2);
    age_rotations(REFRESH_GRACE_S - 5);
    struct grant_issue again = rotate(1, FIXTURE_REQUEST_3);
    assert_int_equal(again.n, first.n);
    assert_int_equal(again.m, first.m + 1); /* a fresh access token */
    assert_int_equal(again.rotated_at, first.rotated_at - (REFRESH_GRACE_S - 5));
    assert_true(again.issued_at >= first.issued_at);
    /* and the successor is good */
    assert_int_equal(rotate(2, STR("44444444444444444444444444444444")).n, 3);
}

static void within_the_grace_a_token_whose_successor_was_used_is_superseded(void **state)
{
    (void)state;
    rotate(1, FIXTURE_REQUEST_2);
    rotate(2, FIXTURE_REQUEST_3);
    assert_rotation_fails(1, STR("44444444444444444444444444444444"),
                          FAIL_REFRESH_TOKEN_SUPERSEDED);
    assert_redis(&fixture, "3", "HGET " REFRESH " n");
    assert_redis(&fixture, "0", "EXISTS " REVOKED);
}

static void after_the_grace_reuse_revokes_the_grant_RFC_9700_4_14_2(void **state)
{
    (void)state;
    rotate(1, FIXTURE_REQUEST_2);
    age_rotations(REFRESH_GRACE_S);
    assert_rotation_fails(1, FIXTURE_REQUEST_3, FAIL_REFRESH_TOKEN_REPLAYED);
    assert_grant_is_revoked();
    assert_rotation_fails(2, FIXTURE_REQUEST_3, FAIL_REFRESH_TOKEN_INVALID);
}

static void a_thief_who_keeps_rotating_does_not_hide_behind_the_grace(void **state)
{
    (void)state;
    rotate(1, FIXTURE_REQUEST_2);
    age_rotations(REFRESH_GRACE_S);
    rotate(2, FIXTURE_REQUEST_3); /* just now: but token 1 was used long ago */
    assert_rotation_fails(1, STR("44444444444444444444444444444444"), FAIL_REFRESH_TOKEN_REPLAYED);
    assert_grant_is_revoked();
}

static void without_a_grace_the_second_use_revokes_at_once(void **state)
{
    (void)state;
    struct grant_rotation rotation = fixture_rotation(1, FIXTURE_REQUEST_2);
    rotation.refresh_grace_s = 0;
    assert_int_equal(fixture_rotate(&fixture, &rotation, NULL), OK);
    rotation.request_id = FIXTURE_REQUEST_3;
    assert_int_equal(fixture_rotate(&fixture, &rotation, NULL), FAIL_REFRESH_TOKEN_REPLAYED);
    assert_grant_is_revoked();
}

static void assert_issues_equal(const struct grant_issue *a, const struct grant_issue *b)
{
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->m, b->m);
    assert_int_equal(a->issued_at, b->issued_at);
    assert_int_equal(a->rotated_at, b->rotated_at);
    assert_int_equal(a->is_adopted, b->is_adopted);
}

static void the_same_request_gets_the_same_again_with_or_without_grace(void **state)
{
    (void)state;
    struct grant_issue first = {.n = 0}, again = {.n = 0};
    struct grant_rotation rotation = fixture_rotation(1, FIXTURE_REQUEST_2);
    rotation.refresh_grace_s = 0;
    assert_int_equal(fixture_rotate(&fixture, &rotation, &first), OK);
    assert_int_equal(fixture_rotate(&fixture, &rotation, &again), OK);
    assert_issues_equal(&first, &again);
    /* a grace answer is repeated, too */
    rotation = fixture_rotation(1, FIXTURE_REQUEST_3);
    assert_int_equal(fixture_rotate(&fixture, &rotation, &first), OK);
    assert_int_equal(fixture_rotate(&fixture, &rotation, &again), OK);
    assert_issues_equal(&first, &again);
    assert_int_equal(again.m, 3);
}

static void only_rotations_within_the_grace_are_remembered(void **state)
{
    (void)state;
    rotate(1, FIXTURE_REQUEST_2);
    age_rotations(REFRESH_GRACE_S);
    rotate(2, FIXTURE_REQUEST_3);
    struct str times = redis_rig_ask(fixture.rig, "HGET " REFRESH " rotated_at");
    assert_int_equal(str_index_of(times, ' '), times.len);
}

static void a_chain_longer_than_what_is_remembered_counts_as_theft(void **state)
{
    (void)state;
    for (int64_t n = 1; n <= GRANT_ROTATIONS_MAX + 1; n++)
        assert_int_equal(
            rotate(n, arena_printf(redis_rig_arena(fixture.rig), "%032llx", (long long)n)).n,
            n + 1);
    assert_rotation_fails(2, FIXTURE_REQUEST_2, FAIL_REFRESH_TOKEN_SUPERSEDED);
    assert_rotation_fails(1, FIXTURE_REQUEST_2, FAIL_REFRESH_TOKEN_REPLAYED);
}

static void a_token_newer_than_its_record_was_lost_in_a_failover_and_is_adopted(void **state)
{
    (void)state;
    struct grant_issue issue = rotate(4, FIXTURE_REQUEST_2);
    assert_true(issue.is_adopted);
    assert_int_equal(issue.n, 5);
    assert_true(issue.m > 4); /* numbers that the lost writes gave out are not given out again */
    /* its repetition is an ordinary one, and what came before it in the race is not a theft */
    assert_false(rotate(4, FIXTURE_REQUEST_2).is_adopted);
    assert_rotation_fails(3, FIXTURE_REQUEST_3, FAIL_REFRESH_TOKEN_SUPERSEDED);
    assert_int_equal(rotate(5, FIXTURE_REQUEST_3).n, 6);
}

static void a_missing_grant_is_invalid_RFC_6749_5_2(void **state)
{
    (void)state;
    redis_rig_ask(fixture.rig, "DEL " REFRESH);
    assert_rotation_fails(1, FIXTURE_REQUEST_2, FAIL_REFRESH_TOKEN_INVALID);
    assert_redis(&fixture, "0", "EXISTS " REFRESH);
}

static void a_revoked_grant_does_not_rotate(void **state)
{
    (void)state;
    redis_rig_ask(fixture.rig, "SET " REVOKED " 1 EX 100");
    assert_rotation_fails(1, FIXTURE_REQUEST_2, FAIL_REFRESH_TOKEN_INVALID);
    assert_redis(&fixture, "1", "HGET " REFRESH " n");
}

static void revoking_ends_refresh_and_access_tokens_and_can_be_repeated(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct seen seen = {.is_done = false};
        grant_record_revoke(fixture.store, FIXTURE_G, 60, redis_rig_arena(fixture.rig),
                            redis_rig_deadline_ms(), fixture_on_done, &seen);
        assert_int_equal(fixture_await(&fixture, &seen), OK);
        assert_redis(&fixture, "0", "EXISTS " REFRESH);
        /* as long as its refresh token would have lived, also after the repetition */
        assert_true(fixture_ask_number(&fixture, "TTL " REVOKED) > REFRESH_TOKEN_TTL_S - 10);
    }
}

static void on_raced(void *context, enum failure failure, const struct grant_issue *issue)
{
    struct seen *seen = context;
    seen->number = issue != NULL ? issue->n : 0;
    if (issue != NULL)
        seen->issue = *issue;
    fixture_on_done(seen, failure);
}

static void concurrent_refreshes_of_one_token_get_one_successor(void **state)
{
    (void)state;
    enum { RACERS = 8 };
    struct store *other = redis_rig_open_store(fixture.rig);
    struct seen seen[RACERS] = {{.is_done = false}};
    for (size_t i = 0; i < RACERS; i++) {
        const struct grant_rotation rotation =
            fixture_rotation(1, arena_printf(redis_rig_arena(fixture.rig), "%032zx", i + 0x1000));
        grant_record_rotate(i % 2 == 0 ? fixture.store : other, &rotation,
                            redis_rig_arena(fixture.rig), redis_rig_deadline_ms(), on_raced,
                            &seen[i]);
    }
    bool is_seen[RACERS + 2] = {false};
    for (size_t i = 0; i < RACERS; i++) {
        assert_int_equal(fixture_await(&fixture, &seen[i]), OK);
        assert_int_equal(seen[i].number, 2);
        assert_in_range(seen[i].issue.m, 2, RACERS + 1);
        assert_false(is_seen[seen[i].issue.m]); /* every access token has its own number */
        is_seen[seen[i].issue.m] = true;
    }
}

static void a_grant_is_small(void **state)
{
    (void)state;
    rotate(1, FIXTURE_REQUEST_2);
    assert_redis(&fixture, "2222222222222222", "HGET " REFRESH " request_id");
    assert_redis(&fixture, "listpack", "OBJECT ENCODING " REFRESH);
    int64_t size_bytes = fixture_ask_number(&fixture, "MEMORY USAGE " REFRESH);
    /* and some 60 for its places in the tables of keys and of times: 500 in all (DESIGN section 11)
     */
    if (size_bytes > 440)
        fail_msg("a grant takes %lld bytes", (long long)size_bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_grant_carries_what_the_code_said, with_grant),
        cmocka_unit_test_setup(the_newest_token_gets_a_successor_and_renews_the_life, with_grant),
        cmocka_unit_test_setup(a_record_that_somebody_has_spoilt_gives_no_token, with_grant),
        cmocka_unit_test_setup(rotation_does_not_outlive_the_end_of_the_grant, with_grant),
        cmocka_unit_test_setup(within_the_grace_the_previous_token_gets_the_same_successor_again,
                               with_grant),
        cmocka_unit_test_setup(within_the_grace_a_token_whose_successor_was_used_is_superseded,
                               with_grant),
        cmocka_unit_test_setup(after_the_grace_reuse_revokes_the_grant_RFC_9700_4_14_2, with_grant),
        cmocka_unit_test_setup(a_thief_who_keeps_rotating_does_not_hide_behind_the_grace,
                               with_grant),
        cmocka_unit_test_setup(without_a_grace_the_second_use_revokes_at_once, with_grant),
        cmocka_unit_test_setup(the_same_request_gets_the_same_again_with_or_without_grace,
                               with_grant),
        cmocka_unit_test_setup(only_rotations_within_the_grace_are_remembered, with_grant),
        cmocka_unit_test_setup(a_chain_longer_than_what_is_remembered_counts_as_theft, with_grant),
        cmocka_unit_test_setup(a_token_newer_than_its_record_was_lost_in_a_failover_and_is_adopted,
                               with_grant),
        cmocka_unit_test_setup(a_missing_grant_is_invalid_RFC_6749_5_2, with_grant),
        cmocka_unit_test_setup(a_revoked_grant_does_not_rotate, with_grant),
        cmocka_unit_test_setup(revoking_ends_refresh_and_access_tokens_and_can_be_repeated,
                               with_grant),
        cmocka_unit_test_setup(concurrent_refreshes_of_one_token_get_one_successor, with_grant),
        cmocka_unit_test_setup(a_grant_is_small, with_grant),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
