/* POST /token, refresh_token: rotation, reuse, the access list, and every refusal with its clause.
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

static struct refresh_request good_request(void)
{
    return signer_rig_refresh_request(signer_rig_issue(&rig).refresh_token);
}

/* The refusal changes nothing: the token is still good afterwards. */
static void assert_refused_and_not_rotated(const struct refresh_request *request,
                                           enum failure failure)
{
    struct refresh_request good = signer_rig_refresh_request(request->refresh_token);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "1", request), failure);
    signer_rig_assert_redis(&rig, "1", "HGET " REFRESH " n");
    signer_rig_assert_redis(&rig, "0", "EXISTS " REVOKED);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "2", &good), OK);
}

static void a_refresh_token_is_rotated_RFC_9700_4_14_2(void **state)
{
    (void)state;
    const struct refresh_request request = good_request();
    struct signer_rig_answer answer = signer_rig_refresh(&rig, "1", &request);
    signer_rig_assert_fails(answer, OK);
    signer_rig_assert_str(answer.token.token_type, "Bearer");
    signer_rig_assert_str(answer.token.scope, "mcp:example.com:tools email");
    const struct access_token access = signer_rig_read_access(&rig, answer.token.access_token);
    signer_rig_assert_str(access.jti, SIGNER_RIG_G ".2");
    signer_rig_assert_str(access.sub, "583231");
    signer_rig_assert_str(access.email, "octocat@example.com");
    signer_rig_assert_str(access.preferred_username, "octocat");
    const struct refresh_token refresh = signer_rig_read_refresh(&rig, answer.token.refresh_token);
    assert_int_equal(refresh.n, 2);
    assert_int_equal(refresh.exp, access.iat + REFRESH_TOKEN_TTL_S);
    const struct refresh_request next = signer_rig_refresh_request(answer.token.refresh_token);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "2", &next), OK);
}

static void rotation_ends_with_the_grant(void **state)
{
    (void)state;
    const struct refresh_request request = good_request();
    rig.config.grant_ttl_s = 100;
    struct signer_rig_answer answer = signer_rig_refresh(&rig, "1", &request);
    signer_rig_assert_fails(answer, OK);
    const struct refresh_token refresh = signer_rig_read_refresh(&rig, answer.token.refresh_token);
    assert_in_range(refresh.exp, clock_wall_s() + 70, clock_wall_s() + 85);
    const struct refresh_request next = signer_rig_refresh_request(answer.token.refresh_token);
    rig.config.grant_ttl_s = 10; /* shortened by the operator */
    signer_rig_assert_fails(signer_rig_refresh(&rig, "2", &next), FAIL_REFRESH_TOKEN_INVALID);
}

static void the_same_request_gets_the_same_success_again(void **state)
{
    (void)state;
    const struct refresh_request request = good_request();
    rig.config.refresh_grace_s = 0;
    struct signer_rig_answer first = signer_rig_refresh(&rig, "1", &request);
    struct signer_rig_answer again = signer_rig_refresh(&rig, "1", &request);
    signer_rig_assert_fails(first, OK);
    signer_rig_assert_fails(again, OK);
    const struct access_token a = signer_rig_read_access(&rig, first.token.access_token);
    const struct access_token b = signer_rig_read_access(&rig, again.token.access_token);
    assert_true(str_equals(a.jti, b.jti));
    assert_int_equal(a.iat, b.iat);
    assert_int_equal(signer_rig_read_refresh(&rig, first.token.refresh_token).exp,
                     signer_rig_read_refresh(&rig, again.token.refresh_token).exp);
}

static void within_the_grace_a_lost_answer_is_given_again(void **state)
{
    (void)state;
    const struct refresh_request request = good_request();
    struct signer_rig_answer first = signer_rig_refresh(&rig, "1", &request);
    struct signer_rig_answer again = signer_rig_refresh(&rig, "2", &request);
    signer_rig_assert_fails(first, OK);
    signer_rig_assert_fails(again, OK);
    assert_int_equal(signer_rig_read_refresh(&rig, again.token.refresh_token).n, 2);
    signer_rig_assert_str(signer_rig_read_access(&rig, again.token.access_token).jti,
                          SIGNER_RIG_G ".3");
    /* either text of the successor is good */
    const struct refresh_request next = signer_rig_refresh_request(first.token.refresh_token);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "3", &next), OK);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "4", &request), FAIL_REFRESH_TOKEN_SUPERSEDED);
    signer_rig_assert_fails(signer_rig_validate(&rig, again.token.access_token), OK);
}

