/* The claims about the person behind an access token (OpenID Connect Core 5.3), as far as its scope
 * goes. */
#include "common/base/limits.h"
#include "common/oauth/scope.h"
#include "services/signer/access_check.h"
#include "services/signer/operations.h"

struct userinfo {
    struct task *task;
    struct access_check check;
};

static void on_checked(void *context, enum failure failure)
{
    const struct userinfo *userinfo = context;
    const struct access_token *token = &userinfo->check.token;
    if (failure == OK && !scope_contains(token->scope, STR("openid")))
        failure = FAIL_SCOPE_INSUFFICIENT;
    if (failure != OK) {
        task_fail(userinfo->task, failure, userinfo->check.subject.g);
        return;
    }
    struct userinfo_reply reply = {.sub = token->sub, .email = token->email};
    if (scope_contains(token->scope, STR("profile")))
        reply.preferred_username = token->preferred_username;
    reply.email_verified = str_is_present(reply.email);
    task_reply(userinfo->task, &reply);
}

void userinfo_handle(struct task *task, const void *message)
{
    const struct userinfo_request *request = message;
    struct userinfo *userinfo = arena_take(task->arena, sizeof(*userinfo));
    if (userinfo == NULL) {
        task_fail(task, FAIL_LIMIT_REACHED, STR_ABSENT);
        return;
    }
    *userinfo = (struct userinfo){.task = task};
    access_check_begin(&userinfo->check, task, request->token, on_checked, userinfo);
}
