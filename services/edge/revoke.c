/* POST /revoke (RFC 7009): a client ends a token of its own. */
#include "proto/signer.h"
#include "services/edge/client_question.h"
#include "services/edge/endpoints.h"

static const struct errand_question CLIENT_REVOKE = {WORKER_SIGNER, "client_revoke", 1,
                                                     &CLIENT_REVOKE_REQUEST, NULL};

/* RFC 7009 2.2: the status says everything. */
static void on_reply(struct errand *errand, enum failure failure, const void *message)
{
    (void)message;
    static const struct reply revoked = {
        .status = 200,
        .content_type = REPLY_JSON,
        .body = STR_INIT("{}"),
        .is_body_static = true,
    };
    if (failure != OK)
        errand_fail(errand, failure);
    else
        errand_reply(errand, &revoked);
}

static enum failure ask(struct errand *errand)
{
    struct client_revoke_request message;
    TRY(client_question_read_token(errand, &message.client, &message.token));
    client_question_ask(errand, &CLIENT_REVOKE, &message, message.client.client_id, on_reply);
    return OK;
}

void revoke_handle(const struct request *request)
{
    struct errand *errand = errand_new(request, BUDGET_TOKEN_MS);
    if (errand == NULL)
        return;
    enum failure failure = ask(errand);
    if (failure != OK)
        errand_fail(errand, failure);
}
