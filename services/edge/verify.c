/* GET /verify?server=<domain>/<server>: forward authentication for nginx (auth_request), Traefik
 * and ingress-nginx. The proxy names the server; the caller's token comes in the Authorization
 * header that it hands on. 200 tells the proxy who it is in X-Auth-*; 401 and 403 carry the
 * challenge that leads an MCP client to its sign-in (RFC 9728 5.1). */
#include "common/base/limits.h"
#include "common/oauth/scope.h"
#include "proto/signer.h"
#include "services/edge/bearer.h"
#include "services/edge/endpoints.h"

static const struct errand_question VERIFY = {WORKER_SIGNER, "verify", 1, &VERIFY_REQUEST,
                                              &VERIFY_REPLY};

/* Visible ASCII, which every proxy hands on as it is; absent else. */
static struct str header_value(struct str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.at[i] < ' ' || value.at[i] > '~')
            return STR_ABSENT;
    return value;
}

static void refuse(struct errand *errand, enum failure failure, const struct verify_request *asked)
{
    const struct request *request = &errand->request;
    const struct bearer_challenge challenge = {
        .resource_metadata = arena_printf(
            errand->arena, "%.*s/.well-known/oauth-protected-resource/%.*s/%.*s",
            STR_ARGS(request->edge->issuer), STR_ARGS(asked->domain), STR_ARGS(asked->server)),
        .scope = scope_make_mcp(errand->arena, asked->domain, asked->server),
    };
    struct reply reply;
    bearer_problem_reply(request, errand->arena, failure, &challenge, &reply);
    errand_reply(errand, &reply);
}

static void on_reply(struct errand *errand, enum failure failure, const void *message)
{
    const struct verify_reply *verified = message;
    if (failure != OK) {
        refuse(errand, failure, errand->state);
        return;
    }
    struct reply reply = {.status = 200};
    reply_add(&reply, "x-auth-user", header_value(verified->user_id));
    reply_add(&reply, "x-auth-login", header_value(verified->login));
    reply_add(&reply, "x-auth-email", header_value(verified->email));
    reply_add(&reply, "x-auth-scope", header_value(verified->scope));
    reply_add(&reply, "x-auth-client", header_value(verified->client_id));
    errand_reply(errand, &reply);
}

/* FAIL_VERIFY_SERVER_UNKNOWN also for a name that cannot be one. */
static enum failure server_read(struct errand *errand, struct verify_request *asked)
{
    struct form form;
    struct str name;
    if (form_parse(errand->arena, errand->request.query, &form) != OK ||
        form_get(&form, STR("server"), &name) != OK ||
        !str_cut(name, '/', &asked->domain, &asked->server) || str_is_empty(asked->domain) ||
        str_is_empty(asked->server) || fields_check_lengths(&VERIFY_REQUEST, asked) != OK)
        return FAIL_VERIFY_SERVER_UNKNOWN;
    return OK;
}

void verify_handle(const struct request *request)
{
    struct errand *errand = errand_new(request, BUDGET_TOKEN_MS);
    if (errand == NULL)
        return;
    struct verify_request *asked = arena_take(errand->arena, sizeof(*asked));
    if (asked == NULL) {
        errand_fail(errand, FAIL_OVERLOADED);
        return;
    }
    *asked = (struct verify_request){.token = STR_ABSENT};
    enum failure failure = server_read(errand, asked);
    if (failure != OK) {
        errand_fail(errand, failure);
        return;
    }
    errand->state = asked;
    asked->token = request_bearer(request);
    if (asked->token.len > TOKEN_BYTES_MAX)
        asked->token = STR("too-long"); /* none of ours is */
    errand_ask(errand, &VERIFY, asked, on_reply);
}
