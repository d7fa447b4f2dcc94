/* POST /token, authorization_code: what is issued, and every refusal with its clause. */
#include "tests/unit/services/signer/signer_rig.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/limits.h"

#define CODE    "mcp:code:{" SIGNER_RIG_G "}"
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

static struct exchange_request good_request(void)
{
    return signer_rig_exchange_request(signer_rig_create_code(&rig, SIGNER_RIG_G));
}

/* The refusal changes nothing: the code is still good afterwards. */
static void assert_refused_and_not_consumed(const struct exchange_request *request,
                                            enum failure failure)
{
    struct exchange_request good = signer_rig_exchange_request(request->code);
    signer_rig_assert_fails(signer_rig_exchange(&rig, "1", request), failure);
    signer_rig_assert_redis(&rig, "0", "HEXISTS " CODE " used_by");
    signer_rig_assert_redis(&rig, "0", "EXISTS " REFRESH " " REVOKED);
    signer_rig_assert_fails(signer_rig_exchange(&rig, "2", &good), OK);
}

static void a_code_becomes_tokens_RFC_6749_5_1(void **state)
{
    (void)state;
    const struct exchange_request request = good_request();
    struct signer_rig_answer answer = signer_rig_exchange(&rig, "1", &request);
    signer_rig_assert_fails(answer, OK);
    signer_rig_assert_str(answer.token.token_type, "Bearer");
    signer_rig_assert_str(answer.token.scope, "mcp:example.com:tools email");
    assert_int_equal(answer.token.expires_in, ACCESS_TOKEN_TTL_S);
    assert_false(str_is_present(answer.token.id_token));

    const struct access_token access = signer_rig_read_access(&rig, answer.token.access_token);
    signer_rig_assert_str(access.iss, SIGNER_RIG_ISSUER);
    signer_rig_assert_str(access.sub, "583231");
    assert_int_equal(access.aud.len, 1);
    signer_rig_assert_str(access.aud.at[0], "mcp:example.com:tools");
    signer_rig_assert_str(access.client_id, SIGNER_RIG_CLIENT);
    signer_rig_assert_str(access.scope, "mcp:example.com:tools email");
    signer_rig_assert_str(access.jti, SIGNER_RIG_G ".1");
    signer_rig_assert_str(access.email, "octocat@example.com");
    signer_rig_assert_str(access.preferred_username, "octocat");
    assert_int_equal(access.exp, access.iat + ACCESS_TOKEN_TTL_S);
    assert_in_range(access.iat, clock_wall_s() - 2, clock_wall_s() + 2);

    const struct refresh_token refresh = signer_rig_read_refresh(&rig, answer.token.refresh_token);
    signer_rig_assert_str(refresh.g, SIGNER_RIG_G);
    signer_rig_assert_str(refresh.client_id, SIGNER_RIG_CLIENT);
    signer_rig_assert_str(refresh.sub, "583231");
    assert_int_equal(refresh.n, 1);
    assert_int_equal(refresh.exp, access.iat + REFRESH_TOKEN_TTL_S);
}

static void a_refresh_token_never_outlives_the_grant(void **state)
{
    (void)state;
    const struct exchange_request request = good_request();
    rig.config.grant_ttl_s = 1000;
    struct signer_rig_answer answer = signer_rig_exchange(&rig, "1", &request);
    signer_rig_assert_fails(answer, OK);
    const struct refresh_token refresh = signer_rig_read_refresh(&rig, answer.token.refresh_token);
    assert_in_range(refresh.exp, clock_wall_s() + 1000 - 30, clock_wall_s() + 1000 - 15);
}

static void the_client_index_and_audit_follow(void **state)
{
    (void)state;
    const struct exchange_request request = good_request();
    signer_rig_assert_fails(signer_rig_exchange(&rig, "1", &request), OK);
    signer_rig_assert_fails(signer_rig_validate(&rig, STR("x")), FAIL_TOKEN_INVALID);
    redis_rig_run_ms(rig.redis, 20);
    int64_t ttl_s;
    assert_true(
        str_to_i64(redis_rig_ask(rig.redis, "TTL mcp:client:{" SIGNER_RIG_CLIENT "}"), &ttl_s));
    assert_true(ttl_s > CLIENT_TTL_S - 10);
    signer_rig_assert_redis(&rig, SIGNER_RIG_G, "ZRANGE mcp:grants:{583231} 0 -1");
    assert_true(str_to_i64(redis_rig_ask(rig.redis, "TTL mcp:grants:{583231}"), &ttl_s));
    assert_true(ttl_s > REFRESH_TOKEN_TTL_S - 10);
    struct str audit = redis_rig_ask(rig.redis, "XREVRANGE mcp:audit + - COUNT 1");
    assert_non_null(memmem(audit.at, audit.len, "issue", 5));
    assert_null(memmem(audit.at, audit.len, "mcp_refresh__", 13));
}

