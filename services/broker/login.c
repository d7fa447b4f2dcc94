/* Behind GET /authorize, when the registry has made a session: GitHub's sign-in for this browser,
 * or the consent page, for a server that asks before. */
#include "services/broker/operations.h"
#include "services/broker/visit.h"
#include "common/crypto/digest.h"

void login_handle(struct task *task, const void *message)
{
    const struct login_request *request = message;
    struct visit *visit = visit_new(task, request->browser, request->address);
    if (visit == NULL)
        return;
    struct str s = digest_hex(task->arena, request->session);
    if (!str_is_present(s))
        visit_fail(visit, FAIL_LIMIT_REACHED, NULL);
    else
        visit_load(visit, s, visit_begin);
}
