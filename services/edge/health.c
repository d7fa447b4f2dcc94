/* GET /health: this process turns. It asks nobody. */
#include "common/base/clock.h"
#include "services/edge/endpoints.h"

#include <stdio.h>
#include <time.h>

void health_handle(const struct request *request)
{
    enum { MS_PER_S = 1000 };
    char body[96];
    struct tm parts;
    int64_t now_ms = clock_wall_ms();
    time_t now_s = (time_t)(now_ms / MS_PER_S);
    gmtime_r(&now_s, &parts);
    size_t len = strftime(body, sizeof(body),
                          "{\"status\":\"ok\",\"timestamp\":\"%Y-%m-%dT%H:%M:%S", &parts);
    len += (size_t)snprintf(body + len, sizeof(body) - len, ".%03dZ\"}", (int)(now_ms % MS_PER_S));
    const struct reply reply = {
        .status = 200, .content_type = REPLY_JSON, .body = str_from_bytes(body, len)};
    reply_send(request, &reply);
}