static void a_server_with_a_resource_is_a_second_audience_RFC_8707(void **state)
{
    (void)state;
    struct code_record record = signer_rig_code();
    record.scope = STR("mcp:example.com:notes");
    struct exchange_request request =
        signer_rig_exchange_request(signer_rig_create_code_of(&rig, SIGNER_RIG_G, &record));
    struct str resource = STR("HTTPS://MCP.example.com/notes/");
    request.resource = (struct strs){&resource, 1};
    struct signer_rig_answer answer = signer_rig_exchange(&rig, "1", &request);
    signer_rig_assert_fails(answer, OK);
    const struct access_token access = signer_rig_read_access(&rig, answer.token.access_token);
    assert_int_equal(access.aud.len, 2);
    signer_rig_assert_str(access.aud.at[0], "mcp:example.com:notes");
    signer_rig_assert_str(access.aud.at[1], "https://mcp.example.com/notes");
    assert_false(str_is_present(access.email)); /* not granted */
}

static void the_same_request_gets_the_same_success_again(void **state)
{
    (void)state;
    const struct exchange_request request = good_request();
    struct signer_rig_answer first = signer_rig_exchange(&rig, "1", &request);
    signer_rig_assert_fails(first, OK);
    redis_rig_ask(rig.redis, "HSET " CODE " used_at %lld",
                  (long long)signer_rig_read_access(&rig, first.token.access_token).iat - 3);
    struct signer_rig_answer again = signer_rig_exchange(&rig, "1", &request);
    signer_rig_assert_fails(again, OK);
    const struct access_token a = signer_rig_read_access(&rig, first.token.access_token);
    const struct access_token b = signer_rig_read_access(&rig, again.token.access_token);
    signer_rig_assert_str(b.jti, SIGNER_RIG_G ".1");
    assert_int_equal(b.iat, a.iat - 3); /* from the record, not from the clock */
    assert_int_equal(signer_rig_read_refresh(&rig, again.token.refresh_token).n, 1);
    signer_rig_assert_redis(&rig, "0", "EXISTS " REVOKED);
}

static void a_code_is_redeemed_only_once_and_its_tokens_are_revoked_RFC_6749_4_1_2(void **state)
{
    (void)state;
    struct exchange_request request = good_request();
    struct signer_rig_answer first = signer_rig_exchange(&rig, "1", &request);
    signer_rig_assert_fails(first, OK);
    signer_rig_assert_fails(signer_rig_exchange(&rig, "2", &request), FAIL_CODE_REPLAYED);
    signer_rig_assert_fails(signer_rig_validate(&rig, first.token.access_token),
                            FAIL_TOKEN_REVOKED);
    const struct refresh_request refresh = signer_rig_refresh_request(first.token.refresh_token);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "3", &refresh), FAIL_REFRESH_TOKEN_INVALID);
    struct str audit = redis_rig_ask(rig.redis, "XREVRANGE mcp:audit + - COUNT 1");
    assert_non_null(memmem(audit.at, audit.len, "reuse", 5));
}

static void a_replay_is_one_also_without_verifier_and_redirect(void **state)
{
    (void)state;
    struct exchange_request request = good_request();
    signer_rig_assert_fails(signer_rig_exchange(&rig, "1", &request), OK);
    request.code_verifier = STR("another-verifier-another-verifier-another-v");
    request.redirect_uri = STR("http://localhost:1/");
    signer_rig_assert_fails(signer_rig_exchange(&rig, "2", &request), FAIL_CODE_REPLAYED);
    signer_rig_assert_redis(&rig, "0", "EXISTS " REFRESH);
}

