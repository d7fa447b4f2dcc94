#include "common/oauth/access_token.h"
#include "common/oauth/audience.h"
#include "tests/unit/common/oauth/servers_rig.h"

#define G "0123456789abcdef0123456789abcdef"

static struct str audiences[] = {STR_INIT("mcp:a:b"), STR_INIT("https://a/mcp")};
static const struct access_token TOKEN = {
    .iss = STR_INIT("https://auth.example"),
    .sub = STR_INIT("583231"),
    .aud = {audiences, 1},
    .exp = 4600,
    .iat = 1000,
    .jti = STR_INIT(G ".1"),
    .client_id = STR_INIT("app"),
    .scope = STR_INIT("mcp:a:b email"),
    .email = STR_INIT("o@example.com"),
    .preferred_username = STR_INIT("octocat"),
};

static void the_claims_are_those_of_rfc9068_2_2_and_of_the_original(void **state)
{
    struct str text;
    assert_ok(access_token_to_json(unit_arena(state), &TOKEN, &text));
    assert_true(str_equals(
        text, servers_rig_json(unit_arena(state),
                               "{'iss':'https://auth.example','sub':'583231','aud':'mcp:a:b',"
                               "'exp':4600,'iat':1000,'jti':'" G ".1','client_id':'app',"
                               "'scope':'mcp:a:b email','token_type':'access',"
                               "'email':'o@example.com','preferred_username':'octocat'}")));
}

static void two_audiences_are_a_list_and_absent_claims_are_left_out(void **state)
{
    struct str text;
    struct access_token token = TOKEN;
    token.aud.len = 2;
    token.email = token.preferred_username = STR_ABSENT;
    assert_ok(access_token_to_json(unit_arena(state), &token, &text));
    assert_true(str_equals(
        text, servers_rig_json(unit_arena(state),
                               "{'iss':'https://auth.example','sub':'583231',"
                               "'aud':['mcp:a:b','https://a/mcp'],'exp':4600,'iat':1000,"
                               "'jti':'" G ".1','client_id':'app','scope':'mcp:a:b email',"
                               "'token_type':'access'}")));
}

static void claims_survive_the_round(void **state)
{
    for (size_t len = 1; len <= 2; len++) {
        struct str text;
        struct access_token token = TOKEN, back;
        token.aud.len = len;
        assert_ok(access_token_to_json(unit_arena(state), &token, &text));
        assert_ok(access_token_from_json(unit_arena(state), text, &back));
        assert_int_equal(back.aud.len, len);
        assert_true(access_token_is_for(&back, STR("mcp:a:b")));
        assert_int_equal(access_token_is_for(&back, STR("https://a/mcp")), len == 2);
        assert_false(access_token_is_for(&back, STR("mcp:a")));
        assert_true(str_equals(back.jti, token.jti) && str_equals(back.email, token.email));
        assert_int_equal(back.exp, 4600);
    }
}

#define CLAIMS(aud, token_type)                                                                    \
    "{'iss':'i','sub':'1','aud':" aud ",'exp':2,'iat':1,'jti':'j','client_id':'c','scope':'s',"    \
    "'token_type':" token_type "}"

static void other_tokens_are_not_access_tokens_rfc9068_4(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        CLAIMS("'a'", "'refresh'"),
        CLAIMS("'a'", "'id'"),
        CLAIMS("'a'", "null"),
        CLAIMS("7", "'access'"),
        CLAIMS("null", "'access'"),
        CLAIMS("[]", "'access'"),
        CLAIMS("{}", "'access'"),
        CLAIMS("['a',7]", "'access'"),
        CLAIMS("['1','2','3','4','5','6','7','8','9']", "'access'"),
        "{'iss':'i','sub':'1','aud':'a','exp':'2','iat':1,'jti':'j','client_id':'c','scope':'s',"
        "'token_type':'access'}",
        "{'iss':'i','sub':1,'aud':'a','exp':2,'iat':1,'jti':'j','client_id':'c','scope':'s',"
        "'token_type':'access'}",
        "{'sub':'1','aud':'a','exp':2,'iat':1,'jti':'j','client_id':'c','scope':'s',"
        "'token_type':'access'}",
    };
    struct access_token token = {.sub = STR("untouched")};
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        assert_failure(access_token_from_json(unit_arena(state),
                                              servers_rig_json(unit_arena(state), bad[i]), &token),
                       FAIL_TOKEN_INVALID, bad[i]);
    assert_str(token.sub, "untouched");
    assert_ok(access_token_from_json(
        unit_arena(state), servers_rig_json(unit_arena(state), CLAIMS("['a']", "'access'")),
        &token));
    assert_ok(access_token_from_json(
        unit_arena(state),
        servers_rig_json(unit_arena(state),
                         CLAIMS("['1','2','3','4','5','6','7','8']", "'access'")),
        &token));
    assert_int_equal(token.aud.len, AUDIENCES_MAX);
}

