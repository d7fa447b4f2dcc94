/* Running out of memory at any point answers once and leaks nothing; what is answered is whole, and
 * the same request leads on when it is repeated. */
#include "tests/unit/services/broker/broker_rig.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* More than any operation takes; a test that does not get beyond it says so. */
enum { TAKES_MAX = 120 };

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

static void assert_ok_or_full(struct broker_rig_answer answer)
{
    if (answer.failure != OK && answer.failure != FAIL_LIMIT_REACHED &&
        answer.failure != FAIL_OVERLOADED)
        fail_msg("%s", failure_row(answer.failure)->name);
}

static bool is_to_github(struct broker_rig_answer answer)
{
    return answer.failure == OK &&
           str_starts_with(answer.reply.location, STR("https://github.example/"));
}

/* A page without its form's secret, or a redirect without its target, would be a dead end. */
static void assert_is_whole(struct broker_rig_answer answer)
{
    if (answer.failure != OK)
        return;
    if (str_equals(answer.reply.outcome, STR("consent"))) {
        assert_true(str_is_present(answer.reply.csrf_token));
        assert_true(str_is_present(answer.reply.redirect_host));
        assert_true(str_equals(answer.reply.login, STR("octocat")));
    } else {
        assert_true(str_equals(answer.reply.outcome, STR("redirect")));
        assert_true(str_is_present(answer.reply.location));
    }
}

static void assert_user_is_whole(void)
{
    struct str user_id =
        redis_rig_ask(rig.redis, "HGET mcp:session:{%.*s} user_id", STR_ARGS(rig.s));
    if (!str_is_present(user_id))
        return;
    struct str email = redis_rig_ask(rig.redis, "HGET mcp:session:{%.*s} email", STR_ARGS(rig.s));
    struct str rule = redis_rig_ask(rig.redis, "HGET mcp:session:{%.*s} rule", STR_ARGS(rig.s));
    struct str denial = redis_rig_ask(rig.redis, "HGET mcp:session:{%.*s} denial", STR_ARGS(rig.s));
    assert_true(str_equals(email, STR("o@example.com")));
    assert_true(str_equals(rule, STR("user:octocat")));
    assert_false(str_is_present(denial));
}

static void a_login_answers_whatever_failed(void **state)
{
    (void)state;
    for (size_t n = 1; n <= TAKES_MAX; n++) {
        broker_rig_reset(&rig, STR_ABSENT);
        rig.fail_at = n;
        struct broker_rig_answer answer = broker_rig_login(&rig, "1");
        rig.fail_at = 0;
        assert_ok_or_full(answer);
        assert_is_whole(answer);
        assert_true(is_to_github(broker_rig_login(&rig, "1")));
        assert_true(n < TAKES_MAX || answer.failure == OK);
    }
}

static void sign_in(void)
{
    broker_rig_reset(&rig, STR_ABSENT);
    assert_int_equal(broker_rig_login(&rig, "1").failure, OK);
}

static void a_callback_can_be_repeated_whatever_failed(void **state)
{
    (void)state;
    for (size_t n = 1; n <= TAKES_MAX; n++) {
        sign_in();
        rig.fail_at = n;
        struct broker_rig_answer answer = broker_rig_callback(&rig, "2", "a code");
        rig.fail_at = 0;
        assert_ok_or_full(answer);
        assert_is_whole(answer);
        assert_user_is_whole();
        answer = broker_rig_callback(&rig, "2", "a code");
        if (is_to_github(answer))
            answer = broker_rig_callback(&rig, "3", "another code");
        assert_is_whole(answer);
        assert_user_is_whole();
        assert_true(str_equals(answer.reply.outcome, STR("consent")));
    }
}

static void a_decision_can_be_repeated_whatever_failed(void **state)
{
    (void)state;
    for (size_t n = 1; n <= TAKES_MAX; n++) {
        sign_in();
        assert_int_equal(broker_rig_callback(&rig, "2", "a code").failure, OK);
        rig.fail_at = n;
        struct broker_rig_answer answer = broker_rig_decide(&rig, "3", "approve");
        rig.fail_at = 0;
        assert_ok_or_full(answer);
        assert_is_whole(answer);
        answer = broker_rig_decide(&rig, "3", "approve");
        assert_is_whole(answer);
        assert_non_null(memmem(answer.reply.location.at, answer.reply.location.len, "code=", 5));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_answers_whatever_failed),
        cmocka_unit_test(a_callback_can_be_repeated_whatever_failed),
        cmocka_unit_test(a_decision_can_be_repeated_whatever_failed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
