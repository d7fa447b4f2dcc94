/* mcp:session:{s} and the scripts that move it forward, against a real Redis. */
#include "tests/unit/common/store/grant_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/store/session.h"

#define S       "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SESSION "mcp:session:{" S "}"

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

static struct session_record session_made(void)
{
    return (struct session_record){
        .request_id = FIXTURE_REQUEST_1,
        .browser_sha256 = STR(S),
        .client_id = STR("mcp_example.com_1"),
        .redirect_uri = STR("https://example.com/callback"),
        .scope = STR("mcp:example.com:tools"),
        .code_challenge = STR("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        .created_at = 1700000000,
        .claim_until = FIELD_I64_ABSENT,
        .signed_in_at = FIELD_I64_ABSENT,
    };
}

static enum failure create(const struct session_record *record)
{
    struct seen seen = {.is_done = false};
    session_record_create(fixture.store, STR(S), record, redis_rig_arena(fixture.rig),
                          redis_rig_deadline_ms(), fixture_on_done, &seen);
    return fixture_await(&fixture, &seen);
}

static void create_one(void)
{
    const struct session_record record = session_made();
    assert_int_equal(create(&record), OK);
}

static void on_record(void *context, enum failure failure, const struct session_record *record)
{
    struct seen *seen = context;
    seen->record = record;
    fixture_on_done(seen, failure);
}

static const struct session_record *get(void)
{
    struct seen seen = {.is_done = false};
    session_record_get(fixture.store, STR(S), redis_rig_arena(fixture.rig), redis_rig_deadline_ms(),
                       on_record, &seen);
    assert_int_equal(fixture_await(&fixture, &seen), OK);
    return seen.record;
}

static void on_claim(void *context, enum failure failure, enum session_claim claim)
{
    struct seen *seen = context;
    seen->number = (int64_t)claim;
    fixture_on_done(seen, failure);
}

static enum failure claim_as(struct str request_id, int64_t attempt, enum session_claim *ret_claim)
{
    struct seen seen = {.is_done = false};
    session_record_claim(fixture.store, STR(S), request_id, attempt, redis_rig_arena(fixture.rig),
                         redis_rig_deadline_ms(), on_claim, &seen);
    enum failure failure = fixture_await(&fixture, &seen);
    if (failure == OK)
        *ret_claim = (enum session_claim)seen.number;
    return failure;
}

static void assert_claim(struct str request_id, int64_t attempt, enum session_claim expected)
{
    enum session_claim claim = SESSION_CLAIM_OUTDATED;
    assert_int_equal(claim_as(request_id, attempt, &claim), OK);
    assert_int_equal(claim, expected);
}

static enum failure sign_in(struct str request_id)
{
    struct seen seen = {.is_done = false};
    struct session_record record = session_made();
    record.user_id = STR("583231");
    record.login = STR("octocat");
    record.rule = STR("user:octocat");
    record.signed_in_at = 1700000010;
    session_record_sign_in(fixture.store, STR(S), request_id, &record, redis_rig_arena(fixture.rig),
                           redis_rig_deadline_ms(), fixture_on_done, &seen);
    return fixture_await(&fixture, &seen);
}

static void on_attempt(void *context, enum failure failure, int64_t attempt)
{
    struct seen *seen = context;
    seen->number = attempt;
    fixture_on_done(seen, failure);
}

static enum failure again(int64_t attempt, int64_t *ret_attempt)
{
    struct seen seen = {.is_done = false};
    session_record_again(fixture.store, STR(S), attempt, redis_rig_arena(fixture.rig),
                         redis_rig_deadline_ms(), on_attempt, &seen);
    enum failure failure = fixture_await(&fixture, &seen);
    if (failure == OK)
        *ret_attempt = seen.number;
    return failure;
}

static void on_decision(void *context, enum failure failure, bool is_approved)
{
    struct seen *seen = context;
    seen->number = is_approved;
    fixture_on_done(seen, failure);
}

static enum failure decide(struct str decision, int64_t attempt, bool *ret_is_approved)
{
    struct seen seen = {.is_done = false};
    session_record_decide(fixture.store, STR(S), decision, attempt, redis_rig_arena(fixture.rig),
                          redis_rig_deadline_ms(), on_decision, &seen);
    enum failure failure = fixture_await(&fixture, &seen);
    if (failure == OK)
        *ret_is_approved = seen.number == 1;
    return failure;
}

static enum failure consent(struct str decision, bool *ret_is_approved)
{
    struct seen seen = {.is_done = false};
    session_record_consent(fixture.store, STR(S), decision, redis_rig_arena(fixture.rig),
                           redis_rig_deadline_ms(), on_decision, &seen);
    enum failure failure = fixture_await(&fixture, &seen);
    if (failure == OK)
        *ret_is_approved = seen.number == 1;
    return failure;
}

static void the_first_consent_before_github_counts(void **state)
{
    (void)state;
    bool is_approved = true;
    assert_int_equal(consent(STR("approve"), &is_approved), FAIL_SESSION_UNKNOWN);
    struct session_record record = session_made();
    assert_int_equal(create(&record), OK);
    assert_int_equal(consent(STR("deny"), &is_approved), OK);
    assert_false(is_approved);
    assert_int_equal(consent(STR("approve"), &is_approved), OK);
    assert_false(is_approved);
}

static void a_session_lives_thirty_minutes_and_an_equal_one_is_success(void **state)
{
    (void)state;
    struct session_record record = session_made();
    assert_int_equal(create(&record), OK);
    int64_t ttl_s = fixture_ask_number(&fixture, "TTL " SESSION);
    assert_true(ttl_s > SESSION_TTL_S - 5 && ttl_s <= SESSION_TTL_S);
    record.created_at++;
    assert_int_equal(create(&record), OK);
    record.redirect_uri = STR("https://evil.example/");
    assert_int_equal(create(&record), FAIL_RECORD_CONFLICT);
    const struct session_record *read = get();
    assert_non_null(read);
    assert_true(str_equals(read->redirect_uri, STR("https://example.com/callback")));
    assert_int_equal(read->attempt, 0);
}

static void an_unknown_session_is_no_failure_of_the_store_but_cannot_go_on(void **state)
{
    (void)state;
    enum session_claim claim;
    int64_t attempt;
    bool is_approved;
    assert_null(get());
    assert_int_equal(claim_as(FIXTURE_REQUEST_1, 0, &claim), FAIL_SESSION_UNKNOWN);
    assert_int_equal(sign_in(FIXTURE_REQUEST_1), FAIL_SESSION_UNKNOWN);
    assert_int_equal(again(0, &attempt), FAIL_SESSION_UNKNOWN);
    assert_int_equal(decide(STR("approve"), 0, &is_approved), FAIL_SESSION_UNKNOWN);
    assert_redis(&fixture, "0", "EXISTS " SESSION); /* no step makes a session without a life */
}

static void one_request_claims_and_the_others_wait(void **state)
{
    (void)state;
    create_one();
    assert_claim(FIXTURE_REQUEST_1, 0, SESSION_CLAIM_YOURS);
    assert_claim(FIXTURE_REQUEST_2, 0, SESSION_CLAIM_OTHERS);
    assert_int_equal(sign_in(FIXTURE_REQUEST_1), OK);
    assert_claim(FIXTURE_REQUEST_2, 0, SESSION_CLAIM_SIGNED_IN);
    assert_claim(FIXTURE_REQUEST_1, 0, SESSION_CLAIM_SIGNED_IN);
}

static void the_same_request_again_means_that_its_broker_died(void **state)
{
    (void)state;
    create_one();
    assert_claim(FIXTURE_REQUEST_1, 0, SESSION_CLAIM_YOURS);
    assert_claim(FIXTURE_REQUEST_1, 0, SESSION_CLAIM_ABANDONED);
}

static void a_claim_is_abandoned_when_its_lease_is_over(void **state)
{
    (void)state;
    create_one();
    assert_claim(FIXTURE_REQUEST_1, 0, SESSION_CLAIM_YOURS);
    redis_rig_ask(fixture.rig, "HSET " SESSION " claim_until 1");
    assert_claim(FIXTURE_REQUEST_2, 0, SESSION_CLAIM_ABANDONED);
}

/* As the store repeats it when its answer was lost. */
static void a_sign_in_may_be_repeated(void **state)
{
    (void)state;
    int64_t attempt;
    create_one();
    assert_claim(FIXTURE_REQUEST_1, 0, SESSION_CLAIM_YOURS);
    assert_int_equal(sign_in(FIXTURE_REQUEST_1), OK);
    assert_int_equal(sign_in(FIXTURE_REQUEST_1), OK);
    assert_int_equal(sign_in(FIXTURE_REQUEST_2), FAIL_SESSION_UNKNOWN);
    assert_int_equal(again(0, &attempt), OK);
    assert_int_equal(sign_in(FIXTURE_REQUEST_1), FAIL_SESSION_UNKNOWN);
}

static void only_the_holder_of_the_claim_signs_in(void **state)
{
    (void)state;
    create_one();
    assert_int_equal(sign_in(FIXTURE_REQUEST_1), FAIL_SESSION_UNKNOWN);
    assert_claim(FIXTURE_REQUEST_1, 0, SESSION_CLAIM_YOURS);
    assert_int_equal(sign_in(FIXTURE_REQUEST_2), FAIL_SESSION_UNKNOWN);
    assert_redis(&fixture, "0", "HEXISTS " SESSION " user_id");
}

static void another_attempt_forgets_the_person_and_the_claim_and_moves_once(void **state)
{
    (void)state;
    int64_t attempt = -1;
    create_one();
    assert_claim(FIXTURE_REQUEST_1, 0, SESSION_CLAIM_YOURS);
    assert_int_equal(sign_in(FIXTURE_REQUEST_1), OK);
    assert_int_equal(again(0, &attempt), OK);
    assert_int_equal(attempt, 1);
    assert_int_equal(again(0, &attempt), OK); /* a doubled click */
    assert_int_equal(attempt, 1);
    const struct session_record *read = get();
    assert_false(str_is_present(read->user_id));
    assert_false(str_is_present(read->rule));
    assert_claim(FIXTURE_REQUEST_2, 0, SESSION_CLAIM_OUTDATED);
    assert_claim(FIXTURE_REQUEST_2, 1, SESSION_CLAIM_YOURS);
}

static void a_decision_needs_a_person_of_this_attempt(void **state)
{
    (void)state;
    bool is_approved;
    create_one();
    assert_int_equal(decide(STR("approve"), 0, &is_approved), FAIL_SESSION_UNKNOWN);
    assert_claim(FIXTURE_REQUEST_1, 0, SESSION_CLAIM_YOURS);
    assert_int_equal(sign_in(FIXTURE_REQUEST_1), OK);
    assert_int_equal(decide(STR("approve"), 1, &is_approved), FAIL_SESSION_UNKNOWN);
    assert_redis(&fixture, "0", "HEXISTS " SESSION " decision");
}

static void the_first_decision_counts_and_cannot_be_switched_away(void **state)
{
    (void)state;
    bool is_approved = true;
    int64_t attempt = -1;
    create_one();
    assert_claim(FIXTURE_REQUEST_1, 0, SESSION_CLAIM_YOURS);
    assert_int_equal(sign_in(FIXTURE_REQUEST_1), OK);
    assert_int_equal(decide(STR("deny"), 0, &is_approved), OK);
    assert_false(is_approved);
    assert_int_equal(decide(STR("approve"), 0, &is_approved), OK);
    assert_false(is_approved);
    assert_int_equal(again(0, &attempt), OK);
    assert_int_equal(attempt, 0);
    assert_true(str_is_present(get()->user_id));
}

/* RFC 6749 4.1.2: the signer would take the code that came of it for a replay. */
static void an_approval_older_than_its_code_gives_none_again(void **state)
{
    (void)state;
    bool is_approved = false;
    create_one();
    assert_claim(FIXTURE_REQUEST_1, 0, SESSION_CLAIM_YOURS);
    assert_int_equal(sign_in(FIXTURE_REQUEST_1), OK);
    assert_int_equal(decide(STR("approve"), 0, &is_approved), OK);
    assert_true(is_approved);
    int64_t decided_at = fixture_ask_number(&fixture, "HGET " SESSION " decided_at");
    redis_rig_ask(fixture.rig, "HSET " SESSION " decided_at %lld",
                  (long long)(decided_at - CODE_TTL_S + 30));
    assert_int_equal(decide(STR("approve"), 0, &is_approved), OK);
    redis_rig_ask(fixture.rig, "HSET " SESSION " decided_at %lld",
                  (long long)(decided_at - CODE_TTL_S));
    assert_int_equal(decide(STR("approve"), 0, &is_approved), FAIL_ALREADY_CONNECTED);
}

static void no_step_prolongs_a_session(void **state)
{
    (void)state;
    bool is_approved;
    create_one();
    redis_rig_ask(fixture.rig, "EXPIRE " SESSION " 60");
    assert_claim(FIXTURE_REQUEST_1, 0, SESSION_CLAIM_YOURS);
    assert_int_equal(sign_in(FIXTURE_REQUEST_1), OK);
    assert_int_equal(decide(STR("approve"), 0, &is_approved), OK);
    int64_t ttl_s = fixture_ask_number(&fixture, "TTL " SESSION);
    assert_true(ttl_s > 0 && ttl_s <= 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_session_lives_thirty_minutes_and_an_equal_one_is_success, clear),
        cmocka_unit_test_setup(an_unknown_session_is_no_failure_of_the_store_but_cannot_go_on,
                               clear),
        cmocka_unit_test_setup(one_request_claims_and_the_others_wait, clear),
        cmocka_unit_test_setup(the_same_request_again_means_that_its_broker_died, clear),
        cmocka_unit_test_setup(a_claim_is_abandoned_when_its_lease_is_over, clear),
        cmocka_unit_test_setup(a_sign_in_may_be_repeated, clear),
        cmocka_unit_test_setup(only_the_holder_of_the_claim_signs_in, clear),
        cmocka_unit_test_setup(another_attempt_forgets_the_person_and_the_claim_and_moves_once,
                               clear),
        cmocka_unit_test_setup(a_decision_needs_a_person_of_this_attempt, clear),
        cmocka_unit_test_setup(the_first_decision_counts_and_cannot_be_switched_away, clear),
        cmocka_unit_test_setup(an_approval_older_than_its_code_gives_none_again, clear),
        cmocka_unit_test_setup(no_step_prolongs_a_session, clear),
        cmocka_unit_test_setup(the_first_consent_before_github_counts, clear),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
