/* POST /admin/revoke, as the original: who holds a token may revoke it. */
#include "proto/signer.h"
#include "services/edge/endpoints.h"
#include "services/edge/token_body.h"

static const struct errand_question REVOKE = {WORKER_SIGNER, "revoke", 1, &REVOKE_REQUEST, NULL};

static void on_reply(struct errand *errand, enum failure failure, const void *message)
{
    (void)message;
    static const struct reply revoked = {
        .status = 200,
        .content_type = REPLY_JSON,
        .body = STR_INIT("{\"message\":\"Token revoked successfully\"}"),
        .is_body_static = true,
    };
    if (failure != OK)
        errand_fail(errand, failure);
    else
        errand_reply(errand, &revoked);
}

void admin_revoke_handle(const struct request *request)
{
    struct errand *errand = errand_new(request, BUDGET_TOKEN_MS);
    if (errand == NULL)
        return;
    struct revoke_request message;
    enum failure failure =
        token_body_read(errand->arena, request->body, STR("refresh_token"), &message.token);
    if (failure != OK)
        errand_fail(errand, failure);
    else
        errand_ask(errand, &REVOKE, &message, on_reply);
}
