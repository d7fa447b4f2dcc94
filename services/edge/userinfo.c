/* GET and POST /userinfo (OpenID Connect Core 5.3): the token comes in the Authorization header, or
 * in the form of a POST (RFC 6750 2.2). */
#include "common/base/limits.h"
#include "proto/signer.h"
#include "services/edge/endpoints.h"

static const struct errand_question USERINFO = {WORKER_SIGNER, "userinfo", 1, &USERINFO_REQUEST,
                                                &USERINFO_REPLY};

static void on_reply(struct errand *errand, enum failure failure, const void *message)
{
    struct reply reply = {.status = 200, .content_type = REPLY_JSON};
    if (failure == OK)
        failure = fields_to_json(&USERINFO_REPLY, message, errand->arena, &reply.body);
    if (failure != OK)
        errand_fail(errand, failure);
    else
        errand_reply(errand, &reply);
}

static enum failure token_read(struct errand *errand, struct str *ret_token)
{
    struct form form;
    struct str token = request_bearer(&errand->request), in_form = STR_ABSENT;
    if (errand->request.body.len > 0) {
        enum failure failure = request_read_form(&errand->request, errand->arena, &form);
        if (failure == OK)
            failure = form_get(&form, STR("access_token"), &in_form);
        /* A body of another kind beside the header is none of ours. */
        if (failure != OK && !str_is_present(token))
            return failure;
    }
    if (str_is_present(token) && str_is_present(in_form))
        return FAIL_TOKEN_TWO_WAYS;
    if (!str_is_present(token))
        token = in_form;
    if (!str_is_present(token))
        return FAIL_TOKEN_MISSING;
    *ret_token = token;
    return token.len <= TOKEN_BYTES_MAX ? OK : FAIL_TOKEN_INVALID;
}

void userinfo_handle(const struct request *request)
{
    struct errand *errand = errand_new(request, BUDGET_TOKEN_MS);
    if (errand == NULL)
        return;
    struct userinfo_request message;
    enum failure failure = token_read(errand, &message.token);
    if (failure != OK)
        errand_fail(errand, failure);
    else
        errand_ask(errand, &USERINFO, &message, on_reply);
}