static void after_the_grace_reuse_revokes_everything_RFC_9700_4_14_2(void **state)
{
    (void)state;
    const struct refresh_request request = good_request();
    rig.config.refresh_grace_s = 0;
    struct signer_rig_answer first = signer_rig_refresh(&rig, "1", &request);
    signer_rig_assert_fails(first, OK);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "2", &request), FAIL_REFRESH_TOKEN_REPLAYED);
    signer_rig_assert_fails(signer_rig_validate(&rig, first.token.access_token),
                            FAIL_TOKEN_REVOKED);
    const struct refresh_request next = signer_rig_refresh_request(first.token.refresh_token);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "3", &next), FAIL_REFRESH_TOKEN_INVALID);
    struct str audit = redis_rig_ask(rig.redis, "XREVRANGE mcp:audit + - COUNT 1");
    assert_non_null(memmem(audit.at, audit.len, "reuse", 5));
    signer_rig_assert_redis(&rig, "0", "EXISTS mcp:grants:{583231}");
}

static void a_lost_write_is_adopted_and_audited(void **state)
{
    (void)state;
    const struct refresh_request request = good_request();
    struct signer_rig_answer first = signer_rig_refresh(&rig, "1", &request);
    signer_rig_assert_fails(first, OK);
    redis_rig_ask(rig.redis, "HSET " REFRESH " n 1 m 1");
    const struct refresh_request next = signer_rig_refresh_request(first.token.refresh_token);
    struct signer_rig_answer answer = signer_rig_refresh(&rig, "2", &next);
    signer_rig_assert_fails(answer, OK);
    assert_int_equal(signer_rig_read_refresh(&rig, answer.token.refresh_token).n, 3);
    struct str audit = redis_rig_ask(rig.redis, "XREVRANGE mcp:audit + - COUNT 2");
    assert_non_null(memmem(audit.at, audit.len, "failover", 8));
}

static void a_missing_token_is_refused_RFC_6749_6(void **state)
{
    (void)state;
    struct refresh_request request = good_request();
    request.refresh_token = STR("");
    signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &request), FAIL_REFRESH_TOKEN_MISSING);
}

static void what_is_no_refresh_token_is_refused_RFC_6749_5_2(void **state)
{
    (void)state;
    const struct token_reply issued = signer_rig_issue(&rig);
    struct str spoilt = arena_dup(rig.arena, issued.refresh_token);
    char *last = (char *)(uintptr_t)&spoilt.at[spoilt.len - 3];
    *last = *last == 'A' ? 'B' : 'A';
    const struct str tokens[] = {STR("nonsense"), STR("mcp_refresh__v1.AAAA"), spoilt,
                                 issued.access_token};
    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        const struct refresh_request request = signer_rig_refresh_request(tokens[i]);
        signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &request),
                                FAIL_REFRESH_TOKEN_INVALID);
    }
    signer_rig_assert_redis(&rig, "1", "HGET " REFRESH " n");
}

static void a_key_version_newer_than_any_known_is_503(void **state)
{
    (void)state;
    struct str text = good_request().refresh_token, before, behind;
    assert_true(str_cut(text, '.', &before, &behind));
    const struct refresh_request request = signer_rig_refresh_request(
        arena_printf(rig.arena, "mcp_refresh__v9.%.*s", STR_ARGS(behind)));
    struct signer_rig_answer answer = signer_rig_refresh(&rig, "1", &request);
    signer_rig_assert_fails(answer, FAIL_CONFIGURATION_BEHIND);
    assert_int_equal(failure_row(answer.failure)->status, 503);
}

static void an_expired_token_is_refused_RFC_6749_5_2(void **state)
{
    (void)state;
    struct refresh_request request = good_request();
    struct refresh_token token = signer_rig_read_refresh(&rig, request.refresh_token);
    token.exp = clock_wall_s() - 1;
    request.refresh_token = signer_rig_seal(&rig, &token);
    assert_int_equal(signer_rig_refresh(&rig, "1", &request).failure, FAIL_REFRESH_TOKEN_INVALID);
    signer_rig_assert_redis(&rig, "1", "HGET " REFRESH " n");
}

static void a_grant_that_is_gone_is_invalid_RFC_6749_5_2(void **state)
{
    (void)state;
    const struct refresh_request request = good_request();
    redis_rig_ask(rig.redis, "DEL " REFRESH);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &request), FAIL_REFRESH_TOKEN_INVALID);
}

