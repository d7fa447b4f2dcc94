/* mcp:code:{g} and the script that redeems it, against a real Redis. */
#include "tests/unit/common/store/grant_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/clock.h"

#define CODE    "mcp:code:{0123456789abcdef0123456789abcdef}"
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

static int clear(void **state)
{
    (void)state;
    fixture_clear(&fixture);
    return 0;
}

static void on_code(void *context, enum failure failure, const struct code_record *record)
{
    struct seen *seen = context;
    seen->record = record;
    fixture_on_done(seen, failure);
}

static const struct code_record *code_read(void)
{
    struct seen seen = {.is_done = false};
    code_record_get(fixture.store, FIXTURE_G, redis_rig_arena(fixture.rig), redis_rig_deadline_ms(),
                    on_code, &seen);
    assert_int_equal(fixture_await(&fixture, &seen), OK);
    return seen.record;
}

static void a_code_lives_ten_minutes_and_is_read_as_it_was_written(void **state)
{
    (void)state;
    const struct code_record record = fixture_code();
    assert_int_equal(fixture_create_code(&fixture, &record), OK);
    int64_t ttl_s = fixture_ask_number(&fixture, "TTL " CODE);
    assert_true(ttl_s > CODE_TTL_S - 5 && ttl_s <= CODE_TTL_S);
    const struct code_record *read = code_read();
    assert_non_null(read);
    assert_true(str_equals(read->client_id, record.client_id));
    assert_true(str_equals(read->scope, record.scope));
    assert_true(str_equals(read->rule, record.rule));
    assert_true(read->redirect_uri_is_explicit);
    assert_int_equal(read->signed_in_at, record.signed_in_at);
    assert_false(str_is_present(read->resource));
    assert_false(str_is_present(read->used_by));
    assert_int_equal(read->used_at, FIELD_I64_ABSENT);
}

static void an_unknown_code_is_no_failure_of_the_store(void **state)
{
    (void)state;
    assert_null(code_read());
}

static void the_same_code_can_be_created_twice(void **state)
{
    (void)state;
    struct code_record record = fixture_code();
    assert_int_equal(fixture_create_code(&fixture, &record), OK);
    record.created_at += 5;
    assert_int_equal(fixture_create_code(&fixture, &record), OK);
}

static void another_code_of_the_same_grant_is_refused(void **state)
{
    (void)state;
    struct code_record record = fixture_code();
    assert_int_equal(fixture_create_code(&fixture, &record), OK);
    record.redirect_uri = STR("http://localhost:1/other");
    assert_int_equal(fixture_create_code(&fixture, &record), FAIL_RECORD_CONFLICT);
    assert_redis(&fixture, "http://localhost:33418/callback", "HGET " CODE " redirect_uri");
    record = fixture_code();
    record.resource = STR("https://mcp.example.com");
    assert_int_equal(fixture_create_code(&fixture, &record), FAIL_RECORD_CONFLICT);
}

static void a_redeemed_code_cannot_be_created_again(void **state)
{
    (void)state;
    const struct code_record record = fixture_code();
    fixture_create_grant(&fixture);
    assert_int_equal(fixture_create_code(&fixture, &record), FAIL_ALREADY_CONNECTED);
}

static void redeeming_creates_the_grant_and_keeps_a_tombstone(void **state)
{
    (void)state;
    const struct code_record record = fixture_code();
    int64_t issued_at = 0;
    assert_int_equal(fixture_create_code(&fixture, &record), OK);
    assert_int_equal(fixture_redeem(&fixture, FIXTURE_REQUEST_1, &issued_at), OK);
    assert_in_range(issued_at, clock_wall_s() - 2, clock_wall_s() + 2);
    assert_redis(&fixture, "11111111111111111111111111111111", "HGET " CODE " used_by");
    assert_true(fixture_ask_number(&fixture, "TTL " CODE) > CODE_TTL_S - 10);
    assert_redis(&fixture, "1", "HGET " REFRESH " n");
    assert_redis(&fixture, "1", "HGET " REFRESH " m");
    assert_redis(&fixture, "583231", "HGET " REFRESH " user_id");
    int64_t ttl_s = fixture_ask_number(&fixture, "TTL " REFRESH);
    assert_true(ttl_s > REFRESH_TOKEN_TTL_S - 5 && ttl_s <= REFRESH_TOKEN_TTL_S);
}

