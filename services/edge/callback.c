/* GitHub sends the browser back (RFC 6749 4.1.2). Everything it says is the broker's to judge. */
#include "services/edge/endpoints.h"
#include "services/edge/sign_in.h"

static const struct errand_question CALLBACK = {WORKER_BROKER, "callback", 1, &CALLBACK_REQUEST,
                                                &SIGN_IN_REPLY};

static enum failure query_read(struct errand *errand, struct callback_request *ret_message)
{
    struct form form;
    TRY(form_parse(errand->arena, errand->request.query, &form));
    TRY(form_get(&form, STR("state"), &ret_message->state));
    TRY(form_get(&form, STR("code"), &ret_message->code));
    TRY(form_get(&form, STR("error"), &ret_message->error));
    ret_message->browser = request_browser(&errand->request);
    ret_message->address = errand->request.address;
    if (!str_is_present(ret_message->state))
        return FAIL_SESSION_UNKNOWN;
    return str_is_present(ret_message->browser) ? OK : FAIL_BROWSER_FOREIGN;
}

void callback_handle(const struct request *request)
{
    struct errand *errand = errand_new(request, BUDGET_CALLBACK_MS);
    if (errand == NULL)
        return;
    struct callback_request message = {0};
    enum failure failure = query_read(errand, &message);
    if (failure != OK)
        errand_fail(errand, failure);
    else
        errand_ask(errand, &CALLBACK, &message, sign_in_on_reply);
}
