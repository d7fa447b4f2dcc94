/* A refresh token becomes the next one and a fresh access token (RFC 6749 6, RFC 9700 4.14.2).
 *
 * Two round trips: client, grant and the user's not-before time are read together; everything is
 * checked here; one script rotates, or finds out that a used token came again. Refusals that the
 * servers file causes block the grant and never delete it, because processes read the file at
 * different moments. */
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/oauth/refresh_token.h"
#include "common/oauth/scope.h"
#include "common/store/audit.h"
#include "common/store/grant.h"
#include "common/store/grants_index.h"
#include "common/store/revoked.h"
#include "services/signer/operations.h"
#include "services/signer/signer.h"
#include "services/signer/signer_metrics.h"
#include "services/signer/token_answer.h"
#include "services/signer/token_client.h"
#include "services/signer/token_refusal.h"

struct refresh {
    struct task *task;
    const struct refresh_request *request;
    struct token_client client;
    enum failure token_failure; /* told after the client's */
    struct refresh_token token;
    const struct grant_record *record; /* NULL: there is none */
    int64_t not_before;
    struct str scope;    /* of the new access token */
    struct str resource; /* of the server, in the task's arena */
    int64_t grant_end_at;
    unsigned reads_left;
    enum failure read_failure;
};

/* RFC 6749 6: the token was issued to this client, has not ended, and neither has its grant. */
static enum failure token_check(const struct refresh *refresh)
{
    const struct refresh_token *token = &refresh->token;
    const struct grant_record *record = refresh->record;
    TRY(refresh->token_failure);
    if (!str_equals(token->client_id, refresh->client.said.client_id))
        return FAIL_REFRESH_TOKEN_FOREIGN;
    if (token->exp <= clock_wall_s() || record == NULL)
        return FAIL_REFRESH_TOKEN_INVALID;
    if (!str_equals(record->client_id, token->client_id) ||
        !str_equals(record->user_id, token->sub) || record->signed_in_at < refresh->not_before)
        return FAIL_REFRESH_TOKEN_INVALID;
    return OK;
}

/* The access list is asked again at every refresh. */
static enum failure user_check(const struct refresh *refresh, const struct server *server)
{
    const struct grant_record *record = refresh->record;
    enum servers_admission admission = SERVERS_REFUSES;
    int64_t user_id;
    if (str_to_i64(record->user_id, &user_id))
        admission = servers_still_admits(server, record->rule, record->login, user_id);
    if (admission == SERVERS_REFUSES)
        return signer_refuse_user(FAIL_USER_NO_LONGER_ALLOWED, record->signed_in_at);
    if (admission == SERVERS_TRUSTS_MEMBERSHIP &&
        clock_wall_s() - record->signed_in_at >= server->reauthenticate_after_s)
        return FAIL_REAUTHENTICATION_REQUIRED;
    return OK;
}

static enum failure request_check(struct refresh *refresh)
{
    struct arena *arena = refresh->task->arena;
    const struct server *server;
    TRY(signer_find_server(refresh->record->scope, refresh->record->signed_in_at, &server));
    TRY(user_check(refresh, server));
    TRY(servers_check_resources(servers_watch_get(signer_get()->servers), server,
                                refresh->request->resource));
    TRY(scope_narrow(arena, refresh->record->scope, refresh->request->scope, &refresh->scope));
    if (str_is_present(server->resource)) {
        refresh->resource = arena_dup(arena, server->resource);
        if (!str_is_present(refresh->resource))
            return FAIL_LIMIT_REACHED;
    }
    return OK;
}

static void refresh_audit(const struct refresh *refresh, enum audit_event event, struct str reason)
{
    const struct task *task = refresh->task;
    audit_append(task->store,
                 &(struct audit_entry){
                     .event = event,
                     .request_id = task->request_id,
                     .client_id = refresh->token.client_id,
                     .user_id = refresh->token.sub,
                     .login = refresh->record->login,
                     .g = refresh->token.g,
                     .reason = reason,
                 },
                 task->deadline_ms);
}

/* Repeatable, and nobody waits for it. */
static void refresh_follow_up(const struct refresh *refresh, const struct grant_issue *issue)
{
    const struct task *task = refresh->task;
    int64_t ttl_s = signer_get()->config->refresh_token_ttl_s;
    if (ttl_s > refresh->grant_end_at - issue->rotated_at)
        ttl_s = refresh->grant_end_at - issue->rotated_at;
    token_client_extend(&refresh->client);
    grants_index_add(task->store, refresh->token.sub, refresh->token.g, ttl_s, task->arena,
                     task->deadline_ms, NULL, NULL);
    if (issue->is_adopted)
        refresh_audit(refresh, AUDIT_FAILOVER, STR("refresh_token"));
    refresh_audit(refresh, AUDIT_REFRESH, STR_ABSENT);
}

