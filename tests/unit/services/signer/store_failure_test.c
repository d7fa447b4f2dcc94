/* Whichever command to Redis fails, executed or not, alone or with all that follow: the operation
 * answers store_unavailable or what it would have answered, and the same request again succeeds
 * with the same result. What the operations leave behind is whole. */
#include "tests/unit/common/store/store_failure.h"
#include "tests/unit/services/signer/signer_rig.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/crypto/digest.h"
#include "tests/unit/common/crypto/rfc_keys.h"

static struct signer_rig rig;

static int setup(void **state)
{
    (void)state;
    signer_rig_start(&rig);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    signer_rig_stop(&rig);
    return 0;
}

static int reset(void **state)
{
    (void)state;
    signer_rig_reset(&rig);
    return 0;
}

/* verdict: what is answered when nobody waits for the command that failed. */
static void assert_clean(const struct store_failure *failure, struct signer_rig_answer answer,
                         enum failure verdict)
{
    if (!failure->has_happened || answer.failure != FAIL_STORE_UNAVAILABLE)
        signer_rig_assert_fails(answer, verdict);
}

/* The tokens are the grant's newest, and the next rotation goes on from them. */
static void assert_grant_goes_on(struct str refresh_token, int64_t n)
{
    const struct refresh_request next = signer_rig_refresh_request(refresh_token);
    assert_int_equal(signer_rig_read_refresh(&rig, refresh_token).n, n);
    struct signer_rig_answer answer = signer_rig_refresh(&rig, "9", &next);
    signer_rig_assert_fails(answer, OK);
    assert_int_equal(signer_rig_read_refresh(&rig, answer.token.refresh_token).n, n + 1);
    signer_rig_assert_fails(signer_rig_validate(&rig, answer.token.access_token), OK);
}

static void an_exchange_can_be_repeated(void **state)
{
    struct store_failure failure = {0};
    (void)state;
    while (store_failure_next(&failure)) {
        signer_rig_reset(&rig);
        const struct exchange_request request =
            signer_rig_exchange_request(signer_rig_create_code(&rig, SIGNER_RIG_G));
        store_failure_arm(&failure);
        struct signer_rig_answer answer = signer_rig_exchange(&rig, "1", &request);
        store_failure_disarm(&failure);
        assert_clean(&failure, answer, OK);
        answer = signer_rig_exchange(&rig, "1", &request);
        signer_rig_assert_fails(answer, OK);
        signer_rig_assert_str(signer_rig_read_access(&rig, answer.token.access_token).jti,
                              SIGNER_RIG_G ".1");
        signer_rig_assert_redis(&rig, "1", "EXISTS mcp:refresh:{" SIGNER_RIG_G "}");
        signer_rig_assert_redis(&rig, "1", "ZCARD mcp:grants:{583231}");
        assert_grant_goes_on(answer.token.refresh_token, 1);
    }
    assert_true(failure.count > 4 * 3);
}

static void a_refresh_can_be_repeated(void **state)
{
    struct store_failure failure = {0};
    (void)state;
    while (store_failure_next(&failure)) {
        signer_rig_reset(&rig);
        const struct refresh_request request =
            signer_rig_refresh_request(signer_rig_issue(&rig).refresh_token);
        store_failure_arm(&failure);
        struct signer_rig_answer answer = signer_rig_refresh(&rig, "1", &request);
        store_failure_disarm(&failure);
        assert_clean(&failure, answer, OK);
        answer = signer_rig_refresh(&rig, "1", &request);
        signer_rig_assert_fails(answer, OK);
        signer_rig_assert_str(signer_rig_read_access(&rig, answer.token.access_token).jti,
                              SIGNER_RIG_G ".2");
        assert_grant_goes_on(answer.token.refresh_token, 2);
    }
    assert_true(failure.count > 4 * 4);
}

/* A client that waits no longer sends its token again, as another request: within the grace it gets
 * on, whatever was lost. */