static void an_unknown_client_is_told_to_register_again_RFC_6749_5_2(void **state)
{
    (void)state;
    struct refresh_request request = good_request();
    redis_rig_ask(rig.redis, "DEL mcp:client:{" SIGNER_RIG_CLIENT "}");
    signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &request), FAIL_CLIENT_UNKNOWN);
    request.refresh_token = STR("nonsense"); /* also then, so that it does not try for ever */
    signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &request), FAIL_CLIENT_UNKNOWN);
}

static void a_foreign_clients_token_is_refused_and_revokes_nothing_RFC_6749_6(void **state)
{
    (void)state;
    struct refresh_request request = good_request();
    request.client.client_id = STR(SIGNER_RIG_CONFIGURED);
    assert_refused_and_not_rotated(&request, FAIL_REFRESH_TOKEN_FOREIGN);
}

static void a_confidential_client_must_authenticate_RFC_6749_6(void **state)
{
    (void)state;
    struct code_record record = signer_rig_code();
    record.client_id = STR(SIGNER_RIG_CONFIDENTIAL);
    struct exchange_request exchange =
        signer_rig_exchange_request(signer_rig_create_code_of(&rig, SIGNER_RIG_G, &record));
    exchange.client.client_id = record.client_id;
    exchange.client.method = STR("client_secret_basic");
    exchange.client.secret = STR(SIGNER_RIG_SECRET);
    struct signer_rig_answer issued = signer_rig_exchange(&rig, "0", &exchange);
    signer_rig_assert_fails(issued, OK);
    struct refresh_request request = signer_rig_refresh_request(issued.token.refresh_token);
    request.client.client_id = record.client_id;
    signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &request),
                            FAIL_CLIENT_AUTHENTICATION_FAILED);
    request.client.method = STR("client_secret_post");
    request.client.secret = STR("wrong");
    signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &request),
                            FAIL_CLIENT_AUTHENTICATION_FAILED);
    signer_rig_assert_redis(&rig, "1", "HGET " REFRESH " n");
    request.client.secret = STR(SIGNER_RIG_SECRET);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &request), OK);
}

static void scope_may_be_narrowed_for_this_access_token_only_RFC_6749_6(void **state)
{
    (void)state;
    struct refresh_request request = good_request();
    request.scope = STR("mcp:example.com:tools");
    struct signer_rig_answer narrow = signer_rig_refresh(&rig, "1", &request);
    signer_rig_assert_fails(narrow, OK);
    signer_rig_assert_str(narrow.token.scope, "mcp:example.com:tools");
    assert_false(str_is_present(signer_rig_read_access(&rig, narrow.token.access_token).email));
    request = signer_rig_refresh_request(narrow.token.refresh_token);
    struct signer_rig_answer wide = signer_rig_refresh(&rig, "2", &request);
    signer_rig_assert_fails(wide, OK);
    signer_rig_assert_str(wide.token.scope, "mcp:example.com:tools email");
}

static void scope_is_never_widened_RFC_6749_6(void **state)
{
    (void)state;
    struct refresh_request request = good_request();
    request.scope = STR("mcp:example.com:notes");
    assert_refused_and_not_rotated(&request, FAIL_SCOPE_EXCEEDS_GRANT);
    signer_rig_reset(&rig);
    request = good_request();
    request.scope = STR("mcp:example.com:tools email openid");
    struct signer_rig_answer answer = signer_rig_refresh(&rig, "1", &request);
    signer_rig_assert_fails(answer, OK);
    signer_rig_assert_str(answer.token.scope, "mcp:example.com:tools email");
}

static void a_foreign_resource_is_refused_RFC_8707_2(void **state)
{
    (void)state;
    struct refresh_request request = good_request();
    struct str resource = STR("https://mcp.example.com/notes");
    request.resource = (struct strs){&resource, 1};
    assert_refused_and_not_rotated(&request, FAIL_RESOURCE_FOREIGN);
}

static const char WITHOUT_OCTOCAT[] =
    "{\"servers\":{\"example.com\":{\"tools\":{\"name\":\"Tools\",\"description\":\"\","
    "\"allowed_users\":[\"hubot\"]}}}}";

static void a_removed_user_is_blocked_but_the_grant_stays(void **state)
{
    (void)state;
    const struct refresh_request request = good_request();
    signer_rig_write_servers(&rig, WITHOUT_OCTOCAT, 0);
    struct signer_rig_answer answer = signer_rig_refresh(&rig, "1", &request);
    signer_rig_assert_fails(answer, FAIL_USER_NO_LONGER_ALLOWED);
    assert_string_equal(failure_row(answer.failure)->error, "invalid_grant");
    signer_rig_assert_redis(&rig, "1", "HGET " REFRESH " n");
    signer_rig_assert_redis(&rig, "0", "EXISTS " REVOKED);
    struct str audit = redis_rig_ask(rig.redis, "XREVRANGE mcp:audit + - COUNT 1");
    assert_non_null(memmem(audit.at, audit.len, "denial", 6));
    signer_rig_write_servers(&rig, SIGNER_RIG_SERVERS, 0);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "2", &request), OK);
}

