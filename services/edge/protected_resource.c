/* GET /.well-known/oauth-protected-resource... (RFC 9728 3): the registry knows the servers. */
#include "common/base/limits.h"
#include "proto/registry.h"
#include "services/edge/endpoints.h"

static const struct errand_question PROTECTED_RESOURCE = {WORKER_REGISTRY, "protected_resource", 1,
                                                          &PROTECTED_RESOURCE_REQUEST,
                                                          &PROTECTED_RESOURCE_REPLY};

static void on_reply(struct errand *errand, enum failure failure, const void *message)
{
    const struct protected_resource_reply *found = message;
    if (failure == OK && str_is_empty(found->metadata))
        failure = FAIL_MESSAGE_MALFORMED;
    if (failure != OK) {
        errand_fail(errand, failure);
        return;
    }
    const struct reply reply = {
        .status = 200,
        .content_type = REPLY_JSON,
        .cache_control = "public, max-age=300",
        .body = found->metadata,
    };
    errand_reply(errand, &reply);
}

void protected_resource_handle(const struct request *request)
{
    struct errand *errand = errand_new(request, BUDGET_REGISTRY_MS);
    if (errand == NULL)
        return;
    struct protected_resource_request message = {.path = request->tail};
    if (!str_is_empty(request->query))
        message.path = arena_printf(errand->arena, "%.*s?%.*s", STR_ARGS(request->tail),
                                    STR_ARGS(request->query));
    if (!str_is_present(message.path) || message.path.len > RESOURCE_BYTES_MAX)
        errand_fail(errand, FAIL_NOT_FOUND); /* no resource has such a URL */
    else
        errand_ask(errand, &PROTECTED_RESOURCE, &message, on_reply);
}
