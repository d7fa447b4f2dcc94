/* GET /verify: may whoever shows this token reach this MCP server now? Asked by a proxy in front of
 * it, once for each request. The server is named by the proxy's own configuration, so an unknown
 * one is the operator's mistake and never the caller's. The access list is asked again: the grant
 * tells what admitted the person. */
#include "common/oauth/authorization_code.h"
#include "common/oauth/scope.h"
#include "common/store/grant.h"
#include "services/signer/access_check.h"
#include "services/signer/operations.h"
#include "services/signer/signer.h"

struct verification {
    struct task *task;
    struct str scope; /* of the server */
    struct access_check check;
    enum failure check_failure;
    const struct grant_record *grant; /* NULL: there is none (any more) */
    enum failure grant_failure;
    unsigned reads_left;
};

/* Without a grant, which ends with its time, only logins and ids can still admit. */
static enum failure user_check(const struct verification *verification, const struct server *server)
{
    const struct access_token *token = &verification->check.token;
    const struct grant_record *grant = verification->grant;
    struct servers_user user = {.login = token->preferred_username};
    struct str rule;
    if (!str_to_i64(token->sub, &user.id))
        return FAIL_TOKEN_INVALID;
    if (grant != NULL)
        return servers_still_admits(server, grant->rule, grant->login, user.id) == SERVERS_REFUSES
                   ? signer_refuse_user(FAIL_TOKEN_USER_NOT_ALLOWED, grant->signed_in_at)
                   : OK;
    enum failure failure = servers_check_user(server, &user, verification->task->arena, &rule);
    return failure == FAIL_USER_NOT_ALLOWED ? FAIL_TOKEN_USER_NOT_ALLOWED : failure;
}

/* While the servers file is young, other processes may know more: 503 then. */
static enum failure find_server(struct str scope, const struct server **ret_server)
{
    enum failure failure = signer_find_server(scope, FIELD_I64_ABSENT, ret_server);
    return failure == FAIL_SERVER_REMOVED ? FAIL_VERIFY_SERVER_UNKNOWN : failure;
}

static enum failure verification_check(const struct verification *verification)
{
    const struct server *server = NULL;
    TRY(verification->check_failure);
    TRY(verification->grant_failure);
    TRY(find_server(verification->scope, &server));
    if (!access_token_is_for(&verification->check.token, server->scope))
        return FAIL_TOKEN_AUDIENCE_FOREIGN;
    return user_check(verification, server);
}

static void read_done(struct verification *verification)
{
    const struct access_token *token = &verification->check.token;
    if (--verification->reads_left > 0)
        return;
    enum failure failure = verification_check(verification);
    if (failure != OK) {
        task_fail(verification->task, failure, verification->check.subject.g);
        return;
    }
    const struct verify_reply reply = {
        .user_id = token->sub,
        .login = token->preferred_username,
        .email = token->email,
        .scope = token->scope,
        .client_id = token->client_id,
    };
    task_reply(verification->task, &reply);
}

static void on_grant(void *context, enum failure failure, const struct grant_record *record)
{
    struct verification *verification = context;
    verification->grant = record;
    verification->grant_failure = failure;
    read_done(verification);
}

static void on_checked(void *context, enum failure failure)
{
    struct verification *verification = context;
    verification->check_failure = failure;
    read_done(verification);
}

void verify_handle(struct task *task, const void *message)
{
    const struct verify_request *request = message;
    const struct server *server = NULL;
    struct verification *verification = arena_take(task->arena, sizeof(*verification));
    struct str scope = scope_make_mcp(task->arena, request->domain, request->server);
    enum failure failure = verification != NULL && str_is_present(scope) ? OK : FAIL_LIMIT_REACHED;
    if (failure == OK)
        failure = find_server(scope, &server);
    if (failure != OK) {
        task_fail(task, failure, scope);
        return;
    }
    *verification = (struct verification){.task = task, .scope = scope, .reads_left = 2};
    access_check_begin(&verification->check, task, request->token, on_checked, verification);
    /* The token's own reading comes first: it names the grant. */
    if (grant_id_is_valid(verification->check.subject.g))
        grant_record_get(task->store, verification->check.subject.g, task->arena, task->deadline_ms,
                         on_grant, verification);
    else
        read_done(verification);
}