static void a_user_admitted_by_membership_signs_in_again_after_a_day(void **state)
{
    (void)state;
    static const struct {
        const char *login, *rule;
        int64_t signed_in_ago_s;
        enum failure failure;
    } CASES[] = {
        {"member", "org:my-org", SERVERS_REAUTHENTICATE_AFTER_S - 30, OK},
        {"member", "org:my-org", SERVERS_REAUTHENTICATE_AFTER_S + 30,
         FAIL_REAUTHENTICATION_REQUIRED},
        {"octocat", "user:octocat", SERVERS_REAUTHENTICATE_AFTER_S + 30, OK},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        signer_rig_reset(&rig);
        struct code_record record = signer_rig_code();
        record.user_id = STR("99");
        record.login = str_from_cstr(CASES[i].login);
        record.rule = str_from_cstr(CASES[i].rule);
        record.signed_in_at = clock_wall_s() - CASES[i].signed_in_ago_s;
        struct exchange_request exchange =
            signer_rig_exchange_request(signer_rig_create_code_of(&rig, SIGNER_RIG_G, &record));
        struct signer_rig_answer issued = signer_rig_exchange(&rig, "0", &exchange);
        signer_rig_assert_fails(issued, OK);
        const struct refresh_request request =
            signer_rig_refresh_request(issued.token.refresh_token);
        signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &request), CASES[i].failure);
    }
}

/* A good request of a grant whose person signed in so long ago. */
static struct refresh_request request_of_sign_in(int64_t ago_s)
{
    struct code_record record = signer_rig_code();
    record.signed_in_at = clock_wall_s() - ago_s;
    struct exchange_request exchange =
        signer_rig_exchange_request(signer_rig_create_code_of(&rig, SIGNER_RIG_G, &record));
    struct signer_rig_answer issued = signer_rig_exchange(&rig, "0", &exchange);
    signer_rig_assert_fails(issued, OK);
    return signer_rig_refresh_request(issued.token.refresh_token);
}

static void an_unknown_server_is_503_while_the_file_is_young_and_invalid_grant_after(void **state)
{
    (void)state;
    static const char WITHOUT[] =
        "{\"servers\":{\"example.com\":{\"notes\":{\"name\":\"Notes\",\"description\":\"\","
        "\"allowed_users\":[\"octocat\"]}}}}";
    const struct refresh_request request = request_of_sign_in(190);
    signer_rig_write_servers(&rig, WITHOUT, 0);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &request), FAIL_CONFIGURATION_BEHIND);
    signer_rig_write_servers(&rig, WITHOUT, 181);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &request), FAIL_SERVER_REMOVED);
    signer_rig_write_servers(&rig, SIGNER_RIG_SERVERS, 0);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &request), OK);
}

static void a_file_that_is_older_than_the_sign_in_refuses_nobody_yet(void **state)
{
    (void)state;
    static const char *const FILES[] = {
        /* without the server, and without the person */
        "{\"servers\":{\"example.com\":{\"notes\":{\"name\":\"Notes\",\"description\":\"\","
        "\"allowed_users\":[\"octocat\"]}}}}",
        "{\"servers\":{\"example.com\":{\"tools\":{\"name\":\"Tools\",\"description\":\"\","
        "\"allowed_users\":[\"monalisa\"]}}}}",
    };
    static const enum failure REFUSALS[] = {FAIL_SERVER_REMOVED, FAIL_USER_NO_LONGER_ALLOWED};
    for (size_t i = 0; i < sizeof(FILES) / sizeof(FILES[0]); i++) {
        signer_rig_reset(&rig);
        const struct refresh_request request = request_of_sign_in(20);
        signer_rig_write_servers(&rig, FILES[i], 3600);
        signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &request), FAIL_CONFIGURATION_BEHIND);
        signer_rig_write_servers(&rig, SIGNER_RIG_SERVERS, 0);
        signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &request), OK);
        signer_rig_reset(&rig);
        const struct refresh_request older = request_of_sign_in(190);
        signer_rig_write_servers(&rig, FILES[i], 3600);
        signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &older), REFUSALS[i]);
    }
}

