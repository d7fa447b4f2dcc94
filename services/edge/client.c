/* GET /client/{client_id}: with the registration access token as RFC 7592 2.1, without one the
 * original's public members. */
#include "proto/registry.h"
#include "services/edge/endpoints.h"

static const struct errand_question CLIENT = {WORKER_REGISTRY, "client", 1, &CLIENT_REQUEST,
                                              &CLIENT_REPLY};

static void on_reply(struct errand *errand, enum failure failure, const void *message)
{
    const struct client_reply *client = message;
    if (failure == OK && str_is_empty(client->client))
        failure = FAIL_MESSAGE_MALFORMED;
    if (failure != OK) {
        errand_fail(errand, failure);
        return;
    }
    struct reply reply = {.status = 200, .content_type = REPLY_JSON, .body = client->client};
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

void client_handle(const struct request *request)
{
    struct errand *errand = errand_new(request, BUDGET_REGISTRY_MS);
    if (errand == NULL)
        return;
    struct client_request message = {.registration_access_token = request_bearer(request)};
    if (!segment_decode(errand->arena, request->tail, &message.client_id) ||
        message.client_id.len > CLIENT_ID_BYTES_MAX)
        errand_fail(errand, FAIL_CLIENT_NOT_FOUND); /* no client has such an id */
    else if (message.registration_access_token.len > TOKEN_BYTES_MAX)
        errand_fail(errand, FAIL_REGISTRATION_TOKEN_INVALID);
    else
        errand_ask(errand, &CLIENT, &message, on_reply);
}
