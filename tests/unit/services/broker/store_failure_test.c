/* Whichever command to Redis fails, executed or not, alone or with all that follow: the operation
 * answers store_unavailable or what it would have answered, and the same request again leads on,
 * to the same code. GitHub takes each of its codes once, so a callback that lost Redis after it may
 * send the person through GitHub once more, and no more than that. */
#include "tests/unit/common/store/store_failure.h"
#include "tests/unit/services/broker/broker_rig.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Consent for it is remembered. */
#define HTTPS_REDIRECT STR("https://app.example.com/cb")

static struct broker_rig rig;

static int setup(void **state)
{
    (void)state;
    broker_rig_start(&rig);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    broker_rig_stop(&rig);
    return 0;
}

static void assert_fails(struct broker_rig_answer answer, enum failure expected)
{
    if (answer.failure != expected)
        fail_msg("%s instead of %s", failure_row(answer.failure)->name,
                 failure_row(expected)->name);
}

static void assert_clean(const struct store_failure *failure, struct broker_rig_answer answer)
{
    if (!failure->has_happened || answer.failure != FAIL_STORE_UNAVAILABLE)
        assert_fails(answer, OK);
}

static bool is_to_github(struct broker_rig_answer answer)
{
    return answer.failure == OK &&
           str_starts_with(answer.reply.location, STR("https://github.example/"));
}

static bool is_outcome(struct broker_rig_answer answer, const char *outcome)
{
    return answer.failure == OK && str_equals_cstr(answer.reply.outcome, outcome);
}

/* As a browser: back from GitHub, and there again when it is sent there. */
static struct broker_rig_answer callback_until(const char *outcome, const char *github_code)
{
    struct broker_rig_answer answer = broker_rig_callback(&rig, "2", github_code);
    if (is_to_github(answer))
        answer = broker_rig_callback(&rig, "3", "another code");
    assert_fails(answer, OK);
    if (!is_outcome(answer, outcome))
        fail_msg("%.*s instead of %s", STR_ARGS(answer.reply.outcome), outcome);
    return answer;
}

/* DESIGN 4: the broker adds a grant to its user's index before it creates the code, so that what
 * revokes a person's grants finds all of them. */
static void assert_no_code_without_index(void)
{
    if (!str_is_empty(redis_rig_ask(rig.redis, "KEYS mcp:code:*")))
        assert_true(str_equals(redis_rig_ask(rig.redis, "ZCARD mcp:grants:{583231}"), STR("1")));
}

static void assert_is_code(struct broker_rig_answer answer)
{
    assert_fails(answer, OK);
    assert_non_null(memmem(answer.reply.location.at, answer.reply.location.len, "code=", 5));
    assert_no_code_without_index();
    struct str codes = redis_rig_ask(rig.redis, "KEYS mcp:code:*");
    assert_true(str_is_present(codes) && str_index_of(codes, ' ') == codes.len); /* one */
}

static void a_login_can_be_repeated(void **state)
{
    struct store_failure failure = {0};
    (void)state;
    while (store_failure_next(&failure)) {
        broker_rig_reset(&rig, STR_ABSENT);
        store_failure_arm(&failure);
        struct broker_rig_answer answer = broker_rig_login(&rig, "1");
        store_failure_disarm(&failure);
        assert_clean(&failure, answer);
        assert_true(is_to_github(broker_rig_login(&rig, "1")));
    }
    assert_true(failure.count >= 4);
}

static void a_callback_can_be_repeated(void **state)
{
    struct store_failure failure = {0};
    (void)state;
    while (store_failure_next(&failure)) {
        broker_rig_reset(&rig, STR_ABSENT);
        assert_fails(broker_rig_login(&rig, "1"), OK);
        store_failure_arm(&failure);
        struct broker_rig_answer answer = broker_rig_callback(&rig, "2", "a code");
        store_failure_disarm(&failure);
        assert_clean(&failure, answer);
        callback_until("consent", "a code");
        assert_is_code(broker_rig_decide(&rig, "4", "approve"));
    }
    assert_true(failure.count >= 4 * 4);
}

