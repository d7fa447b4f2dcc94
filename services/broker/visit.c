#include "services/broker/visit.h"
#include "common/base/clock.h"
#include "common/base/form.h"
#include "common/base/limits.h"
#include "common/crypto/digest.h"
#include "common/oauth/document_url.h"
#include "common/oauth/redirect_uri.h"
#include "common/oauth/scope.h"
#include "common/store/approval.h"
#include "common/store/code.h"
#include "common/store/grants_index.h"
#include "services/broker/broker.h"
#include "services/broker/broker_metrics.h"

void visit_fail(struct visit *visit, enum failure failure, const char *detail)
{
    task_fail(visit->task, failure, str_from_cstr(detail));
}

struct visit *visit_new(struct task *task, struct str browser, struct str address)
{
    struct visit *visit = arena_take(task->arena, sizeof(*visit));
    if (visit == NULL) {
        task_fail(task, FAIL_LIMIT_REACHED, STR_ABSENT);
        return NULL;
    }
    *visit = (struct visit){.task = task, .from = {.browser = browser}, .address = address};
    return visit;
}

static void on_loaded(void *context, enum failure failure, const struct session_record *record)
{
    struct visit *visit = context;
    if (failure == OK && record == NULL)
        failure = FAIL_SESSION_UNKNOWN;
    if (failure == OK)
        failure =
            derive_check_browser(visit->task->arena, visit->from.browser, record->browser_sha256);
    if (failure != OK) {
        visit_fail(visit, failure, NULL);
        return;
    }
    task_continue_trace(visit->task, record->traceparent);
    visit->session = *record;
    visit->from.attempt = record->attempt;
    visit->on_session(visit);
}

void visit_load(struct visit *visit, struct str s, void (*on_session)(struct visit *visit))
{
    struct task *task = visit->task;
    visit->from.s = s;
    visit->on_session = on_session;
    session_record_get(task->store, s, task->arena, task->deadline_ms, on_loaded, visit);
}

/* ---- to GitHub */

/* Of the budget, for the steps in Redis that follow GitHub's answer or its silence. */
enum { RESERVE_MS = 1500 };

const struct server *visit_server(const struct visit *visit)
{
    return servers_find_scope(broker_servers(), scope_find_mcp(visit->session.scope));
}

struct github_question visit_question(const struct visit *visit)
{
    struct arena *arena = visit->task->arena;
    const struct server *server = visit_server(visit);
    struct str prompt = visit->session.prompt;
    bool is_another_account = visit->wants_account_choice;
    return (struct github_question){
        .state = derive_state(arena, &visit->from),
        .code_verifier = derive_code_verifier(arena, &visit->from),
        .login_hint = is_another_account ? STR_ABSENT : visit->session.login_hint,
        .wants_email = scope_contains(visit->session.scope, STR("email")),
        .wants_membership = server != NULL && servers_has_membership_rules(server),
        .wants_account_choice = is_another_account || scope_contains(prompt, STR("login")) ||
                                scope_contains(prompt, STR("select_account")),
        .deadline_ms = visit->task->deadline_ms - RESERVE_MS,
    };
}

static void reply_redirect(struct visit *visit, struct str location)
{
    const struct sign_in_reply reply = {.outcome = STR("redirect"), .location = location};
    if (str_is_present(location))
        task_reply(visit->task, &reply);
    else
        visit_fail(visit, FAIL_LIMIT_REACHED, NULL);
}

void visit_to_github(struct visit *visit)
{
    struct github_question question = visit_question(visit);
    struct str location = github_authorize_url(broker_get()->github, &question, visit->task->arena);
    reply_redirect(visit, location);
}

static void on_attempt(void *context, enum failure failure, int64_t attempt)
{
    struct visit *visit = context;
    visit->from.attempt = attempt;
    if (failure != OK)
        visit_fail(visit, failure, NULL);
    else
        visit_to_github(visit);
}

