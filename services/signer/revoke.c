/* An access token ends alone, a refresh token with its whole grant (RFC 7009 2.1). Repeating it
 * changes nothing. A refresh token that has been replaced or has ended still names its grant:
 * ending more than asked harms nobody but its holder.
 *
 * Who may: at /admin/revoke whoever holds the token; at /revoke the client it was issued to, which
 * is authenticated before anybody looks at the token, so that the answers tell a stranger nothing.
 */
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/oauth/access_token.h"
#include "common/oauth/refresh_token.h"
#include "common/store/audit.h"
#include "common/store/grant.h"
#include "common/store/grants_index.h"
#include "common/store/revoked.h"
#include "services/signer/operations.h"
#include "services/signer/signer.h"
#include "services/signer/token_client.h"

struct revocation {
    struct task *task;
    struct str g;
    struct str user_id;
    struct str client_id;
    bool is_of_grant;
    bool is_of_client; /* only the client's own tokens; else possession is enough */
    struct token_client client;
    struct str token; /* of the client's request */
};

/* RFC 7009 2.1: the token was issued to the client making the request. */
static bool is_foreign(const struct revocation *revocation)
{
    return revocation->is_of_client &&
           !str_equals(revocation->client_id, revocation->client.said.client_id);
}

static void on_revoked(void *context, enum failure failure)
{
    const struct revocation *revocation = context;
    struct task *task = revocation->task;
    if (failure != OK) {
        task_fail(task, failure, revocation->g);
        return;
    }
    if (revocation->is_of_grant)
        grants_index_remove(task->store, revocation->user_id, revocation->g, task->arena,
                            task->deadline_ms);
    audit_append(task->store,
                 &(struct audit_entry){
                     .event = AUDIT_REVOCATION,
                     .request_id = task->request_id,
                     .client_id = revocation->client_id,
                     .user_id = revocation->user_id,
                     .g = revocation->g,
                     .reason = revocation->is_of_grant ? STR("grant") : STR("access_token"),
                 },
                 task->deadline_ms);
    task_reply(task, NULL);
}

static enum failure refresh_token_revoke(struct revocation *revocation, struct str text)
{
    struct task *task = revocation->task;
    struct str payload;
    struct refresh_token token;
    enum failure failure =
        refresh_ring_open(keys_refresh_ring(signer_get()->keys), text, task->arena, &payload);
    if (failure == OK)
        failure = refresh_token_from_text(task->arena, payload, &token);
    if (failure == FAIL_REFRESH_TOKEN_INVALID)
        return FAIL_TOKEN_INVALID;
    TRY(failure);
    revocation->g = token.g;
    revocation->user_id = token.sub;
    revocation->client_id = token.client_id;
    revocation->is_of_grant = true;
    if (is_foreign(revocation))
        return FAIL_TOKEN_INVALID;
    grant_record_revoke(task->store, token.g, signer_revoked_ttl_s(), task->arena,
                        task->deadline_ms, on_revoked, revocation);
    return OK;
}

static enum failure access_token_revoke(struct revocation *revocation, struct str text)
{
    const struct signer *signer = signer_get();
    struct task *task = revocation->task;
    struct str claims;
    struct access_token token;
    int64_t m;
    TRY(jwt_verify(keys_public(signer->keys), text, JWT_TYP_AT_JWT, task->arena, &claims));
    TRY(access_token_from_json(task->arena, claims, &token));
    TRY(access_token_check(&token, signer->issuer, clock_wall_s()));
    TRY(access_token_parse_jti(token.jti, &revocation->g, &m));
    revocation->user_id = token.sub;
    revocation->client_id = token.client_id;
    if (is_foreign(revocation))
        return FAIL_TOKEN_INVALID;
    /* The skew twice: ours that the check above tolerates, and that of the next validator. */
    revoked_add_token(task->store, revocation->g, m,
                      token.exp - clock_wall_s() + INT64_C(2) * CLOCK_SKEW_S, task->arena,
                      task->deadline_ms, on_revoked, revocation);
    return OK;
}

static enum failure token_revoke(struct revocation *revocation, struct str text)
{
    return refresh_token_is_one(text) ? refresh_token_revoke(revocation, text)
                                      : access_token_revoke(revocation, text);
}

void revoke_handle(struct task *task, const void *message)
{
    const struct revoke_request *request = message;
    struct revocation *revocation = arena_take(task->arena, sizeof(*revocation));
    enum failure failure = revocation != NULL ? OK : FAIL_LIMIT_REACHED;
    if (failure == OK && str_is_empty(request->token))
        failure = FAIL_TOKEN_MISSING;
    if (failure == OK) {
        *revocation = (struct revocation){.task = task};
        failure = token_revoke(revocation, request->token);
    }
    if (failure != OK)
        task_fail(task, failure, STR_ABSENT);
}

static void on_client(void *context, enum failure failure)
{
    struct revocation *revocation = context;
    struct task *task = revocation->task;
    if (failure == OK)
        failure = token_client_check(&revocation->client);
    if (failure == OK && str_is_empty(revocation->token))
        failure = FAIL_TOKEN_MISSING;
    if (failure == OK && task_is_late(task))
        failure = FAIL_BUDGET_SPENT;
    if (failure == OK)
        failure = token_revoke(revocation, revocation->token);
    /* RFC 7009 2.2: what the client wanted is so already. */
    if (failure == FAIL_TOKEN_INVALID || failure == FAIL_TOKEN_EXPIRED)
        task_reply(task, NULL);
    else if (failure != OK)
        task_fail(task, failure, STR_ABSENT);
}

void revoke_handle_client(struct task *task, const void *message)
{
    const struct client_revoke_request *request = message;
    struct revocation *revocation = arena_take(task->arena, sizeof(*revocation));
    enum failure failure = revocation != NULL ? OK : FAIL_LIMIT_REACHED;
    if (failure == OK) {
        *revocation =
            (struct revocation){.task = task, .is_of_client = true, .token = request->token};
        failure = token_client_init(&revocation->client, task, &request->client);
    }
    if (failure == OK)
        token_client_find(&revocation->client, on_client, revocation);
    else
        task_fail(task, failure, STR_ABSENT);
}
