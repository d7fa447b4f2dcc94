/* The signer checks; the edge reads the form strictly and the client's credentials once (RFC 6749
 * 2.3), so that no later step meets two different ones. */
#include "proto/signer.h"
#include "services/edge/client_question.h"
#include "services/edge/endpoints.h"

static const struct errand_question EXCHANGE = {WORKER_SIGNER, "exchange", 1, &EXCHANGE_REQUEST,
                                                &TOKEN_REPLY};
static const struct errand_question REFRESH = {WORKER_SIGNER, "refresh", 1, &REFRESH_REQUEST,
                                               &TOKEN_REPLY};

/* RFC 6749 5.1; no-store is what every reply says. */
static void on_reply(struct errand *errand, enum failure failure, const void *message)
{
    struct reply reply = {.status = 200, .content_type = REPLY_JSON};
    if (failure == OK)
        failure = fields_to_json(&TOKEN_REPLY, message, errand->arena, &reply.body);
    if (failure != OK) {
        errand_fail(errand, failure);
        return;
    }
    reply_add(&reply, "pragma", STR("no-cache"));
    errand_reply(errand, &reply);
}

static enum failure ask_exchange(struct errand *errand, const struct form *form,
                                 const struct client_authentication *client)
{
    struct exchange_request message = {
        .client = *client,
        .address = errand->request.address,
    };
    TRY(form_get(form, STR("code"), &message.code));
    TRY(form_get(form, STR("redirect_uri"), &message.redirect_uri));
    TRY(form_get(form, STR("code_verifier"), &message.code_verifier));
    TRY(form_get_all(form, STR("resource"), errand->arena, &message.resource));
    client_question_ask(errand, &EXCHANGE, &message, client->client_id, on_reply);
    return OK;
}

static enum failure ask_refresh(struct errand *errand, const struct form *form,
                                const struct client_authentication *client)
{
    struct refresh_request message = {
        .client = *client,
        .address = errand->request.address,
    };
    TRY(form_get(form, STR("refresh_token"), &message.refresh_token));
    TRY(form_get(form, STR("scope"), &message.scope));
    TRY(form_get_all(form, STR("resource"), errand->arena, &message.resource));
    client_question_ask(errand, &REFRESH, &message, client->client_id, on_reply);
    return OK;
}

static enum failure ask(struct errand *errand)
{
    struct form form;
    struct str grant_type;
    struct client_authentication client;
    TRY(request_read_form(&errand->request, errand->arena, &form));
    TRY(form_get(&form, STR("grant_type"), &grant_type));
    if (!str_is_present(grant_type))
        return FAIL_GRANT_TYPE_MISSING;
    bool is_exchange = str_equals(grant_type, STR("authorization_code"));
    if (!is_exchange && !str_equals(grant_type, STR("refresh_token")))
        return FAIL_GRANT_TYPE_UNSUPPORTED;
    TRY(client_question_read(errand, &form, &client));
    return is_exchange ? ask_exchange(errand, &form, &client) : ask_refresh(errand, &form, &client);
}

void token_handle(const struct request *request)
{
    struct errand *errand = errand_new(request, BUDGET_TOKEN_MS);
    if (errand == NULL)
        return;
    enum failure failure = ask(errand);
    if (failure != OK)
        errand_fail(errand, failure);
}