void visit_again(struct visit *visit, bool wants_account_choice)
{
    struct task *task = visit->task;
    visit->wants_account_choice = wants_account_choice;
    session_record_again(task->store, visit->from.s, visit->from.attempt, task->arena,
                         task->deadline_ms, on_attempt, visit);
}

/* ---- back to the client (RFC 6749 4.1.2, RFC 9207) */

static struct str client_location(const struct visit *visit, struct str name, struct str value,
                                  struct str description)
{
    struct arena *arena = visit->task->arena;
    struct str location = form_append(arena, visit->session.redirect_uri, name, value);
    location = form_append(arena, location, STR("error_description"), description);
    location = form_append(arena, location, STR("state"), visit->session.state);
    return form_append(arena, location, STR("iss"), broker_get()->issuer);
}

static struct str denied_location(const struct visit *visit)
{
    return client_location(visit, STR("error"), STR("access_denied"),
                           str_from_cstr(failure_row(FAIL_ACCESS_DENIED)->description));
}

void visit_tell_denied(struct visit *visit)
{
    reply_redirect(visit, denied_location(visit));
}

void visit_audit(const struct visit *visit, enum audit_event event, struct str reason, struct str g)
{
    const struct audit_entry entry = {
        .event = event,
        .request_id = visit->task->request_id,
        .client_id = visit->session.client_id,
        .user_id = visit->session.user_id,
        .login = visit->session.login,
        .g = g,
        .address = visit->address,
        .reason = reason,
    };
    audit_append(visit->task->store, &entry, visit->task->deadline_ms);
    if (event == AUDIT_CONSENT)
        broker_metrics_count_consent(reason);
}

/* ---- the code */

static struct code_record code_of(const struct visit *visit)
{
    const struct session_record *session = &visit->session;
    return (struct code_record){
        .secret_sha256 = visit->code_sha256,
        .client_id = session->client_id,
        .client_secret_sha256 = session->client_secret_sha256,
        .token_endpoint_auth_method = session->token_endpoint_auth_method,
        .redirect_uri = session->redirect_uri,
        .redirect_uri_is_explicit = session->redirect_uri_is_explicit,
        .scope = session->scope,
        .resource = session->resource,
        .user_id = session->user_id,
        .login = session->login,
        .email = session->email,
        .rule = session->rule,
        .code_challenge = session->code_challenge,
        .nonce = session->nonce,
        .traceparent = session->traceparent,
        .signed_in_at = session->signed_in_at,
        .created_at = clock_wall_s(),
        .used_at = FIELD_I64_ABSENT,
    };
}

static void on_code(void *context, enum failure failure)
{
    struct visit *visit = context;
    const struct sign_in_reply connected = {
        .outcome = STR("connected"),
        .client_name = visit->session.client_name,
    };
    if (failure == FAIL_ALREADY_CONNECTED)
        task_reply(visit->task, &connected);
    else if (failure != OK)
        visit_fail(visit, failure, NULL);
    else
        reply_redirect(visit, client_location(visit, STR("code"), visit->code, STR_ABSENT));
}

/* The index first: a grant that exists is always found by its user. */
static void on_indexed(void *context, enum failure failure)
{
    struct visit *visit = context;
    struct task *task = visit->task;
    struct code_record record = code_of(visit);
    if (failure != OK) {
        visit_fail(visit, failure, NULL);
        return;
    }
    code_record_create(task->store, derive_g(task->arena, &visit->from), &record, task->arena,
                       task->deadline_ms, on_code, visit);
}

static void code_give(struct visit *visit)
{
    struct task *task = visit->task;
    visit->code = derive_code(task->arena, &visit->from, &visit->code_sha256);
    if (!str_is_present(visit->code)) {
        visit_fail(visit, FAIL_LIMIT_REACHED, NULL);
        return;
    }
    grants_index_add(task->store, visit->session.user_id, derive_g(task->arena, &visit->from),
                     CODE_TTL_S, task->arena, task->deadline_ms, on_indexed, visit);
}

/* ---- the decision */

/* Loopback and private-use redirects can be taken by any local program, so a client that cannot
 * authenticate is asked for again each time (RFC 8252 8.6). */