static void on_counted(void *context, enum failure failure, int64_t issued_at)
{
    struct seen *seen = context;
    (void)issued_at;
    seen->number += failure == OK;
    fixture_on_done(seen, failure);
}

static struct code_redemption redemption_of(const struct code_record *record)
{
    return (struct code_redemption){
        .g = FIXTURE_G,
        .request_id = FIXTURE_REQUEST_1,
        .record = record,
        .refresh_token_ttl_s = REFRESH_TOKEN_TTL_S,
        .grant_end_at = clock_wall_s() + GRANT_TTL_S,
        .revoked_ttl_s = ACCESS_TOKEN_TTL_S,
    };
}

static void a_grant_never_outlives_its_end(void **state)
{
    (void)state;
    struct seen seen = {.is_done = false}, late = {.is_done = false};
    const struct code_record record = fixture_code();
    struct code_redemption redemption = redemption_of(&record);
    assert_int_equal(fixture_create_code(&fixture, &record), OK);
    redemption.grant_end_at = clock_wall_s() - 1;
    code_record_redeem(fixture.store, &redemption, redis_rig_arena(fixture.rig),
                       redis_rig_deadline_ms(), on_counted, &late);
    assert_int_equal(fixture_await(&fixture, &late), FAIL_CODE_UNKNOWN);
    redemption.grant_end_at = clock_wall_s() + 100;
    code_record_redeem(fixture.store, &redemption, redis_rig_arena(fixture.rig),
                       redis_rig_deadline_ms(), on_counted, &seen);
    assert_int_equal(fixture_await(&fixture, &seen), OK);
    assert_true(fixture_ask_number(&fixture, "TTL " REFRESH) <= 100);
}

static void the_same_request_gets_the_same_success_again(void **state)
{
    (void)state;
    int64_t first = 0, again = 0;
    const struct code_record record = fixture_code();
    assert_int_equal(fixture_create_code(&fixture, &record), OK);
    assert_int_equal(fixture_redeem(&fixture, FIXTURE_REQUEST_1, &first), OK);
    redis_rig_ask(fixture.rig, "HSET " CODE " used_at %lld", (long long)first - 7);
    assert_int_equal(fixture_redeem(&fixture, FIXTURE_REQUEST_1, &again), OK);
    assert_int_equal(again, first - 7);
    assert_redis(&fixture, "1", "HGET " REFRESH " m");
}

static void a_code_is_redeemed_only_once_RFC_6749_4_1_2(void **state)
{
    (void)state;
    fixture_create_grant(&fixture);
    assert_int_equal(fixture_redeem(&fixture, FIXTURE_REQUEST_2, NULL), FAIL_CODE_REPLAYED);
    assert_redis(&fixture, "0", "EXISTS " REFRESH);
    assert_redis(&fixture, "1", "GET " REVOKED);
    assert_true(fixture_ask_number(&fixture, "TTL " REVOKED) > REFRESH_TOKEN_TTL_S - 5);
    /* the first request has nothing to repeat any more, and a third replay finds the same */
    assert_int_equal(fixture_redeem(&fixture, FIXTURE_REQUEST_1, NULL), FAIL_CODE_UNKNOWN);
    assert_int_equal(fixture_redeem(&fixture, FIXTURE_REQUEST_3, NULL), FAIL_CODE_REPLAYED);
    assert_true(fixture_ask_number(&fixture, "TTL " REVOKED) >= ACCESS_TOKEN_TTL_S - 5);
}

