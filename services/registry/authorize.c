/* GET /authorize (RFC 6749 4.1.1): may this client ask for this, with this redirect? First what may
 * not be told by redirect, because the redirect URI itself is in doubt; then the rest (4.1.2.1). */
#include "common/base/base64url.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/crypto/digest.h"
#include "common/crypto/hkdf.h"
#include "common/oauth/pkce.h"
#include "common/oauth/scope.h"
#include "common/store/session.h"
#include "services/registry/document.h"
#include "services/registry/operations.h"
#include "services/registry/rates.h"
#include "services/registry/registry.h"

enum { SECRET_BYTES = 32, SECRET_CHARACTERS = 43 };

struct authorize_work {
    struct task *task;
    const struct authorize_request *request;
    struct session_record session;
    struct authorize_reply reply;
};

/* OpenID Connect Core 3.1.2.1: a space-separated list. */
static bool prompt_has(struct str prompt, struct str word)
{
    return scope_contains(prompt, word);
}

static bool secret_is_well_formed(struct arena *arena, struct str secret)
{
    struct str bytes;
    return secret.len == SECRET_CHARACTERS && base64url_decode(arena, secret, &bytes);
}

/* RFC 6749 3.1.2.3. A pre-registered client's redirect URIs were chosen by the operator, others
 * must suit the servers file's policy as it is now. */
static enum failure redirect_uri_choose(struct authorize_work *work,
                                        const struct client_record *client)
{
    struct str requested = work->request->redirect_uri;
    struct session_record *session = &work->session;
    if (!str_is_present(requested) && client->redirect_uris.len != 1)
        return FAIL_REDIRECT_URI_MISSING;
    if (str_is_present(requested) && !redirect_uris_contain(client->redirect_uris, requested))
        return FAIL_REDIRECT_URI_NOT_REGISTERED;
    session->redirect_uri_is_explicit = str_is_present(requested);
    session->redirect_uri = str_is_present(requested) ? requested : client->redirect_uris.at[0];
    if (client->is_configured)
        return OK;
    return servers_check_redirect_uri(registry_servers(), NULL, session->redirect_uri);
}

static enum failure parameters_check(const struct authorize_request *request)
{
    if (!str_is_present(request->response_type))
        return FAIL_RESPONSE_TYPE_MISSING;
    if (!str_equals(request->response_type, STR("code")))
        return FAIL_RESPONSE_TYPE_UNSUPPORTED;
    TRY(code_challenge_check(request->code_challenge, request->code_challenge_method));
    if (request->nonce.len > NONCE_BYTES_MAX || request->login_hint.len > LOGIN_HINT_BYTES_MAX ||
        request->prompt.len > NAME_BYTES_MAX)
        return FAIL_PARAMETER_TOO_LONG;
    /* OpenID Connect Core 3.1.2.1: none stands alone. */
    if (prompt_has(request->prompt, STR("none")) && !str_equals(request->prompt, STR("none")))
        return FAIL_PROMPT_CONTRADICTORY;
    /* Nobody is signed in here between two requests, and GitHub does not tell since when. */
    if (prompt_has(request->prompt, STR("none")) || request->max_age != FIELD_I64_ABSENT)
        return FAIL_LOGIN_REQUIRED;
    return OK;
}

static enum failure scope_grant_choose(struct authorize_work *work,
                                       const struct client_record *client,
                                       const struct server **ret_server)
{
    struct scope_grant grant;
    const struct scope_request request = {
        .scope = work->request->scope,
        .resources = work->request->resource,
        .registered_scope = client->scope,
    };
    TRY(scope_choose(work->task->arena, registry_servers(), &request, &grant));
    work->session.scope = grant.scope;
    if (work->request->resource.len > 0)
        work->session.resource = work->request->resource.at[0];
    *ret_server = grant.server;
    return OK;
}

/* What may be told to the client by redirect from now on. */
static void errors_go_to_client(struct authorize_work *work)
{
    work->reply.redirect_uri = work->session.redirect_uri;
    if (work->request->state.len <= STATE_BYTES_MAX)
        work->reply.state = work->request->state;
}