static void a_stranger_cannot_revoke_by_replaying(void **state)
{
    (void)state;
    struct exchange_request request = good_request();
    struct signer_rig_answer first = signer_rig_exchange(&rig, "1", &request);
    struct exchange_request wrong = request;
    wrong.client.client_id = STR(SIGNER_RIG_CONFIGURED);
    signer_rig_assert_fails(signer_rig_exchange(&rig, "2", &wrong), FAIL_CODE_FOREIGN);
    wrong = request;
    wrong.code = arena_printf(rig.arena, "%s.%s", SIGNER_RIG_G,
                              "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    signer_rig_assert_fails(signer_rig_exchange(&rig, "3", &wrong), FAIL_CODE_UNKNOWN);
    signer_rig_assert_fails(signer_rig_validate(&rig, first.token.access_token), OK);
}

static void a_missing_code_is_refused_RFC_6749_4_1_3(void **state)
{
    (void)state;
    struct exchange_request request = good_request();
    struct str code = request.code;
    request.code = STR_ABSENT;
    signer_rig_assert_fails(signer_rig_exchange(&rig, "1", &request), FAIL_CODE_MISSING);
    request.code = STR("");
    signer_rig_assert_fails(signer_rig_exchange(&rig, "1", &request), FAIL_CODE_MISSING);
    request.code = code;
    request.client.client_id = STR_ABSENT;
    assert_refused_and_not_consumed(&request, FAIL_CLIENT_ID_MISSING);
}

static void an_unknown_or_malformed_code_is_refused_RFC_6749_5_2(void **state)
{
    (void)state;
    static const char *const CODES[] = {
        "nonsense",
        "0123456789abcdef0123456789abcdef",
        "ffffffffffffffffffffffffffffffff.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        SIGNER_RIG_G ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        SIGNER_RIG_G "}.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    for (size_t i = 0; i < sizeof(CODES) / sizeof(CODES[0]); i++) {
        signer_rig_reset(&rig);
        struct exchange_request request = good_request();
        struct str code = request.code;
        request.code = str_from_cstr(CODES[i]);
        signer_rig_assert_fails(signer_rig_exchange(&rig, "1", &request), FAIL_CODE_UNKNOWN);
        request.code = code;
        signer_rig_assert_fails(signer_rig_exchange(&rig, "2", &request), OK);
    }
}

static void an_expired_code_is_refused_RFC_6749_4_1_2(void **state)
{
    (void)state;
    const struct exchange_request request = good_request();
    redis_rig_ask(rig.redis, "DEL " CODE);
    signer_rig_assert_fails(signer_rig_exchange(&rig, "1", &request), FAIL_CODE_UNKNOWN);
}

static void an_unknown_client_is_told_to_register_again_RFC_6749_5_2(void **state)
{
    (void)state;
    struct exchange_request request = good_request();
    redis_rig_ask(rig.redis, "DEL mcp:client:{" SIGNER_RIG_CLIENT "}");
    struct signer_rig_answer answer = signer_rig_exchange(&rig, "1", &request);
    signer_rig_assert_fails(answer, FAIL_CLIENT_UNKNOWN);
    assert_int_equal(failure_row(answer.failure)->status, 401);
    assert_string_equal(failure_row(answer.failure)->error, "invalid_client");
    /* before anything is said about the code */
    request.code = STR("nonsense");
    signer_rig_assert_fails(signer_rig_exchange(&rig, "1", &request), FAIL_CLIENT_UNKNOWN);
    request.client.client_id = STR("with\nnewline");
    signer_rig_assert_fails(signer_rig_exchange(&rig, "1", &request), FAIL_CLIENT_UNKNOWN);
}

static void a_foreign_clients_code_is_refused_RFC_6749_4_1_3(void **state)
{
    (void)state;
    struct exchange_request request = good_request();
    request.client.client_id = STR(SIGNER_RIG_CONFIGURED);
    assert_refused_and_not_consumed(&request, FAIL_CODE_FOREIGN);
}

static void a_confidential_client_must_authenticate_RFC_6749_3_2_1(void **state)
{
    (void)state;
    static const struct {
        const char *method, *secret;
        enum failure failure;
    } CASES[] = {
        {"none", NULL, FAIL_CLIENT_AUTHENTICATION_FAILED},
        {"client_secret_post", "wrong", FAIL_CLIENT_AUTHENTICATION_FAILED},
        {"client_secret_basic", "", FAIL_CLIENT_AUTHENTICATION_FAILED},
        {"client_secret_basic", SIGNER_RIG_SECRET, OK}, /* post and basic are the same to us */
    };
    struct code_record record = signer_rig_code();
    record.client_id = STR(SIGNER_RIG_CONFIDENTIAL);
    struct exchange_request request =
        signer_rig_exchange_request(signer_rig_create_code_of(&rig, SIGNER_RIG_G, &record));
    request.client.client_id = record.client_id;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        request.client.method = str_from_cstr(CASES[i].method);
        request.client.secret = str_from_cstr(CASES[i].secret);
        signer_rig_assert_fails(signer_rig_exchange(&rig, "1", &request), CASES[i].failure);
    }
}

