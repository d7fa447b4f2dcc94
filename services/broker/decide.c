/* POST /authorize: the consent form. Everything but the decision comes from the session. */
#include "common/base/hex.h"
#include "common/crypto/digest.h"
#include "services/broker/broker.h"
#include "services/broker/operations.h"
#include "services/broker/visit.h"

static bool decision_is_known(struct str decision)
{
    return str_equals(decision, STR("approve")) || str_equals(decision, STR("deny")) ||
           str_equals(decision, STR("switch"));
}

/* The second click of a doubled "switch": its form is that of the attempt before. It gets the same
 * answer, because nothing but a question to GitHub follows. */
static bool is_switch_again(const struct visit *visit)
{
    const struct decide_request *request = visit->request;
    struct derivation before = visit->from;
    before.attempt--;
    return str_equals(request->decision, STR("switch")) && before.attempt >= 0 &&
           derive_check_csrf_token(visit->task->arena, &before, request->csrf_token) == OK;
}

/* Nobody has signed in yet: right only for a server that asks for consent before. */
static void before_github(struct visit *visit)
{
    const struct decide_request *request = visit->request;
    const struct server *server = visit_server(visit);
    if (server == NULL)
        visit_fail(visit, broker_server_missing(visit->session.created_at), NULL);
    else if (!server->asks_consent_before_github)
        visit_fail(visit, FAIL_SESSION_UNKNOWN, "nobody has signed in");
    else if (task_is_late(visit->task))
        visit_fail(visit, FAIL_BUDGET_SPENT, NULL);
    else
        visit_consent(visit, request->decision);
}

static void on_session(struct visit *visit)
{
    const struct decide_request *request = visit->request;
    enum failure failure =
        derive_check_csrf_token(visit->task->arena, &visit->from, request->csrf_token);
    if (failure == FAIL_CSRF_TOKEN_FORGED && is_switch_again(visit)) {
        visit->wants_account_choice = true;
        visit_to_github(visit);
    } else if (failure != OK) {
        visit_fail(visit, failure, NULL);
    } else if (!str_is_empty(visit->session.decision)) {
        visit_continue(visit); /* the first decision counts */
    } else if (str_equals(request->decision, STR("switch"))) {
        if (task_is_late(visit->task))
            visit_fail(visit, FAIL_BUDGET_SPENT, NULL);
        else
            visit_again(visit, true);
    } else if (str_is_empty(visit->session.user_id)) {
        before_github(visit);
    } else if (!str_is_empty(visit->session.denial)) {
        visit_fail(visit, FAIL_USER_NOT_ALLOWED, NULL);
    } else if (str_equals(request->decision, STR("approve"))) {
        visit_decide(visit, STR("approve"), "approve");
    } else {
        visit_decide(visit, STR("deny"), "deny");
    }
}

void decide_handle(struct task *task, const void *message)
{
    const struct decide_request *request = message;
    struct visit *visit = visit_new(task, request->browser, request->address);
    if (visit == NULL)
        return;
    visit->request = request;
    if (!decision_is_known(request->decision))
        visit_fail(visit, FAIL_DECISION_UNKNOWN, NULL);
    else if (request->session.len != DIGEST_HEX_CHARACTERS || !hex_is_valid(request->session))
        visit_fail(visit, FAIL_SESSION_UNKNOWN, NULL);
    else
        visit_load(visit, request->session, on_session);
}
