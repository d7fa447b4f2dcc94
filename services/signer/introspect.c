/* POST /introspect (RFC 7662). Two may ask: a resource server, with the secret that the servers
 * file has of it, about access tokens that are for it; and a client with a secret, about tokens of
 * its own. About everything else the answer is that it is not active, which tells nothing (2.2). */
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/oauth/audience.h"
#include "common/oauth/refresh_token.h"
#include "common/store/grant.h"
#include "services/signer/access_check.h"
#include "services/signer/operations.h"
#include "services/signer/signer.h"
#include "services/signer/token_client.h"

struct introspection {
    struct task *task;
    const struct introspect_request *request;
    struct token_client client;
    struct str server_scope; /* of the resource server that asks; absent: a client asks */
    struct access_check check;
    struct refresh_token refresh_token;
    const struct grant_record *grant; /* NULL: there is none */
    int64_t not_before;               /* of the person's tokens */
    unsigned reads_left;
    enum failure read_failure;
};

/* RFC 7662 2.2 */
struct introspection_answer {
    bool active;
    struct str scope;
    struct str client_id;
    struct str username;
    struct str token_type;
    int64_t exp;
    int64_t iat;
    struct str sub;
    struct str aud; /* JSON, as in the token */
    struct str iss;
    struct str jti;
};

#define MEMBER(member, kind, max) FIELD(struct introspection_answer, member, kind, max, 0)
static const struct field ANSWER_FIELDS[] = {
    MEMBER(active, BOOL, 0),
    MEMBER(scope, STR, SCOPE_BYTES_MAX),
    MEMBER(client_id, STR, CLIENT_ID_BYTES_MAX),
    MEMBER(username, STR, GITHUB_LOGIN_BYTES_MAX),
    MEMBER(token_type, STR, NAME_BYTES_MAX),
    MEMBER(exp, I64, 0),
    MEMBER(iat, I64, 0),
    MEMBER(sub, STR, NAME_BYTES_MAX),
    MEMBER(aud, JSON, TOKEN_BYTES_MAX),
    MEMBER(iss, STR, RESOURCE_BYTES_MAX),
    MEMBER(jti, STR, NAME_BYTES_MAX),
};
#undef MEMBER
static const struct fields ANSWER = FIELDS_OF(struct introspection_answer, ANSWER_FIELDS);

/* What is not active says nothing more, not even why. */
static void answer_inactive(const struct introspection *introspection)
{
    const struct introspect_reply reply = {.introspection = STR("{\"active\":false}")};
    task_reply(introspection->task, &reply);
}

static void answer_active(const struct introspection *introspection,
                          const struct introspection_answer *answer)
{
    struct task *task = introspection->task;
    struct introspect_reply reply;
    enum failure failure = fields_to_json(&ANSWER, answer, task->arena, &reply.introspection);
    if (failure == OK)
        task_reply(task, &reply);
    else
        task_fail(task, failure, STR_ABSENT);
}

/* Our own trouble is told; the token's is not. */
static void answer_failure(const struct introspection *introspection, enum failure failure)
{
    if (failure_row(failure)->status >= 500 || failure == FAIL_LIMIT_REACHED)
        task_fail(introspection->task, failure, STR_ABSENT);
    else
        answer_inactive(introspection);
}

static bool access_token_may_be_shown(const struct introspection *introspection)
{
    const struct access_token *token = &introspection->check.token;
    if (str_is_present(introspection->server_scope))
        return access_token_is_for(token, introspection->server_scope);
    return str_equals(token->client_id, introspection->client.said.client_id);
}

static void on_access_checked(void *context, enum failure failure)
{
    const struct introspection *introspection = context;
    const struct access_token *token = &introspection->check.token;
    struct introspection_answer answer = {
        .active = true,
        .scope = token->scope,
        .client_id = token->client_id,
        .username = token->preferred_username,
        .token_type = STR("Bearer"),
        .exp = token->exp,
        .iat = token->iat,
        .sub = token->sub,
        .iss = token->iss,
        .jti = token->jti,
    };
    if (failure == OK)
        failure = audience_to_json(introspection->task->arena, token->aud, &answer.aud);
    if (failure != OK)
        answer_failure(introspection, failure);
    else if (!access_token_may_be_shown(introspection))
        answer_inactive(introspection);
    else
        answer_active(introspection, &answer);
}

/* The newest of its grant, or the one before, which the grace may still let through. */
static bool refresh_token_is_active(const struct introspection *introspection)
{
    const struct refresh_token *token = &introspection->refresh_token;
    const struct grant_record *grant = introspection->grant;
    return grant != NULL && token->exp > clock_wall_s() && token->n >= grant->n &&
           str_equals(grant->client_id, token->client_id) &&
           grant->signed_in_at >= introspection->not_before;
}