static void a_configured_client_needs_no_registration(void **state)
{
    (void)state;
    struct code_record record = signer_rig_code();
    record.client_id = STR(SIGNER_RIG_CONFIGURED);
    struct exchange_request request =
        signer_rig_exchange_request(signer_rig_create_code_of(&rig, SIGNER_RIG_G, &record));
    request.client.client_id = record.client_id;
    signer_rig_assert_fails(signer_rig_exchange(&rig, "1", &request), OK);
}

static void another_redirect_uri_is_refused_RFC_6749_4_1_3(void **state)
{
    (void)state;
    struct exchange_request request = good_request();
    request.redirect_uri = STR("http://localhost:33419/callback"); /* the port counts here */
    assert_refused_and_not_consumed(&request, FAIL_REDIRECT_URI_MISMATCH);
}

static void a_redirect_uri_may_be_absent(void **state)
{
    (void)state;
    struct exchange_request request = good_request();
    request.redirect_uri = STR_ABSENT;
    signer_rig_assert_fails(signer_rig_exchange(&rig, "1", &request), OK);
}

static void a_missing_verifier_is_refused_RFC_7636_4_5(void **state)
{
    (void)state;
    struct exchange_request request = good_request();
    request.code_verifier = STR_ABSENT;
    assert_refused_and_not_consumed(&request, FAIL_CODE_VERIFIER_MISSING);
}

static void a_short_verifier_is_refused_RFC_7636_4_1(void **state)
{
    (void)state;
    struct exchange_request request = good_request();
    request.code_verifier = STR("short");
    assert_refused_and_not_consumed(&request, FAIL_CODE_VERIFIER_MALFORMED);
}

static void a_wrong_verifier_is_refused_RFC_7636_4_6(void **state)
{
    (void)state;
    struct exchange_request request = good_request();
    request.code_verifier = STR("another-verifier-another-verifier-another-v");
    assert_refused_and_not_consumed(&request, FAIL_CODE_VERIFIER_MISMATCH);
}

static void the_challenge_itself_is_no_verifier_RFC_7636_4_6(void **state)
{
    (void)state;
    struct exchange_request request = good_request();
    request.code_verifier = STR(SIGNER_RIG_CHALLENGE); /* "plain" */
    assert_refused_and_not_consumed(&request, FAIL_CODE_VERIFIER_MISMATCH);
}

static void a_malformed_or_foreign_resource_is_refused_RFC_8707_2(void **state)
{
    (void)state;
    static const struct {
        const char *resource;
        enum failure failure;
    } CASES[] = {
        {"not a uri", FAIL_RESOURCE_MALFORMED},
        {"https://mcp.example.com/notes#x", FAIL_RESOURCE_MALFORMED},
        {"https://mcp.example.com/notes", FAIL_RESOURCE_FOREIGN}, /* another server's */
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        signer_rig_reset(&rig);
        struct exchange_request request = good_request();
        struct str resource = str_from_cstr(CASES[i].resource);
        request.resource = (struct strs){&resource, 1};
        assert_refused_and_not_consumed(&request, CASES[i].failure);
    }
}

static void an_unconfigured_resource_is_accepted_and_ignored(void **state)
{
    (void)state;
    struct exchange_request request = good_request();
    struct str resource = STR("https://anything.example.org/mcp");
    request.resource = (struct strs){&resource, 1};
    struct signer_rig_answer answer = signer_rig_exchange(&rig, "1", &request);
    signer_rig_assert_fails(answer, OK);
    assert_int_equal(signer_rig_read_access(&rig, answer.token.access_token).aud.len, 1);
}

static void an_unknown_server_is_503_while_the_file_is_young_and_invalid_grant_after(void **state)
{
    (void)state;
    static const char WITHOUT[] =
        "{\"servers\":{\"example.com\":{\"notes\":{\"name\":\"Notes\",\"description\":\"\","
        "\"allowed_users\":[\"octocat\"]}}}}";
    struct code_record record = signer_rig_code();
    record.created_at = clock_wall_s() - 190;
    struct exchange_request request =
        signer_rig_exchange_request(signer_rig_create_code_of(&rig, SIGNER_RIG_G, &record));
    signer_rig_write_servers(&rig, WITHOUT, 60);
    signer_rig_assert_fails(signer_rig_exchange(&rig, "1", &request), FAIL_CONFIGURATION_BEHIND);
    signer_rig_write_servers(&rig, WITHOUT, 181);
    signer_rig_assert_fails(signer_rig_exchange(&rig, "1", &request), FAIL_SERVER_REMOVED);
    signer_rig_write_servers(&rig, SIGNER_RIG_SERVERS, 0);
    signer_rig_assert_fails(signer_rig_exchange(&rig, "1", &request), OK);
}

