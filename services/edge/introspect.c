/* POST /introspect (RFC 7662): is this token good, and what is it? */
#include "proto/signer.h"
#include "services/edge/client_question.h"
#include "services/edge/endpoints.h"

static const struct errand_question INTROSPECT = {WORKER_SIGNER, "introspect", 1,
                                                  &INTROSPECT_REQUEST, &INTROSPECT_REPLY};

static void on_reply(struct errand *errand, enum failure failure, const void *message)
{
    const struct introspect_reply *introspect = message;
    if (failure != OK) {
        errand_fail(errand, failure);
        return;
    }
    const struct reply reply = {
        .status = 200, .content_type = REPLY_JSON, .body = introspect->introspection};
    errand_reply(errand, &reply);
}

static enum failure ask(struct errand *errand)
{
    struct introspect_request message;
    TRY(client_question_read_token(errand, &message.client, &message.token));
    client_question_ask(errand, &INTROSPECT, &message, message.client.client_id, on_reply);
    return OK;
}

void introspect_handle(const struct request *request)
{
    struct errand *errand = errand_new(request, BUDGET_TOKEN_MS);
    if (errand == NULL)
        return;
    enum failure failure = ask(errand);
    if (failure != OK)
        errand_fail(errand, failure);
}