/* The person loads the page again instead: another request, with GitHub's spent code. */
static void a_callback_can_be_loaded_anew(void **state)
{
    struct store_failure failure = {0};
    size_t are_claimed = 0;
    (void)state;
    while (store_failure_next(&failure)) {
        broker_rig_reset(&rig, STR_ABSENT);
        assert_fails(broker_rig_login(&rig, "1"), OK);
        store_failure_arm(&failure);
        (void)broker_rig_callback(&rig, "7", "a code");
        store_failure_disarm(&failure);
        /* the lease of the claim that was lost has ended */
        struct str claim =
            redis_rig_ask(rig.redis, "HGET mcp:session:{%.*s} claim_until", STR_ARGS(rig.s));
        if (str_is_present(claim))
            redis_rig_ask(rig.redis, "HSET mcp:session:{%.*s} claim_until 1", STR_ARGS(rig.s));
        are_claimed += str_is_present(claim);
        callback_until("consent", "a code");
    }
    assert_true(are_claimed > 0);
}

static void a_remembered_consent_gives_the_code_again(void **state)
{
    struct store_failure failure = {0};
    (void)state;
    while (store_failure_next(&failure)) {
        broker_rig_reset(&rig, HTTPS_REDIRECT);
        assert_fails(broker_rig_login(&rig, "1"), OK);
        callback_until("consent", "a code");
        assert_is_code(broker_rig_decide(&rig, "4", "approve"));
        struct str approvals = redis_rig_ask(rig.redis, "KEYS mcp:approval:*");
        assert_true(str_is_present(approvals));
        struct str dump = redis_rig_ask(rig.redis, "HGET %.*s client_id", STR_ARGS(approvals));
        broker_rig_reset(&rig, HTTPS_REDIRECT);
        redis_rig_ask(rig.redis, "HSET %.*s client_id %.*s", STR_ARGS(approvals), STR_ARGS(dump));
        assert_fails(broker_rig_login(&rig, "5"), OK);
        store_failure_arm(&failure);
        struct broker_rig_answer answer = broker_rig_callback(&rig, "2", "a code");
        store_failure_disarm(&failure);
        assert_clean(&failure, answer);
        assert_no_code_without_index();
        assert_is_code(callback_until("redirect", "a code"));
    }
    assert_true(failure.count >= 4 * 8);
}

static void decide_can_be_repeated(const char *decision, struct str redirect_uri,
                                   size_t commands_min)
{
    struct store_failure failure = {0};
    bool is_approval = strcmp(decision, "approve") == 0;
    while (store_failure_next(&failure)) {
        broker_rig_reset(&rig, redirect_uri);
        assert_fails(broker_rig_login(&rig, "1"), OK);
        callback_until("consent", "a code");
        store_failure_arm(&failure);
        struct broker_rig_answer first = broker_rig_decide(&rig, "4", decision);
        store_failure_disarm(&failure);
        assert_clean(&failure, first);
        assert_no_code_without_index();
        struct broker_rig_answer again = broker_rig_decide(&rig, "4", decision);
        assert_true(is_outcome(again, "redirect"));
        if (is_approval)
            assert_is_code(again);
        if (first.failure == OK) /* the code is derived, and so the same */
            assert_true(str_equals(first.reply.location, again.reply.location));
    }
    assert_true(failure.count >= 4 * commands_min);
}

static void an_approval_can_be_repeated(void **state)
{
    (void)state;
    decide_can_be_repeated("approve", STR_ABSENT, 6);
    decide_can_be_repeated("approve", HTTPS_REDIRECT, 7);
}

static void a_refusal_can_be_repeated(void **state)
{
    (void)state;
    decide_can_be_repeated("deny", STR_ABSENT, 3);
}

static void another_account_can_be_asked_for_again(void **state)
{
    (void)state;
    decide_can_be_repeated("switch", STR_ABSENT, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_can_be_repeated),
        cmocka_unit_test(a_callback_can_be_repeated),
        cmocka_unit_test(a_callback_can_be_loaded_anew),
        cmocka_unit_test(a_remembered_consent_gives_the_code_again),
        cmocka_unit_test(an_approval_can_be_repeated),
        cmocka_unit_test(a_refusal_can_be_repeated),
        cmocka_unit_test(another_account_can_be_asked_for_again),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