static void a_file_that_is_older_than_the_code_may_not_know_its_server_yet(void **state)
{
    (void)state;
    static const char WITHOUT[] =
        "{\"servers\":{\"example.com\":{\"notes\":{\"name\":\"Notes\",\"description\":\"\","
        "\"allowed_users\":[\"octocat\"]}}}}";
    struct exchange_request request = good_request();
    signer_rig_write_servers(&rig, WITHOUT, 3600);
    signer_rig_assert_fails(signer_rig_exchange(&rig, "1", &request), FAIL_CONFIGURATION_BEHIND);
    signer_rig_write_servers(&rig, SIGNER_RIG_SERVERS, 0);
    signer_rig_assert_fails(signer_rig_exchange(&rig, "1", &request), OK);
}

static void a_store_that_is_away_is_503_and_consumes_nothing(void **state)
{
    (void)state;
    struct exchange_request request = good_request();
    redis_rig_pause(rig.redis);
    struct signer_rig_answer answer = signer_rig_exchange(&rig, "1", &request);
    redis_rig_resume(rig.redis);
    signer_rig_assert_fails(answer, FAIL_STORE_UNAVAILABLE);
    assert_int_equal(failure_row(answer.failure)->status, 503);
    redis_rig_await_ready(rig.redis, rig.store, true);
    signer_rig_assert_fails(signer_rig_exchange(&rig, "2", &request), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_code_becomes_tokens_RFC_6749_5_1, reset),
        cmocka_unit_test_setup(a_refresh_token_never_outlives_the_grant, reset),
        cmocka_unit_test_setup(the_client_index_and_audit_follow, reset),
        cmocka_unit_test_setup(a_server_with_a_resource_is_a_second_audience_RFC_8707, reset),
        cmocka_unit_test_setup(the_same_request_gets_the_same_success_again, reset),
        cmocka_unit_test_setup(
            a_code_is_redeemed_only_once_and_its_tokens_are_revoked_RFC_6749_4_1_2, reset),
        cmocka_unit_test_setup(a_replay_is_one_also_without_verifier_and_redirect, reset),
        cmocka_unit_test_setup(a_stranger_cannot_revoke_by_replaying, reset),
        cmocka_unit_test_setup(a_missing_code_is_refused_RFC_6749_4_1_3, reset),
        cmocka_unit_test_setup(an_unknown_or_malformed_code_is_refused_RFC_6749_5_2, reset),
        cmocka_unit_test_setup(an_expired_code_is_refused_RFC_6749_4_1_2, reset),
        cmocka_unit_test_setup(an_unknown_client_is_told_to_register_again_RFC_6749_5_2, reset),
        cmocka_unit_test_setup(a_foreign_clients_code_is_refused_RFC_6749_4_1_3, reset),
        cmocka_unit_test_setup(a_confidential_client_must_authenticate_RFC_6749_3_2_1, reset),
        cmocka_unit_test_setup(a_configured_client_needs_no_registration, reset),
        cmocka_unit_test_setup(another_redirect_uri_is_refused_RFC_6749_4_1_3, reset),
        cmocka_unit_test_setup(a_redirect_uri_may_be_absent, reset),
        cmocka_unit_test_setup(a_missing_verifier_is_refused_RFC_7636_4_5, reset),
        cmocka_unit_test_setup(a_short_verifier_is_refused_RFC_7636_4_1, reset),
        cmocka_unit_test_setup(a_wrong_verifier_is_refused_RFC_7636_4_6, reset),
        cmocka_unit_test_setup(the_challenge_itself_is_no_verifier_RFC_7636_4_6, reset),
        cmocka_unit_test_setup(a_malformed_or_foreign_resource_is_refused_RFC_8707_2, reset),
        cmocka_unit_test_setup(an_unconfigured_resource_is_accepted_and_ignored, reset),
        cmocka_unit_test_setup(
            an_unknown_server_is_503_while_the_file_is_young_and_invalid_grant_after, reset),
        cmocka_unit_test_setup(a_file_that_is_older_than_the_code_may_not_know_its_server_yet,
                               reset),
        cmocka_unit_test_setup(a_store_that_is_away_is_503_and_consumes_nothing, reset),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
