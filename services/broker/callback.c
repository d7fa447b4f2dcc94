/* GET /auth/github/callback. GitHub's code works once, so the session is claimed before it is used;
 * a claim whose broker died is answered by sending the person through GitHub again, which usually
 * returns at once. */
#include "common/base/clock.h"
#include "services/broker/broker.h"
#include "services/broker/broker_metrics.h"
#include "proto/rate_gate.h"
#include "services/broker/operations.h"
#include "services/broker/visit.h"

enum {
    WAIT_MS = 100,
    ATTEMPTS_KNOWN = 8, /* that many old states are told from forged ones */
};

struct waiting {
    struct visit *visit;
    struct loop_timer *timer;
};

static void session_claim(struct visit *visit);

static void on_time(void *context)
{
    struct waiting *waiting = context;
    loop_timer_free(waiting->timer);
    session_claim(waiting->visit);
}

/* The result comes from another process by way of Redis. Keyspace events would be lost whenever
 * nobody listens, so it is asked for again: at most until the lease of the claim ends. */
static void wait_for_others(struct visit *visit)
{
    struct waiting *waiting = arena_take(visit->task->arena, sizeof(*waiting));
    struct loop_timer *timer =
        waiting != NULL ? loop_timer_new(broker_get()->loop, on_time, waiting) : NULL;
    if (timer == NULL || task_is_late(visit->task)) {
        loop_timer_free(timer);
        visit_fail(visit, FAIL_BUDGET_SPENT, "another request asks GitHub");
        return;
    }
    *waiting = (struct waiting){visit, timer};
    loop_timer_start(timer, WAIT_MS, 0);
}

/* ---- GitHub has answered */

static void on_signed_in(void *context, enum failure failure)
{
    struct visit *visit = context;
    if (failure != OK)
        visit_fail(visit, failure, "the claim was lost");
    else
        visit_continue(visit);
}

/* GitHub tells of an organisation only when it wants to: what the person can do about that. */
static void denial_explain(struct visit *visit, const struct server *server,
                           const struct github_user *user)
{
    struct session_record *session = &visit->session;
    struct arena *arena = visit->task->arena;
    const char *advice = "";
    if (str_is_present(user->single_sign_on_url)) {
        advice = " GitHub names some organisations only to members who have signed in to them by "
                 "single sign-on. If one of yours gives access, sign in to it at GitHub, then sign "
                 "in here again.";
        session->help_url = user->single_sign_on_url;
    } else if (servers_has_membership_rules(server)) {
        advice = " If an organisation of yours gives access, it must also have approved this "
                 "sign-in at GitHub.";
        session->help_url = github_approval_url(broker_get()->github, arena);
    }
    session->denial =
        arena_printf(arena, "The GitHub account %.*s is not on the access list of %.*s.%s",
                     STR_ARGS(user->login), STR_ARGS(server->name), advice);
}

/* On the access list of the session's server? The rule that admits is kept for the refreshes. */
static enum failure user_admit(struct visit *visit, const struct github_user *user)
{
    struct session_record *session = &visit->session;
    struct arena *arena = visit->task->arena;
    const struct servers_user who = {
        .login = user->login, .id = user->number, .orgs = user->orgs, .teams = user->teams};
    const struct server *server = visit_server(visit);
    if (server == NULL) /* the servers file changed while GitHub was asked */
        return broker_server_missing(session->created_at);
    session->user_id = user->id;
    session->login = user->login;
    session->email = user->email;
    session->signed_in_at = clock_wall_s();
    enum failure failure = servers_check_user(server, &who, arena, &session->rule);
    if (failure != FAIL_USER_NOT_ALLOWED)
        return failure;
    denial_explain(visit, server, user);
    return str_is_present(session->denial) ? OK : FAIL_LIMIT_REACHED;
}

static void sign_in_audit(const struct visit *visit, const struct github_user *user)
{
    const struct session_record *session = &visit->session;
    enum sign_in_result result = SIGN_IN_ALLOWED;
    if (str_is_empty(session->denial)) {
        visit_audit(visit, AUDIT_SIGN_IN, session->rule, STR_ABSENT);
    } else if (str_is_present(user->single_sign_on_url)) {
        result = SIGN_IN_SINGLE_SIGN_ON;
        visit_audit(visit, AUDIT_DENIAL, STR("single_sign_on_required"), STR_ABSENT);
    } else {
        result = SIGN_IN_DENIED;
        visit_audit(visit, AUDIT_DENIAL, STR("user_not_allowed"), STR_ABSENT);
    }
    broker_metrics.sign_ins[result]++;
}

/* GitHub failed: the code is spent or useless, so the next try begins a new attempt. */
struct github_failure {
    struct visit *visit;
    enum failure failure;
    const char *detail;
};

static void on_released(void *context, enum failure failure, int64_t attempt)
{
    struct github_failure *failed = context;
    (void)failure;
    (void)attempt;
    visit_fail(failed->visit, failed->failure, failed->detail);
}

static void claim_release(struct visit *visit, enum failure failure, const char *detail)
{
    struct task *task = visit->task;
    struct github_failure *failed = arena_take(task->arena, sizeof(*failed));
    struct str kept = arena_dup(task->arena, str_from_cstr(detail));
    if (failed == NULL) {
        visit_fail(visit, failure, NULL);
        return;
    }
    *failed = (struct github_failure){visit, failure, kept.at};
    session_record_again(task->store, visit->from.s, visit->from.attempt, task->arena,
                         task->deadline_ms, on_released, failed);
}

