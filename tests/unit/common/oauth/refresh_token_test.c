#include "common/oauth/refresh_token.h"
#include "tests/unit/common/oauth/servers_rig.h"

#include <string.h>

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

static void the_outer_form_survives_the_round(void **state)
{
    struct refresh_token_envelope envelope;
    struct str text =
        refresh_token_wrap(unit_arena(state), STR("v-1_B"), STR("\x00\xff\x80 sealed"));
    assert_str(text, "mcp_refresh__v-1_B.AP-AIHNlYWxlZA");
    assert_ok(refresh_token_unwrap(unit_arena(state), text, &envelope));
    assert_str(envelope.version, "v-1_B");
    assert_str(envelope.associated, "mcp_refresh__v-1_B");
    assert_true(
        str_equals(envelope.associated, refresh_token_associate(unit_arena(state), STR("v-1_B"))));
    assert_int_equal(envelope.sealed.len, 10);
    assert_memory_equal(envelope.sealed.at, "\x00\xff\x80 sealed", 10);
    assert_true(refresh_token_is_one(text));
    assert_false(refresh_token_is_one(STR("eyJhbGciOi")));
}

static void a_missing_token_is_told_apart_rfc6749_6(void **state)
{
    struct refresh_token_envelope envelope;
    assert_failure(refresh_token_unwrap(unit_arena(state), STR_ABSENT, &envelope),
                   FAIL_REFRESH_TOKEN_MISSING, "absent");
    assert_failure(refresh_token_unwrap(unit_arena(state), STR(""), &envelope),
                   FAIL_REFRESH_TOKEN_MISSING, "empty");
}

static void other_texts_are_no_refresh_tokens_rfc6749_5_2(void **state)
{
    static const char *const bad[] = {
        "x",
        "mcp_refresh__",
        "mcp_refresh__v1",
        "mcp_refresh__v1.",
        "mcp_refresh__.AAAA",
        "mcp_refresh__v1.AAAA.AAAA",
        "mcp_refresh__v1.AAA=",
        "mcp_refresh__v1.A",
        "mcp_refresh__v1.AB",
        "mcp_refresh__v1.AA+A",
        "mcp_refresh__v 1.AAAA",
        "mcp_refresh__v/1.AAAA",
        "mcp_refresh__v1:AAAA", /* the original's form */
        "MCP_refresh__v1.AAAA",
        "mcp_refresh_v1.AAAA",
        " mcp_refresh__v1.AAAA",
        "mcp_refresh__v1.AAAA\n",
        "mcp_refresh__12345678901234567890123456789012345678901234567890123456789012345.AAAA",
    };
    struct refresh_token_envelope envelope = {.version = STR("untouched")};
    char longer[TOKEN_BYTES_MAX + 2];
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        assert_failure(refresh_token_unwrap(unit_arena(state), str_from_cstr(bad[i]), &envelope),
                       FAIL_REFRESH_TOKEN_INVALID, bad[i]);
    memset(longer, 'A', sizeof(longer));
    memcpy(longer, "mcp_refresh__v1.", 16);
    assert_failure(refresh_token_unwrap(unit_arena(state),
                                        str_from_bytes(longer, TOKEN_BYTES_MAX + 1), &envelope),
                   FAIL_REFRESH_TOKEN_INVALID, "too long");
    assert_str(envelope.version, "untouched");
    assert_ok(refresh_token_unwrap(unit_arena(state), str_from_bytes(longer, TOKEN_BYTES_MAX),
                                   &envelope));
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
    for (size_t n = 1; n <= 2; n++) {
        arena_fail_at(n);
        assert_absent(refresh_token_wrap(unit_arena(state), STR("v1"), STR("x")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_payload_survives_the_round),
        UNIT_TEST(other_payloads_are_refused_rfc6749_5_2),
        UNIT_TEST(a_member_of_a_newer_release_is_ignored),
        UNIT_TEST(the_outer_form_survives_the_round),
        UNIT_TEST(a_missing_token_is_told_apart_rfc6749_6),
        UNIT_TEST(other_texts_are_no_refresh_tokens_rfc6749_5_2),
        UNIT_TEST(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
