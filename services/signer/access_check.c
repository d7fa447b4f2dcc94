#include "services/signer/access_check.h"
#include "common/base/clock.h"
#include "services/signer/signer.h"

static enum failure token_read(struct access_check *check, struct arena *arena, struct str text)
{
    const struct signer *signer = signer_get();
    struct revoked_subject *subject = &check->subject;
    if (str_is_empty(text))
        return FAIL_TOKEN_MISSING;
    TRY(jwt_verify(keys_public(signer->keys), text, JWT_TYP_AT_JWT, arena, &check->claims));
    TRY(access_token_from_json(arena, check->claims, &check->token));
    TRY(access_token_check(&check->token, signer->issuer, clock_wall_s()));
    TRY(access_token_parse_jti(check->token.jti, &subject->g, &subject->m));
    subject->user_id = check->token.sub;
    subject->issued_at = check->token.iat;
    return OK;
}

void access_check_begin(struct access_check *check, struct task *task, struct str text,
                        record_done_cb *on_checked, void *context)
{
    enum failure failure = token_read(check, task->arena, text);
    if (failure != OK)
        on_checked(context, failure);
    else
        revoked_check(task->store, &check->subject, task->arena, task->deadline_ms, on_checked,
                      context);
}