static bool approval_may_be_remembered(const struct session_record *session)
{
    bool authenticates = !str_is_empty(session->token_endpoint_auth_method) &&
                         !str_equals(session->token_endpoint_auth_method, STR("none"));
    return authenticates || redirect_uri_remembers_consent(session->redirect_uri);
}

/* What was agreed to: another client, name, redirect or scope is another approval. */
static struct str approval_of(const struct visit *visit)
{
    const struct session_record *session = &visit->session;
    struct arena *arena = visit->task->arena;
    struct str text =
        arena_printf(arena, "%.*s\n%.*s\n%.*s\n%.*s\n%.*s", STR_ARGS(session->client_id),
                     STR_ARGS(session->client_fingerprint), STR_ARGS(session->client_name),
                     STR_ARGS(session->redirect_uri), STR_ARGS(session->scope));
    return str_is_present(text) ? digest_hex(arena, text) : STR_ABSENT;
}

static void approval_keep(const struct visit *visit)
{
    struct task *task = visit->task;
    struct str h = approval_of(visit);
    const struct approval_record record = {
        .client_id = visit->session.client_id,
        .scope = visit->session.scope,
        .approved_at = clock_wall_s(),
    };
    if (approval_may_be_remembered(&visit->session) && str_is_present(h))
        approval_remember(task->store, visit->session.user_id, h, &record, task->arena,
                          task->deadline_ms);
}

static void on_decision(void *context, enum failure failure, bool is_approved)
{
    struct visit *visit = context;
    if (failure == FAIL_ALREADY_CONNECTED) {
        on_code(visit, failure);
        return;
    }
    if (failure != OK) {
        visit_fail(visit, failure, NULL);
        return;
    }
    visit_audit(visit, AUDIT_CONSENT, is_approved ? str_from_cstr(visit->how) : STR("deny"),
                is_approved ? derive_g(visit->task->arena, &visit->from) : STR_ABSENT);
    if (!is_approved) {
        visit_tell_denied(visit);
        return;
    }
    approval_keep(visit);
    code_give(visit);
}

/* The access list may have changed since the sign-in. */
static enum failure approval_check(const struct visit *visit)
{
    const struct session_record *session = &visit->session;
    const struct server *server = visit_server(visit);
    int64_t user_id;
    if (server == NULL)
        return broker_server_missing(session->signed_in_at);
    if (!str_to_i64(session->user_id, &user_id) ||
        servers_still_admits(server, session->rule, session->login, user_id) == SERVERS_REFUSES)
        return broker_user_missing(session->signed_in_at);
    return OK;
}

void visit_decide(struct visit *visit, struct str decision, const char *how)
{
    struct task *task = visit->task;
    enum failure failure = OK;
    visit->how = how;
    if (str_equals(decision, STR("approve")))
        failure = approval_check(visit);
    if (failure == FAIL_USER_NOT_ALLOWED)
        visit_audit(visit, AUDIT_DENIAL, STR("user_not_allowed"), STR_ABSENT);
    if (failure == OK && task_is_late(task))
        failure = FAIL_BUDGET_SPENT;
    if (failure != OK) {
        visit_fail(visit, failure, NULL);
        return;
    }
    session_record_decide(task->store, visit->from.s, decision, visit->from.attempt, task->arena,
                          task->deadline_ms, on_decision, visit);
}

/* ---- the pages */

/* Beside the name, which the client chose itself, stands what it cannot choose: who serves its
 * metadata document (MCP 2025-11-25, security of client ID metadata documents). */
static struct str client_host_of(struct arena *arena, struct str client_id)
{
    struct uri uri;
    if (document_url_check(client_id, &uri) != OK)
        return STR_ABSENT;
    struct str host = uri_lower(arena, uri.host);
    return str_is_present(uri.port)
               ? arena_printf(arena, "%.*s:%.*s", STR_ARGS(host), STR_ARGS(uri.port))
               : host;
}

