/* POST /validate: only our own, living access tokens (RFC 9068 4, RFC 8725). */
#include "tests/unit/services/signer/signer_rig.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/limits.h"

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

static struct str claims_of(const char *iss, int64_t iat, int64_t exp, const char *token_type)
{
    return arena_printf(rig.arena,
                        "{\"iss\":\"%s\",\"sub\":\"583231\",\"aud\":\"mcp:example.com:tools\","
                        "\"exp\":%lld,\"iat\":%lld,\"jti\":\"" SIGNER_RIG_G ".1\","
                        "\"client_id\":\"c\",\"scope\":\"mcp:example.com:tools\","
                        "\"token_type\":\"%s\"}",
                        iss, (long long)exp, (long long)iat, token_type);
}

static enum failure validate_claims(enum jwt_typ typ, struct str claims)
{
    return signer_rig_validate(&rig, signer_rig_sign(&rig, typ, claims)).failure;
}

static void a_good_token_gives_its_claims(void **state)
{
    (void)state;
    struct signer_rig_answer answer =
        signer_rig_validate(&rig, signer_rig_issue(&rig).access_token);
    signer_rig_assert_fails(answer, OK);
    struct access_token token;
    assert_int_equal(access_token_from_json(rig.arena, answer.payload, &token), OK);
    signer_rig_assert_str(token.sub, "583231");
    signer_rig_assert_str(token.email, "octocat@example.com");
    assert_non_null(memmem(answer.payload.at, answer.payload.len, "\"token_type\":\"access\"", 21));
}

static void no_token_is_refused(void **state)
{
    (void)state;
    signer_rig_assert_fails(signer_rig_validate(&rig, STR_ABSENT), FAIL_TOKEN_MISSING);
    signer_rig_assert_fails(signer_rig_validate(&rig, STR("")), FAIL_TOKEN_MISSING);
}

static void nonsense_and_a_broken_signature_are_refused_RFC_7515_5_2(void **state)
{
    (void)state;
    struct str token = arena_dup(rig.arena, signer_rig_issue(&rig).access_token);
    signer_rig_assert_fails(signer_rig_validate(&rig, STR("a.b.c")), FAIL_TOKEN_INVALID);
    char *middle = (char *)(uintptr_t)&token.at[token.len - 20];
    *middle = *middle == 'A' ? 'B' : 'A';
    signer_rig_assert_fails(signer_rig_validate(&rig, token), FAIL_TOKEN_INVALID);
}

static void another_issuers_key_is_refused_RFC_8725_3_8(void **state)
{
    (void)state;
    struct str token = signer_rig_issue(&rig).access_token;
    struct str key = rig.config.keys.jwt_private_key.text;
    rig.config.keys.jwt_private_key.text = signer_rig_make_key(rig.arena);
    signer_rig_reopen(&rig);
    signer_rig_assert_fails(signer_rig_validate(&rig, token), FAIL_TOKEN_INVALID);
    rig.config.keys.jwt_private_key.text = key;
    signer_rig_reopen(&rig);
    signer_rig_assert_fails(signer_rig_validate(&rig, token), OK);
}

static void another_issuer_is_refused_RFC_9068_4(void **state)
{
    (void)state;
    int64_t now = clock_wall_s();
    assert_int_equal(
        validate_claims(JWT_TYP_AT_JWT, claims_of(SIGNER_RIG_ISSUER, now, now + 60, "access")), OK);
    assert_int_equal(validate_claims(JWT_TYP_AT_JWT, claims_of("https://evil.example.com", now,
                                                               now + 60, "access")),
                     FAIL_TOKEN_INVALID);
}

static void a_refresh_token_is_no_access_token(void **state)
{
    (void)state;
    signer_rig_assert_fails(signer_rig_validate(&rig, signer_rig_issue(&rig).refresh_token),
                            FAIL_TOKEN_INVALID);
    int64_t now = clock_wall_s();
    assert_int_equal(
        validate_claims(JWT_TYP_AT_JWT, claims_of(SIGNER_RIG_ISSUER, now, now + 60, "refresh")),
        FAIL_TOKEN_INVALID);
}

