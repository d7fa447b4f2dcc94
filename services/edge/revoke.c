/* POST /revoke (RFC 7009): a client ends a token of its own. What the token is, its form says;
 * token_type_hint is read only so that two of them are refused. */
#include "common/base/limits.h"
#include "common/oauth/client_authentication.h"
#include "proto/signer.h"
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
    struct form form;
    struct str token;
    struct str token_type_hint;
    struct client_authentication client;
    TRY(request_read_form(&errand->request, errand->arena, &form));
    TRY(form_get(&form, STR("token"), &token));
    TRY(form_get(&form, STR("token_type_hint"), &token_type_hint));
    TRY(client_authentication_read(
        errand->arena, request_header(&errand->request, STR("authorization")), &form, &client));
    /* None of ours is as long; the client is authenticated all the same. */
    if (token.len > TOKEN_BYTES_MAX)
        token = STR("too-long");
    const struct client_revoke_request message = {
        .client_id = client.client_id,
        .client_authentication_method = client.method,
        .client_secret = client.secret,
        .token = token,
    };
    errand_ask(errand, &CLIENT_REVOKE, &message, on_reply);
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