static void refresh_token_answer(struct introspection *introspection)
{
    const struct refresh_token *token = &introspection->refresh_token;
    if (introspection->read_failure != OK) {
        answer_failure(introspection, introspection->read_failure);
        return;
    }
    if (!refresh_token_is_active(introspection)) {
        answer_inactive(introspection);
        return;
    }
    const struct introspection_answer answer = {
        .active = true,
        .scope = introspection->grant->scope,
        .client_id = token->client_id,
        .username = introspection->grant->login,
        .exp = token->exp,
        .iat = FIELD_I64_ABSENT,
        .sub = token->sub,
        .iss = signer_get()->issuer,
    };
    answer_active(introspection, &answer);
}

static void read_done(struct introspection *introspection, enum failure failure)
{
    if (introspection->read_failure == OK)
        introspection->read_failure = failure;
    if (--introspection->reads_left == 0)
        refresh_token_answer(introspection);
}

static void on_user(void *context, enum failure failure, int64_t not_before)
{
    struct introspection *introspection = context;
    introspection->not_before = not_before;
    read_done(introspection, failure);
}

static void on_grant(void *context, enum failure failure, const struct grant_record *record)
{
    struct introspection *introspection = context;
    introspection->grant = record;
    read_done(introspection, failure);
}

/* A refresh token is for its client only. */
static void refresh_token_introspect(struct introspection *introspection)
{
    struct task *task = introspection->task;
    struct refresh_token *token = &introspection->refresh_token;
    struct str payload;
    enum failure failure = refresh_ring_open(keys_refresh_ring(signer_get()->keys),
                                             introspection->request->token, task->arena, &payload);
    if (failure == OK)
        failure = refresh_token_from_text(task->arena, payload, token);
    if (failure == OK && (str_is_present(introspection->server_scope) ||
                          !str_equals(token->client_id, introspection->client.said.client_id)))
        failure = FAIL_REFRESH_TOKEN_FOREIGN;
    if (failure != OK) {
        answer_failure(introspection, failure);
        return;
    }
    introspection->reads_left = 2;
    grant_record_get(task->store, token->g, task->arena, task->deadline_ms, on_grant,
                     introspection);
    revoked_user_get(task->store, token->sub, task->arena, task->deadline_ms, on_user,
                     introspection);
}

static void token_introspect(struct introspection *introspection)
{
    struct str token = introspection->request->token;
    if (str_is_empty(token))
        task_fail(introspection->task, FAIL_TOKEN_MISSING, STR_ABSENT);
    else if (refresh_token_is_one(token))
        refresh_token_introspect(introspection);
    else
        access_check_begin(&introspection->check, introspection->task, token, on_access_checked,
                           introspection);
}

/* RFC 7662 2.1: whoever asks must be known. A public client is nobody in particular. */
static void on_client(void *context, enum failure failure)
{
    struct introspection *introspection = context;
    if (failure == OK)
        failure = token_client_check(&introspection->client);
    if (failure == OK && str_equals(introspection->client.method, STR("none")))
        failure = FAIL_CLIENT_AUTHENTICATION_FAILED;
    if (failure != OK)
        task_fail(introspection->task, failure, STR_ABSENT);
    else
        token_introspect(introspection);
}

/* NULL when no resource server of this name has a secret; a client may then have it. */
static const struct server *find_resource_server(struct str client_id)
{
    struct str domain, key;
    if (!str_cut(client_id, '/', &domain, &key))
        return NULL;
    const struct server *server =
        servers_find(servers_watch_get(signer_get()->servers), domain, key);
    return server != NULL && str_is_present(server->introspection_secret_sha256) ? server : NULL;
}

static enum failure introspection_begin(struct introspection *introspection)
{
    struct task *task = introspection->task;
    const struct introspect_request *request = introspection->request;
    const struct server *server = find_resource_server(request->client.client_id);
    if (server == NULL) {
        TRY(token_client_init(&introspection->client, task, &request->client));
        token_client_find(&introspection->client, on_client, introspection);
        return OK;
    }
    if (!client_secret_matches(request->client.secret, server->introspection_secret_sha256))
        return FAIL_CLIENT_AUTHENTICATION_FAILED;
    introspection->server_scope = arena_dup(task->arena, server->scope);
    if (!str_is_present(introspection->server_scope))
        return FAIL_LIMIT_REACHED;
    token_introspect(introspection);
    return OK;
}

void introspect_handle(struct task *task, const void *message)
{
    struct introspection *introspection = arena_take(task->arena, sizeof(*introspection));
    enum failure failure = FAIL_LIMIT_REACHED;
    if (introspection != NULL) {
        *introspection = (struct introspection){.task = task, .request = message};
        failure = introspection_begin(introspection);
    }
    if (failure != OK)
        task_fail(task, failure, STR_ABSENT);
}
