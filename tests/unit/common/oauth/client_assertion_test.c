#include "common/oauth/client_assertion.h"
#include "common/base/base64url.h"
#include "common/base/fields.h"
#include "common/base/limits.h"
#include "tests/unit/common/oauth/servers_rig.h"

enum { NOW_S = 1700000000 };

static struct str ours[] = {STR_INIT("https://auth.example"),
                            STR_INIT("https://auth.example/token")};
static const struct strs AUDIENCES = {ours, 2};

static struct str one_audience[] = {STR_INIT("https://auth.example")};

static struct client_assertion good(void)
{
    return (struct client_assertion){
        .iss = STR("app"),
        .sub = STR("app"),
        .aud = {one_audience, 1},
        .jti = STR("1"),
        .exp = NOW_S + 60,
        .nbf = FIELD_I64_ABSENT,
        .iat = FIELD_I64_ABSENT,
    };
}

static enum failure check(const struct client_assertion *assertion)
{
    return client_assertion_check(assertion, STR("app"), AUDIENCES, NOW_S);
}

static void the_claims_of_rfc7523_3_are_read(void **state)
{
    struct client_assertion assertion;
    struct str claims = servers_rig_json(
        unit_arena(state), "{'iss':'app','sub':'app','aud':['https://auth.example','x'],'jti':'1',"
                           "'exp':1700000060,'iat':1700000000,'other':[1]}");
    assert_ok(client_assertion_from_json(unit_arena(state), claims, &assertion));
    assert_int_equal(assertion.aud.len, 2);
    assert_int_equal(assertion.exp, NOW_S + 60);
    assert_int_equal(assertion.nbf, FIELD_I64_ABSENT);
    assert_ok(check(&assertion));
}

static void missing_and_mistyped_claims_are_refused_rfc7523_3(void **state)
{
    static const char *const bad[] = {
        "{'sub':'app','aud':'a','jti':'1','exp':1}",
        "{'iss':'app','aud':'a','jti':'1','exp':1}",
        "{'iss':'app','sub':'app','jti':'1','exp':1}",
        "{'iss':'app','sub':'app','aud':'a','exp':1}",
        "{'iss':'app','sub':'app','aud':'a','jti':'1'}",
        "{'iss':'app','sub':'app','aud':'a','jti':'1','exp':'1'}",
        "{'iss':'app','sub':'app','aud':'a','jti':'1','exp':-1}",
        "{'iss':'app','sub':'app','aud':[],'jti':'1','exp':1}",
        "{'iss':'app','sub':'app','aud':[1],'jti':'1','exp':1}",
        "{'iss':'app','sub':'app','aud':{},'jti':'1','exp':1}",
        "{'iss':1,'sub':'app','aud':'a','jti':'1','exp':1}",
        "{'iss':'app','sub':'app','aud':'a','jti':1,'exp':1}",
        "[]",
    };
    for (size_t i = 0; i < LENGTH_OF(bad); i++) {
        struct client_assertion assertion;
        assert_failure(client_assertion_from_json(unit_arena(state),
                                                  servers_rig_json(unit_arena(state), bad[i]),
                                                  &assertion),
                       FAIL_CLIENT_ASSERTION_INVALID, bad[i]);
    }
}

static void issuer_subject_and_audience_are_checked_rfc7523_3_1_to_3(void **state)
{
    (void)state;
    struct client_assertion assertion = good();
    assert_ok(check(&assertion));
    assertion.iss = STR("App");
    assert_failure(check(&assertion), FAIL_CLIENT_ASSERTION_INVALID, "iss");
    assertion = good();
    assertion.sub = STR("app2");
    assert_failure(check(&assertion), FAIL_CLIENT_ASSERTION_INVALID, "sub");
    struct str other = STR("https://auth.example/");
    assertion = good();
    assertion.aud = (struct strs){&other, 1};
    assert_failure(check(&assertion), FAIL_CLIENT_ASSERTION_INVALID, "aud");
    other = STR("https://auth.example/token");
    assert_ok(check(&assertion));
    assertion = good();
    assertion.jti = STR("");
    assert_failure(check(&assertion), FAIL_CLIENT_ASSERTION_INVALID, "jti");
}

static void times_are_checked_with_a_minute_of_skew_rfc7523_3_4_to_6(void **state)
{
    (void)state;
    static const struct {
        int64_t exp, nbf, iat;
        bool is_good;
    } cases[] = {
        {NOW_S - CLOCK_SKEW_S, -1, -1, false},
        {NOW_S - CLOCK_SKEW_S + 1, -1, -1, true},
        {NOW_S + CLIENT_ASSERTION_LIFE_MAX_S + CLOCK_SKEW_S, -1, -1, true},
        {NOW_S + CLIENT_ASSERTION_LIFE_MAX_S + CLOCK_SKEW_S + 1, -1, -1, false},
        {INT64_MAX, -1, -1, false},
        {NOW_S + 60, NOW_S + CLOCK_SKEW_S, -1, true},
        {NOW_S + 60, NOW_S + CLOCK_SKEW_S + 1, -1, false},
        {NOW_S + 60, -1, NOW_S + CLOCK_SKEW_S, true},
        {NOW_S + 60, -1, NOW_S + CLOCK_SKEW_S + 1, false},
        {NOW_S + 60, 0, INT64_MAX, false},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct client_assertion assertion = good();
        assertion.exp = cases[i].exp;
        assertion.nbf = cases[i].nbf;
        assertion.iat = cases[i].iat;
        assert_int_equal(check(&assertion), cases[i].is_good ? OK : FAIL_CLIENT_ASSERTION_INVALID);
    }
}

static void the_named_client_can_be_peeked_at(void **state)
{
    struct arena *arena = unit_arena(state);
    struct str claims = base64url_encode(arena, servers_rig_json(arena, "{'sub':'app'}"));
    assert_str(client_assertion_peek(arena, arena_printf(arena, "x.%.*s.y", STR_ARGS(claims))),
               "app");
    assert_absent(client_assertion_peek(arena, STR("")));
    assert_absent(client_assertion_peek(arena, STR("a.b")));
    assert_absent(client_assertion_peek(arena, STR("a.!.c")));
    assert_absent(client_assertion_peek(arena, STR("a.e30.c"))); /* {} */
    assert_absent(client_assertion_peek(arena, STR_ABSENT));
}

static void every_failed_allocation_is_reported(void **state)
{
    struct str claims = servers_rig_json(
        unit_arena(state), "{'iss':'app','sub':'app','aud':'a','jti':'1','exp':1700000060}");
    size_t n = 1;
    enum failure failure = FAIL_LIMIT_REACHED;
    while (failure != OK) {
        struct client_assertion assertion;
        arena_fail_at(n++);
        failure = client_assertion_from_json(unit_arena(state), claims, &assertion);
        arena_fail_at(0);
        if (failure != OK)
            assert_failure(failure, FAIL_LIMIT_REACHED, "a full arena is not the client's fault");
    }
    assert_true(n > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_claims_of_rfc7523_3_are_read),
        UNIT_TEST(missing_and_mistyped_claims_are_refused_rfc7523_3),
        UNIT_TEST(issuer_subject_and_audience_are_checked_rfc7523_3_1_to_3),
        UNIT_TEST(times_are_checked_with_a_minute_of_skew_rfc7523_3_4_to_6),
        UNIT_TEST(the_named_client_can_be_peeked_at),
        UNIT_TEST(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
