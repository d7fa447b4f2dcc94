/* POST /authorize: the consent form. Everything but the decision comes from the session. */
#include "services/broker/operations.h"
#include "services/broker/visit.h"

static void on_session(struct visit *visit)
{
    const struct decide_request *request = visit->request;
    enum failure failure =
        derive_check_csrf_token(visit->task->arena, &visit->from, request->csrf_token);
    if (failure != OK) {
        visit_fail(visit, failure, NULL);
    } else if (str_equals(request->decision, STR("switch"))) {
        visit_again(visit, true);
    } else if (str_is_empty(visit->session.user_id)) {
        visit_fail(visit, FAIL_SESSION_UNKNOWN, "nobody has signed in");
    } else if (!str_is_empty(visit->session.denial)) {
        visit_fail(visit, FAIL_USER_NOT_ALLOWED, NULL);
    } else if (str_equals(request->decision, STR("approve"))) {
        visit_decide(visit, STR("approve"), "approve");
    } else if (str_equals(request->decision, STR("deny"))) {
        visit_decide(visit, STR("deny"), "deny");
    } else {
        visit_fail(visit, FAIL_DECISION_UNKNOWN, NULL);
    }
}

void decide_handle(struct task *task, const void *message)
{
    const struct decide_request *request = message;
    struct visit *visit = visit_new(task, request->browser);
    if (visit == NULL)
        return;
    visit->request = request;
    visit_load(visit, request->session, on_session);
}