static void refresh_refuse(const struct refresh *refresh, enum failure failure)
{
    struct task *task = refresh->task;
    if (failure == FAIL_REFRESH_TOKEN_REPLAYED) {
        refresh_audit(refresh, AUDIT_REUSE, STR("refresh_token"));
        grants_index_remove(task->store, refresh->token.sub, refresh->token.g, task->arena,
                            task->deadline_ms);
    } else if (failure == FAIL_USER_NO_LONGER_ALLOWED ||
               failure == FAIL_REAUTHENTICATION_REQUIRED) {
        refresh_audit(refresh, AUDIT_DENIAL, str_from_cstr(failure_row(failure)->name));
    }
    token_refuse(task, failure, &refresh->request->client, refresh->request->address,
                 refresh->token.g);
}

static void on_rotated(void *context, enum failure failure, const struct grant_issue *issue)
{
    const struct refresh *refresh = context;
    const struct grant_record *record = refresh->record;
    struct task *task = refresh->task;
    struct token_reply reply;
    if (failure == OK) {
        const struct token_answer answer = {
            .g = refresh->token.g,
            .client_id = record->client_id,
            .user_id = record->user_id,
            .login = record->login,
            .email = record->email,
            .scope = refresh->scope,
            .resource = refresh->resource,
            .n = issue->n,
            .m = issue->m,
            .issued_at = issue->issued_at,
            .rotated_at = issue->rotated_at,
            .grant_end_at = refresh->grant_end_at,
        };
        failure = token_answer_make(task->arena, &answer, &reply);
    }
    if (failure != OK) {
        refresh_refuse(refresh, failure);
        return;
    }
    refresh_follow_up(refresh, issue);
    signer_metrics_count_issued(GRANT_REFRESH_TOKEN);
    task_reply(task, &reply);
}

static enum failure refresh_check(struct refresh *refresh)
{
    TRY(refresh->read_failure);
    TRY(token_client_check(&refresh->client));
    TRY(token_check(refresh));
    TRY(request_check(refresh));
    return task_is_late(refresh->task) ? FAIL_BUDGET_SPENT : OK;
}

static void refresh_rotate(struct refresh *refresh)
{
    struct task *task = refresh->task;
    const struct signer_config *config = signer_get()->config;
    enum failure failure = refresh_check(refresh);
    if (failure != OK) {
        refresh_refuse(refresh, failure);
        return;
    }
    refresh->grant_end_at = refresh->record->signed_in_at + config->grant_ttl_s;
    const struct grant_rotation rotation = {
        .g = refresh->token.g,
        .request_id = task->request_id,
        .n = refresh->token.n,
        .refresh_grace_s = config->refresh_grace_s,
        .refresh_token_ttl_s = config->refresh_token_ttl_s,
        .grant_end_at = refresh->grant_end_at,
        .revoked_ttl_s = signer_revoked_ttl_s(),
    };
    grant_record_rotate(task->store, &rotation, task->arena, task->deadline_ms, on_rotated,
                        refresh);
}

static void refresh_read_done(struct refresh *refresh, enum failure failure)
{
    if (refresh->read_failure == OK)
        refresh->read_failure = failure;
    if (--refresh->reads_left == 0)
        refresh_rotate(refresh);
}

static void on_client(void *context, enum failure failure)
{
    refresh_read_done(context, failure);
}

static void on_grant(void *context, enum failure failure, const struct grant_record *record)
{
    struct refresh *refresh = context;
    refresh->record = record;
    refresh_read_done(refresh, failure);
}

static void on_user(void *context, enum failure failure, int64_t not_before)
{
    struct refresh *refresh = context;
    refresh->not_before = not_before;
    refresh_read_done(refresh, failure);
}

static enum failure token_open(struct arena *arena, struct str text,
                               struct refresh_token *ret_token)
{
    struct str payload;
    TRY(refresh_ring_open(keys_refresh_ring(signer_get()->keys), text, arena, &payload));
    return refresh_token_from_text(arena, payload, ret_token);
}

void refresh_handle(struct task *task, const void *message)
{
    const struct refresh_request *request = message;
    struct refresh *refresh = arena_take(task->arena, sizeof(*refresh));
    enum failure failure = refresh != NULL ? OK : FAIL_LIMIT_REACHED;
    if (failure == OK)
        failure = token_client_init(&refresh->client, task, &request->client);
    if (failure == OK && str_is_empty(request->refresh_token))
        failure = FAIL_REFRESH_TOKEN_MISSING;
    if (failure != OK) {
        token_refuse(task, failure, &request->client, request->address, STR_ABSENT);
        return;
    }
    refresh->task = task;
    refresh->request = request;
    refresh->token_failure = token_open(task->arena, request->refresh_token, &refresh->token);
    refresh->reads_left = refresh->token_failure == OK ? 3 : 1;
    if (refresh->token_failure == OK) {
        grant_record_get(task->store, refresh->token.g, task->arena, task->deadline_ms, on_grant,
                         refresh);
        revoked_user_get(task->store, refresh->token.sub, task->arena, task->deadline_ms, on_user,
                         refresh);
    }
    token_client_find(&refresh->client, on_client, refresh);
}