static void a_broken_servers_file_changes_nothing(void **state)
{
    (void)state;
    const struct refresh_request request = good_request();
    signer_rig_write_servers(&rig, "{\"servers\":{}}", 0);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &request), OK);
}

static void what_a_user_was_granted_before_a_not_before_time_is_invalid(void **state)
{
    (void)state;
    const struct refresh_request request = good_request();
    redis_rig_ask(rig.redis, "SET mcp:revoked:{583231} %lld", (long long)clock_wall_s());
    signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &request), FAIL_REFRESH_TOKEN_INVALID);
    redis_rig_ask(rig.redis, "SET mcp:revoked:{583231} %lld", (long long)clock_wall_s() - 1000);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "1", &request), OK);
}

static void a_store_that_is_away_is_503_and_rotates_nothing(void **state)
{
    (void)state;
    const struct refresh_request request = good_request();
    redis_rig_pause(rig.redis);
    struct signer_rig_answer answer = signer_rig_refresh(&rig, "1", &request);
    redis_rig_resume(rig.redis);
    signer_rig_assert_fails(answer, FAIL_STORE_UNAVAILABLE);
    redis_rig_await_ready(rig.redis, rig.store, true);
    signer_rig_assert_fails(signer_rig_refresh(&rig, "2", &request), OK);
}

static void keys_of_the_ring_open_what_older_ones_sealed(void **state)
{
    (void)state;
    const struct refresh_request request = good_request();
    struct str key = rig.config.keys.refresh_encryption_key.text;
    rig.config.keys.refresh_encryption_key.text =
        STR("Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=,"
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    signer_rig_reopen(&rig);
    struct signer_rig_answer answer = signer_rig_refresh(&rig, "1", &request);
    rig.config.keys.refresh_encryption_key.text = key;
    signer_rig_assert_fails(answer, OK);
    assert_true(str_starts_with(answer.token.refresh_token, STR("mcp_refresh__v2.")));
    signer_rig_reopen(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_refresh_token_is_rotated_RFC_9700_4_14_2, reset),
        cmocka_unit_test_setup(rotation_ends_with_the_grant, reset),
        cmocka_unit_test_setup(the_same_request_gets_the_same_success_again, reset),
        cmocka_unit_test_setup(within_the_grace_a_lost_answer_is_given_again, reset),
        cmocka_unit_test_setup(after_the_grace_reuse_revokes_everything_RFC_9700_4_14_2, reset),
        cmocka_unit_test_setup(a_lost_write_is_adopted_and_audited, reset),
        cmocka_unit_test_setup(a_missing_token_is_refused_RFC_6749_6, reset),
        cmocka_unit_test_setup(what_is_no_refresh_token_is_refused_RFC_6749_5_2, reset),
        cmocka_unit_test_setup(a_key_version_newer_than_any_known_is_503, reset),
        cmocka_unit_test_setup(an_expired_token_is_refused_RFC_6749_5_2, reset),
        cmocka_unit_test_setup(a_grant_that_is_gone_is_invalid_RFC_6749_5_2, reset),
        cmocka_unit_test_setup(an_unknown_client_is_told_to_register_again_RFC_6749_5_2, reset),
        cmocka_unit_test_setup(a_foreign_clients_token_is_refused_and_revokes_nothing_RFC_6749_6,
                               reset),
        cmocka_unit_test_setup(a_confidential_client_must_authenticate_RFC_6749_6, reset),
        cmocka_unit_test_setup(scope_may_be_narrowed_for_this_access_token_only_RFC_6749_6, reset),
        cmocka_unit_test_setup(scope_is_never_widened_RFC_6749_6, reset),
        cmocka_unit_test_setup(a_foreign_resource_is_refused_RFC_8707_2, reset),
        cmocka_unit_test_setup(a_removed_user_is_blocked_but_the_grant_stays, reset),
        cmocka_unit_test_setup(a_user_admitted_by_membership_signs_in_again_after_a_day, reset),
        cmocka_unit_test_setup(
            an_unknown_server_is_503_while_the_file_is_young_and_invalid_grant_after, reset),
        cmocka_unit_test_setup(a_file_that_is_older_than_the_sign_in_refuses_nobody_yet, reset),
        cmocka_unit_test_setup(a_broken_servers_file_changes_nothing, reset),
        cmocka_unit_test_setup(what_a_user_was_granted_before_a_not_before_time_is_invalid, reset),
        cmocka_unit_test_setup(a_store_that_is_away_is_503_and_rotates_nothing, reset),
        cmocka_unit_test_setup(keys_of_the_ring_open_what_older_ones_sealed, reset),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
