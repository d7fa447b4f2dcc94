#include "common/oauth/refresh_token.h"
#include "tests/unit/common/oauth/servers_rig.h"

#define G "0123456789abcdef0123456789abcdef"

static const struct refresh_token TOKEN = {
    .g = STR_INIT(G),
    .n = 3,
    .client_id = STR_INIT("mcp_a_x"),
    .sub = STR_INIT("583231"),
    .exp = 99,
};

static void the_payload_survives_the_round(void **state)
{
    struct str text;
    struct refresh_token back;
    assert_ok(refresh_token_to_text(unit_arena(state), &TOKEN, &text));
    assert_ok(refresh_token_from_text(unit_arena(state), text, &back));
    assert_str(back.g, G);
    assert_int_equal(back.n, 3);
    assert_str(back.client_id, "mcp_a_x");
    assert_str(back.sub, "583231");
    assert_int_equal(back.exp, 99);
}

static void other_payloads_are_refused_rfc6749_5_2(void **state)
{
    static const char *const bad[] = {
        "",
        "{}",
        "{'g':'" G "','n':1,'client_id':'c','sub':'s'}",
        "{'g':'" G "','n':-1,'client_id':'c','sub':'s','exp':1}",
        "{'g':'" G "','n':'1','client_id':'c','sub':'s','exp':1}",
        "{'g':'0123','n':1,'client_id':'c','sub':'s','exp':1}",
        "{'g':'0123456789ABCDEF0123456789abcdef','n':1,'client_id':'c','sub':'s','exp':1}",
        "{'g':'" G "','n':1,'client_id':'','sub':'s','exp':1}",
        "{'g':'" G "','n':1,'client_id':'c','sub':'','exp':1}",
    };
    struct refresh_token token = {.n = 77};
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        assert_failure(refresh_token_from_text(unit_arena(state),
                                               servers_rig_json(unit_arena(state), bad[i]), &token),
                       FAIL_REFRESH_TOKEN_INVALID, bad[i]);
    assert_int_equal(token.n, 77);
}

/* Both must open each other's tokens during a rolling update. */
static void a_member_of_a_newer_release_is_ignored(void **state)
{
    struct refresh_token token;
    assert_ok(refresh_token_from_text(
        unit_arena(state),
        servers_rig_json(unit_arena(state),
                         "{'g':'" G "','n':1,'client_id':'c','sub':'s','exp':1,'new':[1]}"),
        &token));
}

static void a_refresh_token_is_told_by_its_prefix_rfc7009_2_1(void **state)
{
    (void)state;
    assert_true(refresh_token_is_one(STR("mcp_refresh__v1.AAAA")));
    assert_false(refresh_token_is_one(STR("mcp_refresh_v1.AAAA")));
    assert_false(refresh_token_is_one(STR("eyJhbGciOi")));
    assert_false(refresh_token_is_one(STR("")));
}

static void every_failed_allocation_is_reported(void **state)
{
    struct str text, whole;
    struct refresh_token back;
    assert_ok(refresh_token_to_text(unit_arena(state), &TOKEN, &whole));
    arena_fail_at(1);
    assert_failure(refresh_token_to_text(unit_arena(state), &TOKEN, &text), FAIL_LIMIT_REACHED,
                   "to_text");
    for (size_t n = 1; n <= 4; n++) {
        arena_fail_at(n);
        assert_failure(refresh_token_from_text(unit_arena(state), whole, &back), FAIL_LIMIT_REACHED,
                       "from_text");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_payload_survives_the_round),
        UNIT_TEST(other_payloads_are_refused_rfc6749_5_2),
        UNIT_TEST(a_member_of_a_newer_release_is_ignored),
        UNIT_TEST(a_refresh_token_is_told_by_its_prefix_rfc7009_2_1),
        UNIT_TEST(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
