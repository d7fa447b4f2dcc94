/* POST /introspect (RFC 7662). What the token is, its form says; token_type_hint is read only so
 * that two of them are refused. */
#include "common/base/limits.h"
#include "common/oauth/client_authentication.h"
#include "proto/signer.h"
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
    struct form form;
    struct str token_type_hint;
    struct client_authentication client;
    struct introspect_request message;
    TRY(request_read_form(&errand->request, errand->arena, &form));
    TRY(form_get(&form, STR("token"), &message.token));
    TRY(form_get(&form, STR("token_type_hint"), &token_type_hint));
    TRY(client_authentication_read(
        errand->arena, request_header(&errand->request, STR("authorization")), &form, &client));
    /* None of ours is as long; whoever asks is authenticated all the same. */
    if (message.token.len > TOKEN_BYTES_MAX)
        message.token = STR("too-long");
    message.client_id = client.client_id;
    message.client_authentication_method = client.method;
    message.client_secret = client.secret;
    errand_ask(errand, &INTROSPECT, &message, on_reply);
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
