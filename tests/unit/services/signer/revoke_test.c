/* POST /admin/revoke: possession is the authorization; POST /revoke: the client's own (RFC 7009).
 */
#include "tests/unit/services/signer/signer_rig.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/limits.h"

#define REFRESH "mcp:refresh:{" SIGNER_RIG_G "}"
#define REVOKED "mcp:revoked:{" SIGNER_RIG_G "}"

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

static void an_access_token_ends_alone(void **state)
{
    (void)state;
    int64_t ttl_s;
    struct token_reply first = signer_rig_issue(&rig);
    const struct refresh_request refresh = signer_rig_refresh_request(first.refresh_token);
    struct signer_rig_answer second = signer_rig_refresh(&rig, "1", &refresh);
    signer_rig_assert_fails(signer_rig_revoke(&rig, first.access_token), OK);
    signer_rig_assert_fails(signer_rig_validate(&rig, first.access_token), FAIL_TOKEN_REVOKED);
    signer_rig_assert_fails(signer_rig_validate(&rig, second.token.access_token), OK);
    const struct refresh_request next = signer_rig_refresh_request(second.token.refresh_token);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "2", &next), OK);
    /* remembered until nobody accepts it for its age */
    assert_true(str_to_i64(redis_rig_ask(rig.redis, "TTL " REVOKED ":1"), &ttl_s));
    assert_in_range(ttl_s, ACCESS_TOKEN_TTL_S + CLOCK_SKEW_S,
                    ACCESS_TOKEN_TTL_S + 2 * CLOCK_SKEW_S);
}

static void a_refresh_token_ends_with_its_whole_grant_RFC_7009_2_1(void **state)
{
    (void)state;
    struct token_reply tokens = signer_rig_issue(&rig);
    signer_rig_assert_fails(signer_rig_revoke(&rig, tokens.refresh_token), OK);
    signer_rig_assert_fails(signer_rig_validate(&rig, tokens.access_token), FAIL_TOKEN_REVOKED);
    const struct refresh_request refresh = signer_rig_refresh_request(tokens.refresh_token);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &refresh), FAIL_REFRESH_TOKEN_INVALID);
    signer_rig_assert_redis(&rig, "0", "EXISTS " REFRESH " mcp:grants:{583231}");
    struct str audit = redis_rig_ask(rig.redis, "XREVRANGE mcp:audit + - COUNT 1");
    assert_non_null(memmem(audit.at, audit.len, "revocation", 10));
}

static void revoking_twice_is_success_both_times(void **state)
{
    (void)state;
    struct token_reply tokens = signer_rig_issue(&rig);
    for (int i = 0; i < 2; i++) {
        signer_rig_assert_fails(signer_rig_revoke(&rig, tokens.access_token), OK);
        signer_rig_assert_fails(signer_rig_revoke(&rig, tokens.refresh_token), OK);
    }
}

static void a_replaced_refresh_token_still_ends_its_grant(void **state)
{
    (void)state;
    struct token_reply tokens = signer_rig_issue(&rig);
    const struct refresh_request refresh = signer_rig_refresh_request(tokens.refresh_token);
    struct signer_rig_answer second = signer_rig_refresh(&rig, "1", &refresh);
    signer_rig_assert_fails(signer_rig_revoke(&rig, tokens.refresh_token), OK);
    signer_rig_assert_fails(signer_rig_validate(&rig, second.token.access_token),
                            FAIL_TOKEN_REVOKED);
}

static void what_is_no_token_of_ours_is_invalid_token(void **state)
{
    (void)state;
    static const struct {
        const char *token;
        enum failure failure;
    } CASES[] = {
        {"", FAIL_TOKEN_MISSING},
        {"nonsense", FAIL_TOKEN_INVALID},
        {"mcp_refresh__nonsense", FAIL_TOKEN_INVALID},
        {"mcp_refresh__v1.AAAA", FAIL_TOKEN_INVALID},
        {"a.b.c", FAIL_TOKEN_INVALID},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++)
        signer_rig_assert_fails(signer_rig_revoke(&rig, str_from_cstr(CASES[i].token)),
                                CASES[i].failure);
}

static void an_expired_access_token_needs_no_revocation(void **state)
{
    (void)state;
    struct str token = signer_rig_issue(&rig).access_token;
    clock_fix_wall_s(clock_wall_s() + ACCESS_TOKEN_TTL_S + CLOCK_SKEW_S + 5);
    signer_rig_assert_fails(signer_rig_revoke(&rig, token), FAIL_TOKEN_EXPIRED);
    signer_rig_assert_redis(&rig, "0", "EXISTS " REVOKED ":1");
}

static void a_store_that_is_away_is_503(void **state)
{
    (void)state;
    struct token_reply tokens = signer_rig_issue(&rig);
    redis_rig_kill(rig.redis);
    struct signer_rig_answer answer = signer_rig_revoke(&rig, tokens.refresh_token);
    redis_rig_restart(rig.redis);
    redis_rig_await_ready(rig.redis, rig.store, true);
    signer_rig_assert_fails(answer, FAIL_STORE_UNAVAILABLE);
}

static void a_client_ends_its_own_access_token_alone_RFC_7009_2_1(void **state)
{
    (void)state;
    struct token_reply tokens = signer_rig_issue(&rig);
    signer_rig_assert_fails(
        signer_rig_client_revoke(&rig, SIGNER_RIG_CLIENT, NULL, tokens.access_token), OK);
    signer_rig_assert_fails(signer_rig_validate(&rig, tokens.access_token), FAIL_TOKEN_REVOKED);
    const struct refresh_request refresh = signer_rig_refresh_request(tokens.refresh_token);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &refresh), OK);
}