static void an_id_token_is_no_access_token_RFC_8725_3_11(void **state)
{
    (void)state;
    int64_t now = clock_wall_s();
    assert_int_equal(
        validate_claims(JWT_TYP_JWT, claims_of(SIGNER_RIG_ISSUER, now, now + 60, "access")),
        FAIL_TOKEN_INVALID);
}

static void expiry_is_judged_with_a_minute_of_skew_RFC_7519_4_1_4(void **state)
{
    (void)state;
    struct str token = signer_rig_issue(&rig).access_token;
    int64_t exp = signer_rig_read_access(&rig, token).exp;
    clock_fix_wall_s(exp + CLOCK_SKEW_S - 1);
    signer_rig_assert_fails(signer_rig_validate(&rig, token), OK);
    clock_fix_wall_s(exp + CLOCK_SKEW_S + 1);
    signer_rig_assert_fails(signer_rig_validate(&rig, token), FAIL_TOKEN_EXPIRED);
}

static void a_token_from_the_future_is_refused(void **state)
{
    (void)state;
    int64_t now = clock_wall_s();
    assert_int_equal(validate_claims(JWT_TYP_AT_JWT,
                                     claims_of(SIGNER_RIG_ISSUER, now + 600, now + 1200, "access")),
                     FAIL_TOKEN_INVALID);
}

static void revocations_are_seen_RFC_7009_2(void **state)
{
    (void)state;
    static const char *const MARKS[] = {
        "mcp:revoked:{" SIGNER_RIG_G "} 1",
        "mcp:revoked:{" SIGNER_RIG_G "}:1 1",
        "mcp:revoked:{583231} 99999999999",
    };
    struct str token = signer_rig_issue(&rig).access_token;
    for (size_t i = 0; i < sizeof(MARKS) / sizeof(MARKS[0]); i++) {
        redis_rig_ask(rig.redis, "FLUSHALL");
        signer_rig_assert_fails(signer_rig_validate(&rig, token), OK);
        redis_rig_ask(rig.redis, "SET %s", MARKS[i]);
        signer_rig_assert_fails(signer_rig_validate(&rig, token), FAIL_TOKEN_REVOKED);
    }
}

static void a_users_not_before_time_spares_what_was_issued_since(void **state)
{
    (void)state;
    struct str token = signer_rig_issue(&rig).access_token;
    int64_t iat = signer_rig_read_access(&rig, token).iat;
    redis_rig_ask(rig.redis, "SET mcp:revoked:{583231} %lld", (long long)iat);
    signer_rig_assert_fails(signer_rig_validate(&rig, token), OK);
    redis_rig_ask(rig.redis, "SET mcp:revoked:{583231} %lld", (long long)iat + 1);
    signer_rig_assert_fails(signer_rig_validate(&rig, token), FAIL_TOKEN_REVOKED);
}

static void a_store_that_is_away_is_503_and_no_answer(void **state)
{
    (void)state;
    struct str token = signer_rig_issue(&rig).access_token;
    redis_rig_kill(rig.redis);
    struct signer_rig_answer answer = signer_rig_validate(&rig, token);
    redis_rig_restart(rig.redis);
    redis_rig_await_ready(rig.redis, rig.store, true);
    signer_rig_assert_fails(answer, FAIL_STORE_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_good_token_gives_its_claims, reset),
        cmocka_unit_test_setup(no_token_is_refused, reset),
        cmocka_unit_test_setup(nonsense_and_a_broken_signature_are_refused_RFC_7515_5_2, reset),
        cmocka_unit_test_setup(another_issuers_key_is_refused_RFC_8725_3_8, reset),
        cmocka_unit_test_setup(another_issuer_is_refused_RFC_9068_4, reset),
        cmocka_unit_test_setup(a_refresh_token_is_no_access_token, reset),
        cmocka_unit_test_setup(an_id_token_is_no_access_token_RFC_8725_3_11, reset),
        cmocka_unit_test_setup(expiry_is_judged_with_a_minute_of_skew_RFC_7519_4_1_4, reset),
        cmocka_unit_test_setup(a_token_from_the_future_is_refused, reset),
        cmocka_unit_test_setup(revocations_are_seen_RFC_7009_2, reset),
        cmocka_unit_test_setup(a_users_not_before_time_spares_what_was_issued_since, reset),
        cmocka_unit_test_setup(a_store_that_is_away_is_503_and_no_answer, reset),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