static void an_expired_code_is_unknown_RFC_6749_5_2(void **state)
{
    (void)state;
    const struct code_record record = fixture_code();
    assert_int_equal(fixture_create_code(&fixture, &record), OK);
    redis_rig_ask(fixture.rig, "DEL " CODE);
    assert_int_equal(fixture_redeem(&fixture, FIXTURE_REQUEST_1, NULL), FAIL_CODE_UNKNOWN);
    assert_redis(&fixture, "0", "EXISTS " REFRESH);
}

static void a_revoked_grant_is_never_born(void **state)
{
    (void)state;
    const struct code_record record = fixture_code();
    assert_int_equal(fixture_create_code(&fixture, &record), OK);
    redis_rig_ask(fixture.rig, "SET " REVOKED " 1 EX 100");
    assert_int_equal(fixture_redeem(&fixture, FIXTURE_REQUEST_1, NULL), FAIL_CODE_UNKNOWN);
    assert_redis(&fixture, "0", "EXISTS " REFRESH);
    assert_redis(&fixture, "0", "HEXISTS " CODE " used_by");
}

static void a_code_made_anew_after_its_tombstone_is_a_replay(void **state)
{
    (void)state;
    const struct code_record record = fixture_code();
    fixture_create_grant(&fixture);
    redis_rig_ask(fixture.rig, "DEL " CODE);
    assert_int_equal(fixture_create_code(&fixture, &record), OK);
    assert_int_equal(fixture_redeem(&fixture, FIXTURE_REQUEST_2, NULL), FAIL_CODE_REPLAYED);
    assert_redis(&fixture, "0", "EXISTS " REFRESH);
}

static void of_concurrent_redemptions_one_wins(void **state)
{
    (void)state;
    struct store *other = redis_rig_open_store(fixture.rig);
    struct seen seen[8] = {{.is_done = false}};
    const struct code_record record = fixture_code();
    assert_int_equal(fixture_create_code(&fixture, &record), OK);
    for (size_t i = 0; i < 8; i++) {
        struct str request_id = arena_printf(redis_rig_arena(fixture.rig), "%032zx", i + 0x1000);
        struct code_redemption redemption = redemption_of(&record);
        redemption.request_id = request_id;
        code_record_redeem(i % 2 == 0 ? fixture.store : other, &redemption,
                           redis_rig_arena(fixture.rig), redis_rig_deadline_ms(), on_counted,
                           &seen[i]);
    }
    int64_t winners = 0;
    for (size_t i = 0; i < 8; i++) {
        redis_rig_await(fixture.rig, &seen[i].is_done);
        winners += seen[i].number;
    }
    assert_int_equal(winners, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_code_lives_ten_minutes_and_is_read_as_it_was_written, clear),
        cmocka_unit_test_setup(an_unknown_code_is_no_failure_of_the_store, clear),
        cmocka_unit_test_setup(the_same_code_can_be_created_twice, clear),
        cmocka_unit_test_setup(another_code_of_the_same_grant_is_refused, clear),
        cmocka_unit_test_setup(a_redeemed_code_cannot_be_created_again, clear),
        cmocka_unit_test_setup(redeeming_creates_the_grant_and_keeps_a_tombstone, clear),
        cmocka_unit_test_setup(a_grant_never_outlives_its_end, clear),
        cmocka_unit_test_setup(the_same_request_gets_the_same_success_again, clear),
        cmocka_unit_test_setup(a_code_is_redeemed_only_once_RFC_6749_4_1_2, clear),
        cmocka_unit_test_setup(an_expired_code_is_unknown_RFC_6749_5_2, clear),
        cmocka_unit_test_setup(a_revoked_grant_is_never_born, clear),
        cmocka_unit_test_setup(a_code_made_anew_after_its_tombstone_is_a_replay, clear),
        cmocka_unit_test_setup(of_concurrent_redemptions_one_wins, clear),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
