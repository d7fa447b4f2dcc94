/* An authorization code becomes tokens (RFC 6749 4.1.3, RFC 7636 4.5).
 *
 * Two round trips: client and code are read together; everything is checked here; one script marks
 * the code as used and creates the grant. The client is judged first, then the code's secret, so
 * that nobody learns anything about a code who is not its client and does not hold it. A used code
 * skips the remaining checks: whoever holds the secret and is the client has replayed it, and the
 * script revokes what came of it, or finds that it is this very request again. */
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/oauth/authorization_code.h"
#include "common/oauth/pkce.h"
#include "common/store/audit.h"
#include "common/store/code.h"
#include "common/store/grants_index.h"
#include "services/signer/operations.h"
#include "services/signer/signer.h"
#include "services/signer/signer_metrics.h"
#include "services/signer/token_answer.h"
#include "services/signer/token_client.h"
#include "services/signer/token_refusal.h"

struct exchange {
    struct task *task;
    const struct exchange_request *request;
    struct token_client client;
    enum failure code_failure; /* of its text; told after the client's */
    struct authorization_code code;
    const struct code_record *record; /* NULL: there is none */
    struct str resource;              /* of the server, in the task's arena */
    int64_t grant_end_at;
    unsigned reads_left;
    enum failure read_failure;
};

/* RFC 6749 4.1.3: the code was issued to this client, and whoever shows it holds its secret. */
static enum failure code_check_holder(const struct exchange *exchange)
{
    const struct code_record *record = exchange->record;
    if (exchange->code_failure != OK)
        return exchange->code_failure;
    if (record == NULL || !client_secret_matches(exchange->code.secret, record->secret_sha256))
        return FAIL_CODE_UNKNOWN;
    if (!str_equals(record->client_id, exchange->client.said.client_id))
        return FAIL_CODE_FOREIGN;
    return OK;
}

/* None of these refusals consumes the code. */
static enum failure code_check_request(struct exchange *exchange)
{
    const struct exchange_request *request = exchange->request;
    const struct code_record *record = exchange->record;
    const struct server *server;
    /* OAuth 2.1 lets clients leave it out; one that is sent must be the same, port included. */
    if (!str_is_empty(request->redirect_uri) &&
        !str_equals(request->redirect_uri, record->redirect_uri))
        return FAIL_REDIRECT_URI_MISMATCH;
    TRY(code_verifier_check(request->code_verifier, record->code_challenge));
    TRY(signer_find_server(record->scope, record->created_at, &server));
    TRY(servers_check_resources(servers_watch_get(signer_get()->servers), server,
                                request->resource));
    if (str_is_present(server->resource)) {
        exchange->resource = arena_dup(exchange->task->arena, server->resource);
        if (!str_is_present(exchange->resource))
            return FAIL_LIMIT_REACHED;
    }
    return OK;
}

static void exchange_audit(const struct exchange *exchange, enum audit_event event,
                           const char *reason)
{
    const struct task *task = exchange->task;
    audit_append(task->store,
                 &(struct audit_entry){
                     .event = event,
                     .request_id = task->request_id,
                     .client_id = exchange->record->client_id,
                     .user_id = exchange->record->user_id,
                     .login = exchange->record->login,
                     .g = exchange->code.g,
                     .reason = str_from_cstr(reason),
                 },
                 task->deadline_ms);
}

/* Repeatable, and nobody waits for it. */
static void exchange_follow_up(const struct exchange *exchange, int64_t issued_at)
{
    const struct task *task = exchange->task;
    const struct signer_config *config = signer_get()->config;
    int64_t ttl_s = config->refresh_token_ttl_s;
    if (ttl_s > exchange->grant_end_at - issued_at)
        ttl_s = exchange->grant_end_at - issued_at;
    token_client_extend(&exchange->client);
    grants_index_add(task->store, exchange->record->user_id, exchange->code.g, ttl_s, task->arena,
                     task->deadline_ms, NULL, NULL);
    grants_index_prune(task->store, exchange->record->user_id, task->arena, task->deadline_ms);
    exchange_audit(exchange, AUDIT_ISSUE, NULL);
}

static void exchange_refuse(const struct exchange *exchange, enum failure failure)
{
    token_refuse(exchange->task, failure, &exchange->request->client, exchange->request->address,
                 exchange->code.g);
}

