/* GET, PUT and DELETE /client/{client_id}: RFC 7592 2.1 to 2.3 with the registration access token.
 * GET without one answers the original's public members. */
#include "proto/registry.h"
#include "services/edge/endpoints.h"

static const struct errand_question CLIENT = {WORKER_REGISTRY, "client", 1, &CLIENT_REQUEST,
                                              &CLIENT_REPLY};

static const struct errand_question CLIENT_UPDATE = {WORKER_REGISTRY, "client_update", 1,
                                                     &CLIENT_UPDATE_REQUEST, &CLIENT_UPDATE_REPLY};
static const struct errand_question CLIENT_DELETE = {WORKER_REGISTRY, "client_delete", 1,
                                                     &CLIENT_DELETE_REQUEST, NULL};

static void client_reply_send(struct errand *errand, enum failure failure, struct str client)
{
    if (failure == OK && str_is_empty(client))
        failure = FAIL_MESSAGE_MALFORMED;
    if (failure != OK) {
        errand_fail(errand, failure);
        return;
    }
    struct reply reply = {.status = 200, .content_type = REPLY_JSON, .body = client};
    errand_reply(errand, &reply);
}

static void on_client(struct errand *errand, enum failure failure, const void *message)
{
    client_reply_send(errand, failure, ((const struct client_reply *)message)->client);
}

static void on_updated(struct errand *errand, enum failure failure, const void *message)
{
    client_reply_send(errand, failure, ((const struct client_update_reply *)message)->client);
}

static void on_deleted(struct errand *errand, enum failure failure, const void *message)
{
    (void)message;
    struct reply reply = {.status = 204};
    if (failure != OK)
        errand_fail(errand, failure);
    else
        errand_reply(errand, &reply);
}

/* One percent-encoded segment; '+' is itself in a path. */
static bool segment_decode(struct arena *arena, struct str segment, struct str *ret_text)
{
    struct form form;
    struct str value = STR_ABSENT;
    if (str_index_of(segment, '+') != segment.len || str_index_of(segment, '&') != segment.len ||
        str_index_of(segment, '=') != segment.len)
        return false;
    struct str pair = arena_printf(arena, "v=%.*s", STR_ARGS(segment));
    if (form_parse(arena, pair, &form) != OK || form_get(&form, STR("v"), &value) != OK)
        return false;
    *ret_text = value;
    return str_is_present(value);
}

/* An id that none can have is that of no client. */
static bool client_id_read(struct errand *errand, struct str *ret_client_id)
{
    return segment_decode(errand->arena, errand->request.tail, ret_client_id) &&
           ret_client_id->len <= CLIENT_ID_BYTES_MAX;
}

void client_handle(const struct request *request)
{
    struct errand *errand = errand_new(request, BUDGET_REGISTRY_MS);
    if (errand == NULL)
        return;
    struct client_request message = {.registration_access_token = request_bearer(request)};
    if (!client_id_read(errand, &message.client_id))
        errand_fail(errand, FAIL_CLIENT_NOT_FOUND);
    else if (message.registration_access_token.len > TOKEN_BYTES_MAX)
        errand_fail(errand, FAIL_REGISTRATION_TOKEN_INVALID);
    else
        errand_ask(errand, &CLIENT, &message, on_client);
}

/* RFC 7592 2.2, 2.3: nobody changes a client without its token, and one that does not exist is 401.
 */
static enum failure registrant_read(struct errand *errand, struct str *ret_client_id,
                                    struct str *ret_token)
{
    struct str client_id = STR_ABSENT, token = request_bearer(&errand->request);
    if (!str_is_present(token))
        return FAIL_REGISTRATION_TOKEN_MISSING;
    if (token.len > TOKEN_BYTES_MAX || !client_id_read(errand, &client_id))
        return FAIL_REGISTRATION_TOKEN_INVALID;
    *ret_client_id = client_id;
    *ret_token = token;
    return OK;
}

void client_update_handle(const struct request *request)
{
    struct errand *errand = errand_new(request, BUDGET_REGISTRY_MS);
    if (errand == NULL)
        return;
    struct client_update_request message = {.metadata = request->body};
    enum failure failure =
        registrant_read(errand, &message.client_id, &message.registration_access_token);
    if (failure == OK)
        failure = request_check_json(request, errand->arena);
    if (failure != OK) {
        errand_fail(errand, failure);
        return;
    }
    message.seed = errand_make_seed(errand);
    message.address = errand->request.address;
    errand_ask(errand, &CLIENT_UPDATE, &message, on_updated);
}

void client_delete_handle(const struct request *request)
{
    struct errand *errand = errand_new(request, BUDGET_REGISTRY_MS);
    if (errand == NULL)
        return;
    struct client_delete_request message = {.address = errand->request.address};
    enum failure failure =
        registrant_read(errand, &message.client_id, &message.registration_access_token);
    if (failure != OK)
        errand_fail(errand, failure);
    else
        errand_ask(errand, &CLIENT_DELETE, &message, on_deleted);
}
