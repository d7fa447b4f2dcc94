/* GET /ready: the whole system, for people and for deploy/dev; no probe of a pod, because an edge
 * must stay reachable while its workers are away. Says what is missing. */
#include "services/edge/endpoints.h"

#include <stdio.h>

void ready_handle(const struct request *request)
{
    char workers[512] = "", missing[128] = "", body[1024];
    size_t workers_len = 0, missing_len = 0;
    for (unsigned i = 0; i < WORKER_KINDS; i++) {
        const char *name = worker_kind_name((enum worker_kind)i);
        size_t alive = link_edge_workers(request->edge->link, (enum worker_kind)i);
        size_t ready = link_edge_workers_ready(request->edge->link, (enum worker_kind)i);
        workers_len += (size_t)snprintf(workers + workers_len, sizeof(workers) - workers_len,
                                        "%s\"%s\":{\"alive\":%zu,\"ready\":%zu}", i > 0 ? "," : "",
                                        name, alive, ready);
        if (ready == 0)
            missing_len += (size_t)snprintf(missing + missing_len, sizeof(missing) - missing_len,
                                            "%s\"%s\"", missing_len > 0 ? "," : "", name);
    }
    if (!keys_are_known())
        missing_len += (size_t)snprintf(missing + missing_len, sizeof(missing) - missing_len,
                                        "%s\"keys\"", missing_len > 0 ? "," : "");
    bool is_ready = missing_len == 0 && !request->edge->is_draining;
    int len = snprintf(body, sizeof(body),
                       "{\"ready\":%s,\"missing\":[%s],\"draining\":%s,\"workers\":{%s}}",
                       is_ready ? "true" : "false", missing,
                       request->edge->is_draining ? "true" : "false", workers);
    struct reply reply = {.status = is_ready ? 200 : 503,
                          .content_type = REPLY_JSON,
                          .body = str_from_bytes(body, (size_t)len)};
    reply_add(&reply, "retry-after", is_ready ? STR_ABSENT : STR("2"));
    reply_send(request, &reply);
}