static struct sign_in_reply page_of(const struct visit *visit, struct str outcome)
{
    const struct session_record *session = &visit->session;
    const struct server *server = visit_server(visit);
    struct arena *arena = visit->task->arena;
    enum redirect_uri_kind kind = REDIRECT_URI_LOOPBACK;
    if (redirect_uri_classify(session->redirect_uri, &kind) != OK)
        kind = REDIRECT_URI_LOOPBACK; /* the warning never harms */
    return (struct sign_in_reply){
        .outcome = outcome,
        .session = visit->from.s,
        .csrf_token = derive_csrf_token(arena, &visit->from),
        .client_id = session->client_id,
        .client_name = session->client_name,
        .client_host = client_host_of(arena, session->client_id),
        .redirect_host = redirect_uri_shown_host(arena, session->redirect_uri),
        .redirect_is_loopback = kind == REDIRECT_URI_LOOPBACK,
        .server_name = server != NULL ? server->name : scope_find_mcp(session->scope),
        .server_description = server != NULL ? server->description : STR_ABSENT,
        .scope = session->scope,
        .login = session->login,
    };
}

/* Half a page would be worse than none: a form that leads nowhere, or consent to a target that is
 * not shown. */
static void reply_page(struct visit *visit, const struct sign_in_reply *reply)
{
    struct uri uri;
    bool has_host = document_url_check(visit->session.client_id, &uri) == OK;
    if (str_is_present(reply->csrf_token) && str_is_present(reply->redirect_host) &&
        str_is_present(reply->client_host) == has_host)
        task_reply(visit->task, reply);
    else
        visit_fail(visit, FAIL_LIMIT_REACHED, NULL);
}

static void reply_consent(struct visit *visit)
{
    const struct sign_in_reply reply = page_of(visit, STR("consent"));
    reply_page(visit, &reply);
}

static void reply_denied(struct visit *visit)
{
    struct sign_in_reply reply = page_of(visit, STR("denied"));
    reply.location = denied_location(visit);
    reply.reason = visit->session.denial;
    reply.help_url = visit->session.help_url;
    reply_page(visit, &reply);
}

static void on_approval(void *context, enum failure failure, bool is_approved)
{
    struct visit *visit = context;
    if (failure != OK)
        visit_fail(visit, failure, NULL);
    else if (is_approved)
        visit_decide(visit, STR("approve"), "remembered");
    else
        reply_consent(visit);
}

void visit_begin(struct visit *visit)
{
    const struct server *server = visit_server(visit);
    if (server != NULL && server->asks_consent_before_github)
        reply_consent(visit);
    else
        visit_to_github(visit);
}

static void on_consent(void *context, enum failure failure, bool is_approved)
{
    struct visit *visit = context;
    if (failure != OK) {
        visit_fail(visit, failure, NULL);
    } else if (is_approved) {
        visit_to_github(visit);
    } else {
        visit_audit(visit, AUDIT_CONSENT, STR("deny"), STR_ABSENT);
        visit_tell_denied(visit);
    }
}

void visit_consent(struct visit *visit, struct str decision)
{
    struct task *task = visit->task;
    session_record_consent(task->store, visit->from.s, decision, task->arena, task->deadline_ms,
                           on_consent, visit);
}

void visit_continue(struct visit *visit)
{
    const struct session_record *session = &visit->session;
    struct task *task = visit->task;
    if (!str_is_empty(session->denial)) {
        reply_denied(visit);
    } else if (!str_is_empty(session->decision)) {
        visit_decide(visit, session->decision, "approve");
    } else if (str_equals(session->consent, STR("approve"))) {
        visit_decide(visit, STR("approve"), "before_github");
    } else if (approval_may_be_remembered(session) &&
               !scope_contains(session->prompt, STR("consent"))) {
        struct str h = approval_of(visit);
        if (str_is_present(h))
            approval_get(task->store, session->user_id, h, task->arena, task->deadline_ms,
                         on_approval, visit);
        else
            visit_fail(visit, FAIL_LIMIT_REACHED, NULL);
    } else {
        reply_consent(visit);
    }
}