static void on_redeemed(void *context, enum failure failure, int64_t issued_at)
{
    const struct exchange *exchange = context;
    const struct code_record *record = exchange->record;
    struct task *task = exchange->task;
    struct token_reply reply;
    if (failure == FAIL_CODE_REPLAYED) {
        exchange_audit(exchange, AUDIT_REUSE, "code");
        grants_index_remove(task->store, record->user_id, exchange->code.g, task->arena,
                            task->deadline_ms);
    }
    if (failure == OK) {
        const struct token_answer answer = {
            .g = exchange->code.g,
            .client_id = record->client_id,
            .user_id = record->user_id,
            .login = record->login,
            .email = record->email,
            .scope = record->scope,
            .resource = exchange->resource,
            .nonce = record->nonce,
            .has_id_token = true,
            .n = 1,
            .m = 1,
            .issued_at = issued_at,
            .rotated_at = issued_at,
            .grant_end_at = exchange->grant_end_at,
        };
        failure = token_answer_make(task->arena, &answer, &reply);
    }
    if (failure != OK) {
        exchange_refuse(exchange, failure);
        return;
    }
    exchange_follow_up(exchange, issued_at);
    signer_metrics_count_issued(GRANT_AUTHORIZATION_CODE);
    task_reply(task, &reply);
}

static enum failure exchange_check(struct exchange *exchange)
{
    TRY(exchange->read_failure);
    TRY(token_client_check(&exchange->client));
    TRY(code_check_holder(exchange));
    if (!str_is_present(exchange->record->used_by) ||
        str_equals(exchange->record->used_by, exchange->task->request_id))
        TRY(code_check_request(exchange));
    return task_is_late(exchange->task) ? FAIL_BUDGET_SPENT : OK;
}

static void exchange_redeem(struct exchange *exchange)
{
    struct task *task = exchange->task;
    const struct signer_config *config = signer_get()->config;
    enum failure failure = exchange_check(exchange);
    if (failure != OK) {
        exchange_refuse(exchange, failure);
        return;
    }
    const struct code_record *record = exchange->record;
    int64_t begun_at =
        record->signed_in_at != FIELD_I64_ABSENT ? record->signed_in_at : record->created_at;
    exchange->grant_end_at = begun_at + config->grant_ttl_s;
    const struct code_redemption redemption = {
        .g = exchange->code.g,
        .request_id = task->request_id,
        .record = record,
        .refresh_token_ttl_s = config->refresh_token_ttl_s,
        .grant_end_at = exchange->grant_end_at,
        .revoked_ttl_s = signer_revoked_ttl_s(),
    };
    code_record_redeem(task->store, &redemption, task->arena, task->deadline_ms, on_redeemed,
                       exchange);
}

static void exchange_read_done(struct exchange *exchange, enum failure failure)
{
    if (exchange->read_failure == OK)
        exchange->read_failure = failure;
    if (--exchange->reads_left == 0)
        exchange_redeem(exchange);
}

static void on_client(void *context, enum failure failure)
{
    exchange_read_done(context, failure);
}

static void on_code(void *context, enum failure failure, const struct code_record *record)
{
    struct exchange *exchange = context;
    exchange->record = record;
    if (record != NULL)
        task_continue_trace(exchange->task, record->traceparent);
    exchange_read_done(exchange, failure);
}

void exchange_handle(struct task *task, const void *message)
{
    const struct exchange_request *request = message;
    struct exchange *exchange = arena_take(task->arena, sizeof(*exchange));
    enum failure failure = exchange != NULL ? OK : FAIL_LIMIT_REACHED;
    if (failure == OK)
        failure = token_client_init(&exchange->client, task, &request->client);
    if (failure == OK && str_is_empty(request->code))
        failure = FAIL_CODE_MISSING;
    if (failure == OK && str_is_empty(request->code_verifier))
        failure = FAIL_CODE_VERIFIER_MISSING;
    if (failure != OK) {
        token_refuse(task, failure, &request->client, request->address, STR_ABSENT);
        return;
    }
    exchange->task = task;
    exchange->request = request;
    exchange->code_failure = authorization_code_parse(request->code, &exchange->code);
    exchange->reads_left = exchange->code_failure == OK ? 2 : 1;
    if (exchange->code_failure == OK)
        code_record_get(task->store, exchange->code.g, task->arena, task->deadline_ms, on_code,
                        exchange);
    token_client_find(&exchange->client, on_client, exchange);
}
