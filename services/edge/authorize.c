/* GET: the registry judges the request and makes the session, the broker says where to sign in. The
 * edge only reads the query strictly, keeps the browser's cookie, and tells failures where they may
 * be told (RFC 6749 4.1.2.1): to the client by redirect once it is known good, else to the person.
 */
#include "proto/registry.h"
#include "services/edge/browser_cookie.h"
#include "services/edge/edge_metrics.h"
#include "services/edge/endpoints.h"
#include "services/edge/sign_in.h"

static const struct errand_question AUTHORIZE = {WORKER_REGISTRY, "authorize", 1,
                                                 &AUTHORIZE_REQUEST, &AUTHORIZE_REPLY};
static const struct errand_question LOGIN = {WORKER_BROKER, "login", 1, &LOGIN_REQUEST,
                                             &SIGN_IN_REPLY};
static const struct errand_question DECIDE = {WORKER_BROKER, "decide", 1, &DECIDE_REQUEST,
                                              &SIGN_IN_REPLY};

/* RFC 6749 4.1.2.1 and RFC 9207: back to the client, its URI's own query kept. */
static void fail_to_client(struct errand *errand, enum failure failure,
                           const struct authorize_reply *authorize)
{
    const struct failure_row *row = failure_row(failure);
    struct arena *arena = errand->arena;
    struct reply reply = {0};
    struct str location = authorize->redirect_uri;
    edge_metrics_count_refusal(failure);
    location = form_append(arena, location, STR("error"), str_from_cstr(row->error));
    location =
        form_append(arena, location, STR("error_description"), str_from_cstr(row->description));
    location = form_append(arena, location, STR("state"), authorize->state);
    location = form_append(arena, location, STR("iss"), errand->request.edge->issuer);
    errand_redirect(errand, &reply, location);
}

/* errand->state is what the registry said. */
static void on_login(struct errand *errand, enum failure failure, const void *message)
{
    const struct authorize_reply *authorize = errand->state;
    struct reply reply = {0};
    reply_add(
        &reply, "set-cookie",
        browser_cookie_line(errand->request.edge->is_https, errand->arena, authorize->browser));
    sign_in_reply_send(errand, failure, message, &reply);
}

static void on_authorize(struct errand *errand, enum failure failure, const void *message)
{
    const struct authorize_reply *authorize = message;
    if (failure != OK) {
        if (str_is_empty(authorize->redirect_uri))
            errand_fail(errand, failure);
        else
            fail_to_client(errand, failure, authorize);
        return;
    }
    if (!browser_cookie_is_valid(authorize->browser)) {
        errand_fail(errand, FAIL_MESSAGE_MALFORMED);
        return;
    }
    struct authorize_reply *kept = arena_take(errand->arena, sizeof(*kept));
    if (kept == NULL) {
        errand_fail(errand, FAIL_OVERLOADED);
        return;
    }
    *kept = *authorize;
    errand->state = kept;
    const struct login_request login = {
        .session = kept->session,
        .browser = kept->browser,
        .address = errand->request.address,
    };
    errand_ask(errand, &LOGIN, &login, on_login);
}

static enum failure max_age_read(const struct form *form, int64_t *ret_max_age)
{
    struct str text;
    TRY(form_get(form, STR("max_age"), &text));
    if (str_is_present(text) && !str_to_i64(text, ret_max_age))
        return FAIL_REQUEST_MALFORMED;
    return OK;
}

/* RFC 6749 3.1: no parameter twice, but resource (RFC 8707 2). */
static enum failure query_read(struct errand *errand, struct authorize_request *ret_message)
{
    struct form form;
    TRY(form_parse(errand->arena, errand->request.query, &form));
    TRY(form_get(&form, STR("response_type"), &ret_message->response_type));
    TRY(form_get(&form, STR("client_id"), &ret_message->client_id));
    TRY(form_get(&form, STR("redirect_uri"), &ret_message->redirect_uri));
    TRY(form_get(&form, STR("scope"), &ret_message->scope));
    TRY(form_get(&form, STR("state"), &ret_message->state));
    TRY(form_get(&form, STR("code_challenge"), &ret_message->code_challenge));
    TRY(form_get(&form, STR("code_challenge_method"), &ret_message->code_challenge_method));
    TRY(form_get_all(&form, STR("resource"), errand->arena, &ret_message->resource));
    TRY(form_get(&form, STR("nonce"), &ret_message->nonce));
    TRY(form_get(&form, STR("prompt"), &ret_message->prompt));
    TRY(form_get(&form, STR("login_hint"), &ret_message->login_hint));
    return max_age_read(&form, &ret_message->max_age);
}

void authorize_handle(const struct request *request)
{
    struct errand *errand = errand_new(request, BUDGET_REGISTRY_MS);
    if (errand == NULL)
        return;
    struct authorize_request message = {.max_age = FIELD_I64_ABSENT};
    enum failure failure = query_read(errand, &message);
    if (failure != OK) {
        errand_fail(errand, failure);
        return;
    }
    message.browser = request_browser(request);
    message.seed = errand_make_seed(errand);
    message.address = errand->request.address;
    errand_ask(errand, &AUTHORIZE, &message, on_authorize);
}

static enum failure form_read(struct errand *errand, struct decide_request *ret_message)
{
    struct form form;
    TRY(request_read_form(&errand->request, errand->arena, &form));
    TRY(form_get(&form, STR("session"), &ret_message->session));
    TRY(form_get(&form, STR("csrf_token"), &ret_message->csrf_token));
    TRY(form_get(&form, STR("decision"), &ret_message->decision));
    ret_message->browser = request_browser(&errand->request);
    ret_message->address = errand->request.address;
    if (!str_is_present(ret_message->session))
        return FAIL_SESSION_UNKNOWN;
    if (!str_is_present(ret_message->csrf_token))
        return FAIL_CSRF_TOKEN_FORGED;
    if (!str_is_present(ret_message->decision))
        return FAIL_DECISION_UNKNOWN;
    return str_is_present(ret_message->browser) ? OK : FAIL_BROWSER_FOREIGN;
}

void authorize_handle_form(const struct request *request)
{
    struct errand *errand = errand_new(request, BUDGET_CALLBACK_MS);
    if (errand == NULL)
        return;
    struct decide_request message = {0};
    enum failure failure = form_read(errand, &message);
    if (failure != OK)
        errand_fail(errand, failure);
    else
        errand_ask(errand, &DECIDE, &message, sign_in_on_reply);
}
