/* POST /validate, as the original: the token comes in the Authorization header or in JSON. */
#include "proto/signer.h"
#include "services/edge/endpoints.h"
#include "services/edge/token_body.h"

static const struct errand_question VALIDATE = {WORKER_SIGNER, "validate", 1, &VALIDATE_REQUEST,
                                                &VALIDATE_REPLY};

static void on_reply(struct errand *errand, enum failure failure, const void *message)
{
    const struct validate_reply *validate = message;
    struct reply reply = {.status = 200, .content_type = REPLY_JSON};
    if (failure == OK && str_is_empty(validate->payload))
        failure = FAIL_MESSAGE_MALFORMED;
    if (failure != OK) {
        errand_fail(errand, failure);
        return;
    }
    reply.body =
        ARENA_JOIN(errand->arena, STR("{\"valid\":true,\"payload\":"), validate->payload, STR("}"));
    errand_reply(errand, &reply);
}

void validate_handle(const struct request *request)
{
    struct errand *errand = errand_new(request, BUDGET_TOKEN_MS);
    if (errand == NULL)
        return;
    struct validate_request message = {
        .token = request_bearer(request),
        .address = errand->request.address,
    };
    enum failure failure = OK;
    if (!str_is_present(message.token))
        failure =
            token_body_read(errand->arena, request->body, STR("access_token"), &message.token);
    else if (message.token.len > TOKEN_BYTES_MAX)
        failure = FAIL_TOKEN_INVALID;
    if (failure != OK)
        errand_fail(errand, failure);
    else
        errand_ask(errand, &VALIDATE, &message, on_reply);
}