static void a_refresh_can_be_tried_anew(void **state)
{
    struct store_failure failure = {0};
    (void)state;
    while (store_failure_next(&failure)) {
        signer_rig_reset(&rig);
        const struct refresh_request request =
            signer_rig_refresh_request(signer_rig_issue(&rig).refresh_token);
        store_failure_arm(&failure);
        (void)signer_rig_refresh(&rig, "1", &request);
        store_failure_disarm(&failure);
        struct signer_rig_answer answer = signer_rig_refresh(&rig, "2", &request);
        signer_rig_assert_fails(answer, OK);
        assert_grant_goes_on(answer.token.refresh_token, 2);
    }
}

static void a_replayed_code_ends_its_grant_at_the_latest_when_repeated(void **state)
{
    struct store_failure failure = {0};
    (void)state;
    while (store_failure_next(&failure)) {
        signer_rig_reset(&rig);
        const struct exchange_request request =
            signer_rig_exchange_request(signer_rig_create_code(&rig, SIGNER_RIG_G));
        struct signer_rig_answer first = signer_rig_exchange(&rig, "1", &request);
        signer_rig_assert_fails(first, OK);
        store_failure_arm(&failure);
        struct signer_rig_answer answer = signer_rig_exchange(&rig, "2", &request);
        store_failure_disarm(&failure);
        /* an executed revocation took the code with it */
        if (answer.failure != FAIL_STORE_UNAVAILABLE)
            signer_rig_assert_fails(answer, FAIL_CODE_REPLAYED);
        answer = signer_rig_exchange(&rig, "2", &request);
        if (answer.failure != FAIL_CODE_UNKNOWN)
            signer_rig_assert_fails(answer, FAIL_CODE_REPLAYED);
        signer_rig_assert_fails(signer_rig_validate(&rig, first.token.access_token),
                                FAIL_TOKEN_REVOKED);
        signer_rig_assert_redis(&rig, "0", "EXISTS mcp:refresh:{" SIGNER_RIG_G "}");
    }
}

static struct signer_rig_answer revoke(bool is_of_client, struct str token)
{
    return is_of_client ? signer_rig_client_revoke(&rig, SIGNER_RIG_CLIENT, NULL, token)
                        : signer_rig_revoke(&rig, token);
}

static void a_revocation_that_was_confirmed_holds(void **state)
{
    (void)state;
    for (int which = 0; which < 4; which++) {
        struct store_failure failure = {0};
        while (store_failure_next(&failure)) {
            signer_rig_reset(&rig);
            const struct token_reply tokens = signer_rig_issue(&rig);
            struct str token = which % 2 ? tokens.refresh_token : tokens.access_token;
            store_failure_arm(&failure);
            struct signer_rig_answer answer = revoke(which / 2, token);
            store_failure_disarm(&failure);
            assert_clean(&failure, answer, OK);
            if (answer.failure != OK)
                signer_rig_assert_fails(revoke(which / 2, token), OK);
            signer_rig_assert_fails(signer_rig_validate(&rig, tokens.access_token),
                                    FAIL_TOKEN_REVOKED);
        }
        assert_true(failure.count > 3);
    }
}

/* ---- questions: no verdict may come of a store that is away */

static struct signer_rig_answer validate(struct str token)
{
    return signer_rig_validate(&rig, token);
}

static struct signer_rig_answer introspect(struct str token)
{
    const struct introspect_request message = {
        .client.client_id = STR(SIGNER_RIG_CONFIDENTIAL),
        .client.method = STR("client_secret_post"),
        .client.secret = STR(SIGNER_RIG_SECRET),
        .token = token,
    };
    return signer_rig_call(&rig, "i", introspect_handle, &INTROSPECT_REPLY, &message,
                           sizeof(message));
}

static struct signer_rig_answer userinfo(struct str token)
{
    const struct userinfo_request message = {.token = token};
    return signer_rig_call(&rig, "u", userinfo_handle, &USERINFO_REPLY, &message, sizeof(message));
}

static struct signer_rig_answer verify(struct str token)
{
    const struct verify_request message = {
        .domain = STR("example.com"), .server = STR("tools"), .token = token};
    return signer_rig_call(&rig, "w", verify_handle, &VERIFY_REPLY, &message, sizeof(message));
}

static struct signer_rig_answer exchange_of_stranger(struct str token)
{
    struct exchange_request request = signer_rig_exchange_request(token);
    request.client.client_id = STR(SIGNER_RIG_CONFIDENTIAL);
    request.client.method = STR("client_secret_post");
    request.client.secret = STR("wrong");
    request.code = STR(SIGNER_RIG_G ".wrong");
    return signer_rig_exchange(&rig, "x", &request);
}