static void on_answer(void *context, const struct github_answer *answer)
{
    struct visit *visit = context;
    struct task *task = visit->task;
    enum failure failure = answer->failure;
    if (failure == OK)
        failure = user_admit(visit, &answer->user);
    if (failure == OK && task_is_late(task))
        failure = FAIL_BUDGET_SPENT;
    if (failure != OK) {
        broker_metrics_count_sign_in_failure(failure);
        task_set_retry_after(task, answer->retry_after_s);
        claim_release(visit, failure, answer->detail);
        return;
    }
    sign_in_audit(visit, &answer->user);
    session_record_sign_in(task->store, visit->from.s, task->request_id, &visit->session,
                           task->arena, task->deadline_ms, on_signed_in, visit);
}

static void github_ask(struct visit *visit)
{
    const struct callback_request *request = visit->request;
    struct github_question question = visit_question(visit);
    question.code = request->code;
    github_sign_in(broker_get()->github, &question, visit->task->arena, on_answer, visit);
}

/* ---- whose turn is it? */

static void on_reloaded(struct visit *visit)
{
    if (str_is_empty(visit->session.user_id))
        visit_to_github(visit);
    else
        visit_continue(visit);
}

static void on_claim(void *context, enum failure failure, enum session_claim claim)
{
    struct visit *visit = context;
    if (failure != OK) {
        visit_fail(visit, failure, NULL);
        return;
    }
    switch (claim) {
    case SESSION_CLAIM_YOURS:
        github_ask(visit);
        break;
    case SESSION_CLAIM_SIGNED_IN:
        visit_load(visit, visit->from.s, on_reloaded);
        break;
    case SESSION_CLAIM_OTHERS:
        wait_for_others(visit);
        break;
    case SESSION_CLAIM_ABANDONED:
        visit_again(visit, false);
        break;
    case SESSION_CLAIM_OUTDATED:
        /* Another attempt began meanwhile: join it. */
        visit_load(visit, visit->from.s, on_reloaded);
        break;
    }
}

static void session_claim(struct visit *visit)
{
    struct task *task = visit->task;
    session_record_claim(task->store, visit->from.s, task->request_id, visit->from.attempt,
                         task->arena, task->deadline_ms, on_claim, visit);
}

static void github_refused(struct visit *visit, struct str error)
{
    visit_audit(visit, AUDIT_DENIAL, str_first(error, 64), STR_ABSENT);
    if (str_equals(error, STR("access_denied"))) {
        broker_metrics.sign_ins[SIGN_IN_CANCELLED]++;
        visit_tell_denied(visit);
    } else {
        broker_metrics_count_sign_in_failure(FAIL_GITHUB_UNAVAILABLE);
        visit_fail(visit, FAIL_GITHUB_UNAVAILABLE, "GitHub refused the authorization request");
    }
}

/* This browser's own state of an earlier attempt: a reload after a failure of GitHub, or an old
 * tab.
 */
static bool state_is_outdated(const struct visit *visit)
{
    const struct callback_request *request = visit->request;
    struct derivation from = visit->from;
    while (--from.attempt >= 0 && from.attempt >= visit->from.attempt - ATTEMPTS_KNOWN)
        if (derive_check_state(visit->task->arena, &from, request->state) == OK)
            return true;
    return false;
}

static void on_session(struct visit *visit)
{
    const struct callback_request *request = visit->request;
    enum failure failure = derive_check_state(visit->task->arena, &visit->from, request->state);
    if (failure == FAIL_STATE_FORGED && state_is_outdated(visit))
        on_reloaded(visit);
    else if (failure != OK)
        visit_fail(visit, failure, NULL);
    else if (!str_is_empty(request->error))
        github_refused(visit, request->error);
    else if (str_is_empty(request->code))
        visit_fail(visit, FAIL_GITHUB_CODE_REFUSED, "no code came");
    else if (!str_is_empty(visit->session.user_id))
        visit_continue(visit); /* the back button, or a reload */
    else if (visit_server(visit) == NULL)
        visit_fail(visit, broker_server_missing(visit->session.created_at), NULL);
    else if (task_is_late(visit->task))
        visit_fail(visit, FAIL_BUDGET_SPENT, NULL);
    else if (!task_park(visit->task)) /* unclaimed, so that the same code serves the next try */
        visit_fail(visit, FAIL_GITHUB_UNAVAILABLE, "too many wait for GitHub");
    else
        session_claim(visit);
}

static void on_passed(void *context)
{
    struct visit *visit = context;
    const struct callback_request *request = visit->request;
    struct str s;
    if (!derive_state_split(request->state, &s))
        visit_fail(visit, FAIL_STATE_FORGED, NULL);
    else
        visit_load(visit, s, on_session);
}

void callback_handle(struct task *task, const void *message)
{
    enum { MINUTE_S = 60 };
    const struct callback_request *request = message;
    struct visit *visit = visit_new(task, request->browser, request->address);
    struct rate_gate *gate = visit != NULL ? rate_gate_new(task, on_passed, visit) : NULL;
    if (gate == NULL)
        return;
    visit->request = request;
    int64_t count_max = broker_get()->config->rate_sign_in_per_minute;
    rate_gate_add(gate, (struct rate_limit){"sign_in", count_max, MINUTE_S},
                  rate_subject_of_address(task->arena, request->address));
    rate_gate_ask(gate);
}