static enum failure session_make(struct authorize_work *work, const struct client_record *client)
{
    struct arena *arena = work->task->arena;
    const struct authorize_request *request = work->request;
    struct session_record *session = &work->session;
    struct str client_text;
    TRY(fields_to_json(&CLIENT_RECORD, client, arena, &client_text));
    work->reply.session = hkdf_base64url(arena, request->seed, STR("session"), SECRET_BYTES);
    work->reply.browser = secret_is_well_formed(arena, request->browser)
                              ? request->browser
                              : hkdf_base64url(arena, request->seed, STR("browser"), SECRET_BYTES);
    session->request_id = work->task->request_id;
    session->browser_sha256 = digest_hex(arena, work->reply.browser);
    session->client_id = client->client_id;
    session->client_name = client->client_name;
    session->client_fingerprint = digest_base64url(arena, client_text);
    session->client_secret_sha256 = client->client_secret_sha256;
    session->token_endpoint_auth_method = client->token_endpoint_auth_method;
    session->state = request->state;
    session->code_challenge = request->code_challenge;
    session->nonce = request->nonce;
    session->prompt = request->prompt;
    session->login_hint = request->login_hint;
    session->traceparent = work->task->traceparent;
    session->created_at = clock_wall_s();
    session->attempt = 0;
    session->claim_until = session->signed_in_at = FIELD_I64_ABSENT;
    return str_is_present(session->browser_sha256) && str_is_present(session->client_fingerprint) &&
                   str_is_present(work->reply.session)
               ? OK
               : FAIL_LIMIT_REACHED;
}

static enum failure authorize_check(struct authorize_work *work, const struct client_record *client)
{
    const struct server *server;
    if (client == NULL)
        return FAIL_CLIENT_UNKNOWN;
    TRY(redirect_uri_choose(work, client));
    errors_go_to_client(work);
    if (work->request->state.len > STATE_BYTES_MAX)
        return FAIL_STATE_TOO_LONG;
    TRY(parameters_check(work->request));
    TRY(scope_grant_choose(work, client, &server));
    if (!client->is_configured &&
        servers_check_redirect_uri(registry_servers(), server, work->session.redirect_uri) != OK) {
        /* This server does not trust that target: it is told nothing. */
        work->reply = (struct authorize_reply){.redirect_uri = STR_ABSENT};
        return FAIL_REDIRECT_URI_NOT_ALLOWED;
    }
    TRY(session_make(work, client));
    return task_is_late(work->task) ? FAIL_BUDGET_SPENT : OK;
}

static void authorize_fail(struct authorize_work *work, enum failure failure)
{
    const struct authorize_reply reply = {
        .redirect_uri = work->reply.redirect_uri,
        .state = work->reply.state,
    };
    task_fail_with(work->task, failure, work->request->client_id, &reply);
}

static void on_session(void *context, enum failure failure)
{
    struct authorize_work *work = context;
    const struct authorize_reply reply = {
        .session = work->reply.session,
        .browser = work->reply.browser,
    };
    if (failure != OK)
        authorize_fail(work, failure);
    else
        task_reply(work->task, &reply);
}

static void on_client(void *context, enum failure failure, const struct client_record *client)
{
    struct authorize_work *work = context;
    if (failure == OK)
        failure = authorize_check(work, client);
    if (failure != OK) {
        authorize_fail(work, failure);
        return;
    }
    struct arena *arena = work->task->arena;
    session_record_create(work->task->store, digest_hex(arena, work->reply.session), &work->session,
                          arena, work->task->deadline_ms, on_session, work);
}

static void on_passed(void *context)
{
    struct authorize_work *work = context;
    registry_find_or_fetch_client(work->task, work->request->client_id, DOCUMENT_ANY_AGE, on_client,
                                  work);
}

void authorize_handle(struct task *task, const void *message)
{
    const struct authorize_request *request = message;
    struct authorize_work *work = arena_take(task->arena, sizeof(*work));
    if (work == NULL) {
        task_fail(task, FAIL_LIMIT_REACHED, STR_ABSENT);
        return;
    }
    *work = (struct authorize_work){.task = task, .request = request};
    if (!str_is_present(request->client_id))
        authorize_fail(work, FAIL_CLIENT_ID_MISSING);
    else
        rates_ask_authorize(task, request->address, on_passed, work);
}