static void nobody_is_judged_without_the_store(void **state)
{
    static const struct {
        struct signer_rig_answer (*ask)(struct str token);
        enum failure verdict;
    } questions[] = {
        {validate, OK},
        {introspect, OK},
        {userinfo, FAIL_SCOPE_INSUFFICIENT},
        {verify, OK},
        {exchange_of_stranger, FAIL_CLIENT_AUTHENTICATION_FAILED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        struct store_failure failure = {0};
        signer_rig_reset(&rig);
        rig.config.rate_validate_per_minute = 100000;
        rig.config.rate_token_failures_per_minute = 100000;
        struct str token = signer_rig_issue(&rig).access_token;
        while (store_failure_next(&failure)) {
            store_failure_arm(&failure);
            struct signer_rig_answer answer = questions[i].ask(token);
            store_failure_disarm(&failure);
            assert_clean(&failure, answer, questions[i].verdict);
            signer_rig_assert_fails(questions[i].ask(token), questions[i].verdict);
        }
        assert_true(failure.count > 3);
    }
}

/* ---- a client that proves itself with a key */

#define KEYED "mcp_example.com_keyed"

static struct exchange_request keyed_request(struct signing_key *key)
{
    struct code_record record = signer_rig_code();
    struct str assertion;
    record.client_id = STR(KEYED);
    record.token_endpoint_auth_method = STR("private_key_jwt");
    struct exchange_request request =
        signer_rig_exchange_request(signer_rig_create_code_of(&rig, SIGNER_RIG_G, &record));
    struct str claims =
        arena_printf(rig.arena,
                     "{\"iss\":\"" KEYED "\",\"sub\":\"" KEYED "\",\"aud\":\"" SIGNER_RIG_ISSUER
                     "\",\"jti\":\"j1\",\"exp\":%lld}",
                     (long long)clock_wall_s() + 60);
    assert_int_equal(jwt_sign(key, JWT_TYP_JWT, claims, rig.arena, &assertion), OK);
    request.client = (struct client_authentication){
        .client_id = STR(KEYED), .method = STR("private_key_jwt"), .assertion = assertion};
    return request;
}

/* The assertion is remembered with the id of the request: its repetition is no replay. */
static void an_assertion_is_no_replay_when_its_request_is_repeated(void **state)
{
    struct store_failure failure = {0};
    struct signing_key *key;
    const char *problem;
    (void)state;
    assert_int_equal(signing_key_new(STR(RFC8037_A1_PEM), &key, &problem), OK);
    while (store_failure_next(&failure)) {
        signer_rig_reset(&rig);
        redis_rig_ask(rig.redis,
                      "HSET mcp:client:{" KEYED "} client_id " KEYED
                      " token_endpoint_auth_method private_key_jwt jwks {\"keys\":[%.*s]}",
                      STR_ARGS(public_key_jwk(signing_key_public(key))));
        const struct exchange_request request = keyed_request(key);
        store_failure_arm(&failure);
        struct signer_rig_answer answer = signer_rig_exchange(&rig, "1", &request);
        store_failure_disarm(&failure);
        assert_clean(&failure, answer, OK);
        signer_rig_assert_fails(signer_rig_exchange(&rig, "1", &request), OK);
        signer_rig_assert_fails(signer_rig_exchange(&rig, "2", &request),
                                FAIL_CLIENT_ASSERTION_REPLAYED);
    }
    signing_key_free(key);
    assert_true(failure.count > 4 * 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_exchange_can_be_repeated, reset),
        cmocka_unit_test_setup(a_refresh_can_be_repeated, reset),
        cmocka_unit_test_setup(a_refresh_can_be_tried_anew, reset),
        cmocka_unit_test_setup(a_replayed_code_ends_its_grant_at_the_latest_when_repeated, reset),
        cmocka_unit_test_setup(a_revocation_that_was_confirmed_holds, reset),
        cmocka_unit_test_setup(nobody_is_judged_without_the_store, reset),
        cmocka_unit_test_setup(an_assertion_is_no_replay_when_its_request_is_repeated, reset),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