static void issuer_and_times_are_checked_rfc9068_4(void **state)
{
    (void)state;
    struct str issuer = STR("https://auth.example");
    assert_ok(access_token_check(&TOKEN, issuer, 1000));
    assert_ok(access_token_check(&TOKEN, issuer, 4600 + CLOCK_SKEW_S - 1));
    assert_failure(access_token_check(&TOKEN, issuer, 4600 + CLOCK_SKEW_S), FAIL_TOKEN_EXPIRED,
                   "expired");
    assert_ok(access_token_check(&TOKEN, issuer, 1000 - CLOCK_SKEW_S));
    assert_failure(access_token_check(&TOKEN, issuer, 1000 - CLOCK_SKEW_S - 1), FAIL_TOKEN_INVALID,
                   "of the future");
    assert_failure(access_token_check(&TOKEN, STR("https://auth.example/"), 1000),
                   FAIL_TOKEN_INVALID, "another issuer");
    assert_failure(access_token_check(&TOKEN, STR_ABSENT, 1000), FAIL_TOKEN_INVALID, "no issuer");
}

/* A signed token with extreme times must not overflow our arithmetic. */
static void extreme_times_are_judged_rightly(void **state)
{
    (void)state;
    struct access_token token = TOKEN;
    token.exp = INT64_MAX;
    assert_ok(access_token_check(&token, TOKEN.iss, 1000));
    token.iat = INT64_MAX;
    assert_failure(access_token_check(&token, TOKEN.iss, 1000), FAIL_TOKEN_INVALID, "iat");
    token.iat = token.exp = 0;
    assert_failure(access_token_check(&token, TOKEN.iss, 1000), FAIL_TOKEN_EXPIRED, "exp");
}

static void a_jti_is_a_grant_and_a_number(void **state)
{
    static const char *const bad[] = {"",      ".",     G,        G ".",
                                      G ".x",  G ".-1", G ".01",  G ".1.2",
                                      G ". 1", "." G,   "0123.1", G ".9223372036854775808"};
    struct str g = STR("untouched");
    int64_t m = 7;
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        assert_failure(access_token_parse_jti(str_from_cstr(bad[i]), &g, &m), FAIL_TOKEN_INVALID,
                       bad[i]);
    assert_str(g, "untouched");
    assert_int_equal(m, 7);
    assert_str(access_token_make_jti(unit_arena(state), STR(G), 12), G ".12");
    assert_ok(access_token_parse_jti(STR(G ".12"), &g, &m));
    assert_str(g, G);
    assert_int_equal(m, 12);
    assert_ok(access_token_parse_jti(STR(G ".0"), &g, &m));
}

static void every_failed_allocation_is_reported(void **state)
{
    struct str text, whole;
    struct access_token back;
    assert_ok(access_token_to_json(unit_arena(state), &TOKEN, &whole));
    for (size_t n = 1; n <= 2; n++) {
        arena_fail_at(n);
        assert_failure(access_token_to_json(unit_arena(state), &TOKEN, &text), FAIL_LIMIT_REACHED,
                       "to_json");
    }
    for (size_t n = 1; n <= 12; n++) {
        arena_fail_at(n);
        assert_failure(access_token_from_json(unit_arena(state), whole, &back), FAIL_LIMIT_REACHED,
                       "from_json");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_claims_are_those_of_rfc9068_2_2_and_of_the_original),
        UNIT_TEST(two_audiences_are_a_list_and_absent_claims_are_left_out),
        UNIT_TEST(claims_survive_the_round),
        UNIT_TEST(other_tokens_are_not_access_tokens_rfc9068_4),
        UNIT_TEST(issuer_and_times_are_checked_rfc9068_4),
        UNIT_TEST(extreme_times_are_judged_rightly),
        UNIT_TEST(a_jti_is_a_grant_and_a_number),
        UNIT_TEST(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
