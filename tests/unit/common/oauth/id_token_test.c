#include "common/oauth/id_token.h"
#include "tests/unit/common/oauth/servers_rig.h"

static const struct id_token TOKEN = {
    .iss = STR_INIT("https://auth.example"),
    .sub = STR_INIT("583231"),
    .aud = STR_INIT("app"),
    .exp = 4600,
    .iat = 1000,
};

static void the_claims_are_those_of_openid_connect_core_2(void **state)
{
    struct str text;
    assert_ok(id_token_to_json(unit_arena(state), &TOKEN, &text));
    assert_true(str_equals(text, servers_rig_json(unit_arena(state),
                                                  "{'iss':'https://auth.example','sub':'583231',"
                                                  "'aud':'app','exp':4600,'iat':1000}")));
}

static void what_was_granted_is_added(void **state)
{
    struct str text;
    struct id_token token = TOKEN;
    token.nonce = STR("n-1");
    token.at_hash = STR("h");
    token.preferred_username = STR("octocat");
    token.email = STR("o@example.com");
    token.email_verified = true;
    assert_ok(id_token_to_json(unit_arena(state), &token, &text));
    assert_true(str_equals(
        text,
        servers_rig_json(unit_arena(state),
                         "{'iss':'https://auth.example','sub':'583231','aud':'app','exp':4600,"
                         "'iat':1000,'nonce':'n-1','at_hash':'h','preferred_username':'octocat',"
                         "'email':'o@example.com','email_verified':true}")));
}

static void at_hash_is_that_of_openid_connect_core_appendix_a_4(void **state)
{
    struct str access_token = STR("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
    assert_str(id_token_make_at_hash(unit_arena(state), PUBLIC_KEY_RS256, access_token),
               "77QmUPtjPfzWtF2AnpK9RQ");
    assert_str(id_token_make_at_hash(unit_arena(state), PUBLIC_KEY_ES256, access_token),
               "77QmUPtjPfzWtF2AnpK9RQ");
    /* half of a SHA-512 */
    assert_int_equal(id_token_make_at_hash(unit_arena(state), PUBLIC_KEY_EDDSA, access_token).len,
                     43);
}

static void every_failed_allocation_is_reported(void **state)
{
    struct str text;
    arena_fail_at(1);
    assert_failure(id_token_to_json(unit_arena(state), &TOKEN, &text), FAIL_LIMIT_REACHED, "json");
    arena_fail_at(1);
    assert_absent(id_token_make_at_hash(unit_arena(state), PUBLIC_KEY_RS256, STR("x")));
    arena_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_claims_are_those_of_openid_connect_core_2),
        UNIT_TEST(what_was_granted_is_added),
        UNIT_TEST(at_hash_is_that_of_openid_connect_core_appendix_a_4),
        UNIT_TEST(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