static void a_client_ends_its_own_refresh_token_with_the_grant_RFC_7009_2_1(void **state)
{
    (void)state;
    struct token_reply tokens = signer_rig_issue(&rig);
    for (int i = 0; i < 2; i++)
        signer_rig_assert_fails(
            signer_rig_client_revoke(&rig, SIGNER_RIG_CLIENT, NULL, tokens.refresh_token), OK);
    signer_rig_assert_fails(signer_rig_validate(&rig, tokens.access_token), FAIL_TOKEN_REVOKED);
    signer_rig_assert_redis(&rig, "0", "EXISTS " REFRESH);
}

static void another_clients_token_is_success_without_effect_RFC_7009_2_1(void **state)
{
    (void)state;
    struct token_reply tokens = signer_rig_issue(&rig);
    signer_rig_assert_fails(
        signer_rig_client_revoke(&rig, SIGNER_RIG_CONFIGURED, NULL, tokens.access_token), OK);
    signer_rig_assert_fails(signer_rig_client_revoke(&rig, SIGNER_RIG_CONFIDENTIAL,
                                                     SIGNER_RIG_SECRET, tokens.refresh_token),
                            OK);
    signer_rig_assert_fails(signer_rig_validate(&rig, tokens.access_token), OK);
    signer_rig_assert_redis(&rig, "1", "EXISTS " REFRESH);
    signer_rig_assert_redis(&rig, "0", "EXISTS " REVOKED " " REVOKED ":1");
}

static void what_is_no_living_token_is_success_for_a_client_RFC_7009_2_2(void **state)
{
    (void)state;
    static const char *const TOKENS[] = {"nonsense", "mcp_refresh__nonsense",
                                         "mcp_refresh__v1.AAAA", "a.b.c"};
    for (size_t i = 0; i < sizeof(TOKENS) / sizeof(TOKENS[0]); i++)
        signer_rig_assert_fails(
            signer_rig_client_revoke(&rig, SIGNER_RIG_CLIENT, NULL, str_from_cstr(TOKENS[i])), OK);
    struct str token = signer_rig_issue(&rig).access_token;
    clock_fix_wall_s(clock_wall_s() + ACCESS_TOKEN_TTL_S + CLOCK_SKEW_S + 5);
    signer_rig_assert_fails(signer_rig_client_revoke(&rig, SIGNER_RIG_CLIENT, NULL, token), OK);
    signer_rig_assert_redis(&rig, "0", "EXISTS " REVOKED ":1");
}

static void the_client_is_judged_before_the_token_RFC_7009_2_1(void **state)
{
    (void)state;
    static const struct {
        const char *client_id;
        const char *secret;
        enum failure failure;
    } CASES[] = {
        {"", NULL, FAIL_CLIENT_ID_MISSING},
        {"mcp_example.com_nobody", NULL, FAIL_CLIENT_UNKNOWN},
        {SIGNER_RIG_CONFIDENTIAL, NULL, FAIL_CLIENT_AUTHENTICATION_FAILED},
        {SIGNER_RIG_CONFIDENTIAL, "wrong", FAIL_CLIENT_AUTHENTICATION_FAILED},
        {SIGNER_RIG_CLIENT, SIGNER_RIG_SECRET, FAIL_CLIENT_AUTHENTICATION_FAILED},
    };
    struct token_reply tokens = signer_rig_issue(&rig);
    struct str texts[] = {tokens.refresh_token, STR("nonsense"), STR_ABSENT};
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++)
        for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++)
            signer_rig_assert_fails(
                signer_rig_client_revoke(&rig, CASES[i].client_id, CASES[i].secret, texts[j]),
                CASES[i].failure);
    signer_rig_assert_redis(&rig, "1", "EXISTS " REFRESH);
    signer_rig_assert_fails(signer_rig_client_revoke(&rig, SIGNER_RIG_CLIENT, NULL, STR_ABSENT),
                            FAIL_TOKEN_MISSING);
}

static void a_store_that_is_away_is_503_for_a_client_too_RFC_7009_2_2_1(void **state)
{
    (void)state;
    struct token_reply tokens = signer_rig_issue(&rig);
    redis_rig_kill(rig.redis);
    struct signer_rig_answer registered =
        signer_rig_client_revoke(&rig, SIGNER_RIG_CLIENT, NULL, tokens.refresh_token);
    redis_rig_restart(rig.redis);
    redis_rig_await_ready(rig.redis, rig.store, true);
    signer_rig_assert_fails(registered, FAIL_STORE_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_access_token_ends_alone, reset),
        cmocka_unit_test_setup(a_refresh_token_ends_with_its_whole_grant_RFC_7009_2_1, reset),
        cmocka_unit_test_setup(revoking_twice_is_success_both_times, reset),
        cmocka_unit_test_setup(a_replaced_refresh_token_still_ends_its_grant, reset),
        cmocka_unit_test_setup(what_is_no_token_of_ours_is_invalid_token, reset),
        cmocka_unit_test_setup(an_expired_access_token_needs_no_revocation, reset),
        cmocka_unit_test_setup(a_store_that_is_away_is_503, reset),
        cmocka_unit_test_setup(a_client_ends_its_own_access_token_alone_RFC_7009_2_1, reset),
        cmocka_unit_test_setup(a_client_ends_its_own_refresh_token_with_the_grant_RFC_7009_2_1,
                               reset),
        cmocka_unit_test_setup(another_clients_token_is_success_without_effect_RFC_7009_2_1, reset),
        cmocka_unit_test_setup(what_is_no_living_token_is_success_for_a_client_RFC_7009_2_2, reset),
        cmocka_unit_test_setup(the_client_is_judged_before_the_token_RFC_7009_2_1, reset),
        cmocka_unit_test_setup(a_store_that_is_away_is_503_for_a_client_too_RFC_7009_2_2_1, reset),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
