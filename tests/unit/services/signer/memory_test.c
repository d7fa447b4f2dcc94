/* Running out of memory at any point answers once, leaks nothing and loses nothing: the same
 * request succeeds when it is repeated. */
#include "tests/unit/services/signer/signer_rig.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* More than any operation takes; a test that does not get beyond it says so. */
enum { TAKES_MAX = 400 };

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

static void an_exchange_can_be_repeated_whatever_failed(void **state)
{
    (void)state;
    size_t refusals = 0;
    for (size_t n = 1; n <= TAKES_MAX; n++) {
        const struct exchange_request request = signer_rig_exchange_request(
            signer_rig_create_code(&rig, arena_printf(rig.arena, "%032zx", n).at));
        rig.fail_at = n;
        bool is_refused = signer_rig_exchange(&rig, "1", &request).failure != OK;
        rig.fail_at = 0;
        refusals += is_refused;
        signer_rig_assert_fails(signer_rig_exchange(&rig, "1", &request), OK);
        if (n == TAKES_MAX)
            assert_false(is_refused);
    }
    assert_true(refusals > 20);
}

static void a_refresh_can_be_repeated_whatever_failed(void **state)
{
    (void)state;
    size_t refusals = 0;
    struct str token = signer_rig_issue(&rig).refresh_token;
    for (size_t n = 1; n <= TAKES_MAX; n++) {
        /* each round is another request: its id begins with another character */
        const char id[] = {(char)('0' + n % 64), '\0'};
        const struct refresh_request request = signer_rig_refresh_request(token);
        rig.fail_at = n;
        bool is_refused = signer_rig_refresh(&rig, id, &request).failure != OK;
        rig.fail_at = 0;
        refusals += is_refused;
        struct signer_rig_answer answer = signer_rig_refresh(&rig, id, &request);
        signer_rig_assert_fails(answer, OK);
        assert_int_equal(signer_rig_read_refresh(&rig, answer.token.refresh_token).n,
                         (int64_t)n + 1);
        token = answer.token.refresh_token;
    }
    assert_true(refusals > 20);
}

static void validation_and_revocation_answer_whatever_failed(void **state)
{
    (void)state;
    const struct token_reply tokens = signer_rig_issue(&rig);
    for (size_t n = 1; n <= TAKES_MAX; n++) {
        rig.fail_at = n;
        enum failure failure = signer_rig_validate(&rig, tokens.access_token).failure;
        rig.fail_at = 0;
        assert_int_not_equal(failure, FAIL_TOKEN_REVOKED);
        signer_rig_assert_fails(signer_rig_validate(&rig, tokens.access_token), OK);
    }
    for (size_t n = 1; n <= TAKES_MAX; n++) {
        rig.fail_at = n;
        (void)signer_rig_revoke(&rig, tokens.access_token);
        (void)signer_rig_revoke(&rig, tokens.refresh_token);
        (void)signer_rig_client_revoke(&rig, SIGNER_RIG_CLIENT, NULL, tokens.access_token);
        (void)signer_rig_client_revoke(&rig, SIGNER_RIG_CLIENT, NULL, tokens.refresh_token);
        rig.fail_at = 0;
    }
    signer_rig_assert_fails(signer_rig_validate(&rig, tokens.access_token), FAIL_TOKEN_REVOKED);
}

static enum failure introspect(struct str token)
{
    const struct introspect_request message = {
        .client.client_id = STR(SIGNER_RIG_CONFIDENTIAL),
        .client.method = STR("client_secret_post"),
        .client.secret = STR(SIGNER_RIG_SECRET),
        .token = token,
    };
    return signer_rig_call(&rig, "i", introspect_handle, &INTROSPECT_REPLY, &message,
                           sizeof(message))
        .failure;
}

static enum failure userinfo(struct str token)
{
    const struct userinfo_request message = {.token = token};
    return signer_rig_call(&rig, "u", userinfo_handle, &USERINFO_REPLY, &message, sizeof(message))
        .failure;
}

static enum failure verify(struct str token)
{
    const struct verify_request message = {
        .domain = STR("example.com"), .server = STR("tools"), .token = token};
    return signer_rig_call(&rig, "w", verify_handle, &VERIFY_REPLY, &message, sizeof(message))
        .failure;
}

/* No refusal of the token may come of a full arena: a client would throw its token away. */
static void assert_verdict_or_trouble(enum failure failure, enum failure verdict)
{
    if (failure != verdict)
        assert_int_equal(failure, FAIL_LIMIT_REACHED);
}

static void who_asks_about_a_token_is_answered_whatever_failed(void **state)
{
    (void)state;
    const struct token_reply tokens = signer_rig_issue(&rig);
    for (size_t n = 1; n <= TAKES_MAX; n++) {
        rig.fail_at = n;
        assert_verdict_or_trouble(introspect(tokens.access_token), OK);
        assert_verdict_or_trouble(introspect(tokens.refresh_token), OK);
        assert_verdict_or_trouble(userinfo(tokens.access_token), FAIL_SCOPE_INSUFFICIENT);
        assert_verdict_or_trouble(verify(tokens.access_token), OK);
        rig.fail_at = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_exchange_can_be_repeated_whatever_failed, reset),
        cmocka_unit_test_setup(a_refresh_can_be_repeated_whatever_failed, reset),
        cmocka_unit_test_setup(validation_and_revocation_answer_whatever_failed, reset),
        cmocka_unit_test_setup(who_asks_about_a_token_is_answered_whatever_failed, reset),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
