/* POST /register (RFC 7591 3.1): the registry reads the metadata; here it only has to be JSON. */
#include "proto/registry.h"
#include "services/edge/endpoints.h"

static const struct errand_question REGISTER = {WORKER_REGISTRY, "register", 1, &REGISTER_REQUEST,
                                                &REGISTER_REPLY};

static void on_reply(struct errand *errand, enum failure failure, const void *message)
{
    const struct register_reply *registered = message;
    if (failure == OK && str_is_empty(registered->registration))
        failure = FAIL_MESSAGE_MALFORMED;
    if (failure != OK) {
        errand_fail(errand, failure);
        return;
    }
    struct reply reply = {
        .status = 201, .content_type = REPLY_JSON, .body = registered->registration};
    errand_reply(errand, &reply);
}

void register_handle(const struct request *request)
{
    struct errand *errand = errand_new(request, BUDGET_REGISTRY_MS);
    if (errand == NULL)
        return;
    enum failure failure = request_check_json(request, errand->arena);
    if (failure != OK) {
        errand_fail(errand, failure);
        return;
    }
    const struct register_request message = {
        .metadata = request->body,
        .seed = errand_make_seed(errand),
        .address = errand->request.address,
    };
    errand_ask(errand, &REGISTER, &message, on_reply);
}
