/* Is this one of our access tokens, and still good (RFC 9068 4, RFC 8725)? A refresh token and an
 * ID token are not: their form, or the typ in their header, is another one. */
#include "common/base/clock.h"
#include "common/oauth/access_token.h"
#include "common/store/revoked.h"
#include "services/signer/operations.h"
#include "services/signer/signer.h"

struct validation {
    struct task *task;
    struct str claims;
    struct revoked_subject subject;
};

static enum failure token_read(struct validation *validation, struct str text)
{
    const struct signer *signer = signer_get();
    struct arena *arena = validation->task->arena;
    struct revoked_subject *subject = &validation->subject;
    struct access_token token;
    if (str_is_empty(text))
        return FAIL_TOKEN_MISSING;
    TRY(jwt_verify(keys_public(signer->keys), text, JWT_TYP_AT_JWT, arena, &validation->claims));
    TRY(access_token_from_json(arena, validation->claims, &token));
    TRY(access_token_check(&token, signer->issuer, clock_wall_s()));
    TRY(access_token_parse_jti(token.jti, &subject->g, &subject->m));
    subject->user_id = token.sub;
    subject->issued_at = token.iat;
    return OK;
}

static void on_checked(void *context, enum failure failure)
{
    const struct validation *validation = context;
    const struct validate_reply reply = {.payload = validation->claims};
    if (failure == OK)
        task_reply(validation->task, &reply);
    else
        task_fail(validation->task, failure, validation->subject.g);
}

void validate_handle(struct task *task, const void *message)
{
    const struct validate_request *request = message;
    struct validation *validation = arena_take(task->arena, sizeof(*validation));
    if (validation == NULL) {
        task_fail(task, FAIL_LIMIT_REACHED, STR_ABSENT);
        return;
    }
    validation->task = task;
    enum failure failure = token_read(validation, request->token);
    if (failure != OK) {
        task_fail(task, failure, STR_ABSENT);
        return;
    }
    revoked_check(task->store, &validation->subject, task->arena, task->deadline_ms, on_checked,
                  validation);
}
