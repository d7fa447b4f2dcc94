/* libh2o keeps pointers and checks nothing, hence the copies and the check of every value here. */
#include "services/edge/reply.h"
#include "common/base/log.h"
#include "services/edge/edge_metrics.h"
#include "services/edge/page.h"

#include <assert.h>
#include <h2o.h>

void reply_add(struct reply *reply, const char *name, struct str value)
{
    if (!str_is_present(value))
        return;
    assert(reply->headers_len < REPLY_HEADERS_MAX);
    reply->headers[reply->headers_len].name = name;
    reply->headers[reply->headers_len].value = value;
    reply->headers_len++;
}

const char *reply_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {302, "Found"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {429, "Too Many Requests"},
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Internal Server Error";
}

static bool is_header_value(struct str value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.at[i] < ' ' || value.at[i] == 0x7f)
            return false;
    return true;
}

static bool headers_are_sound(const struct reply *reply)
{
    for (size_t i = 0; i < reply->headers_len; i++)
        if (!is_header_value(reply->headers[i].value))
            return false;
    return true;
}

/* Literals only: libh2o keeps the pointer. */
static void header_add(h2o_req_t *h2o, const char *name, const char *value)
{
    h2o_add_header_by_str(&h2o->pool, &h2o->res.headers, name, strlen(name), 1, NULL, value,
                          strlen(value));
}

static void header_add_copy(h2o_req_t *h2o, const char *name, struct str value)
{
    h2o_iovec_t copy = h2o_strdup(&h2o->pool, value.at, value.len);
    h2o_add_header_by_str(&h2o->pool, &h2o->res.headers, name, strlen(name), 1, NULL, copy.base,
                          copy.len);
}

static void common_headers_add(const struct request *request, const struct reply *reply)
{
    h2o_req_t *h2o = request->h2o;
    if (reply->content_type != NULL)
        header_add(h2o, "content-type", reply->content_type);
    header_add(h2o, "cache-control",
               reply->cache_control != NULL ? reply->cache_control : "no-store");
    header_add(h2o, "x-content-type-options", "nosniff");
    if (reply->retry_after_s > 0) {
        char seconds[24];
        snprintf(seconds, sizeof(seconds), "%lld", (long long)reply->retry_after_s);
        header_add_copy(h2o, "retry-after", str_from_cstr(seconds));
    }
    if (request->route->flags & ROUTE_CORS) {
        header_add(h2o, "access-control-allow-origin", "*");
        header_add(h2o, "access-control-expose-headers", "WWW-Authenticate, Retry-After");
    }
}

void reply_send(const struct request *request, const struct reply *reply)
{
    static h2o_generator_t generator = {NULL, NULL};
    static const struct reply unsound = {.status = 500};
    h2o_req_t *h2o = request->h2o;
    if (!headers_are_sound(reply)) {
        log_error("reply.unsound", LOG_STR("request_id", request->id),
                  LOG_STR("path", request->path));
        reply = &unsound;
    }
    edge_metrics_count_reply(request, reply->status);
    h2o->res.status = reply->status;
    h2o->res.reason = reply_reason(reply->status);
    /* RFC 9110 8.6: no Content-Length with 204 */
    h2o->res.content_length = reply->status == 204 ? SIZE_MAX : reply->body.len;
    common_headers_add(request, reply);
    for (size_t i = 0; i < reply->headers_len; i++)
        header_add_copy(h2o, reply->headers[i].name, reply->headers[i].value);
    if (request->edge->is_draining)
        h2o->http1_is_persistent = 0;
    h2o_iovec_t body = h2o_iovec_init(reply->body.at, reply->body.len);
    if (!reply->is_body_static && body.len > 0)
        body = h2o_strdup(&h2o->pool, reply->body.at, reply->body.len);
    bool is_head = str_equals(request->method, STR("HEAD"));
    h2o_start_response(h2o, &generator);
    h2o_send(h2o, &body, is_head || body.len == 0 ? 0 : 1, H2O_SEND_STATE_FINAL);
}

static void reply_harden(const struct request *request, struct reply *reply)
{
    reply_add(reply, "referrer-policy", STR("no-referrer"));
    if (request->edge->is_https)
        reply_add(reply, "strict-transport-security", STR("max-age=31536000"));
}

void reply_send_page(const struct request *request, struct reply *reply, struct str html)
{
    reply_harden(request, reply);
    reply_add(reply, "content-security-policy", page_content_security_policy());
    reply_add(reply, "x-frame-options", STR("DENY"));
    reply->content_type = REPLY_HTML;
    reply->body = html;
    if (!str_is_present(html))
        reply->status = 500;
    reply_send(request, reply);
}

void reply_send_redirect(const struct request *request, struct reply *reply, struct str location)
{
    reply_harden(request, reply);
    reply->status = str_is_present(location) ? 302 : 500;
    reply_add(reply, "location", location);
    reply_send(request, reply);
}

/* A list of field names, as browsers write it. */
static bool is_header_list(struct str value)
{
    enum { HEADER_LIST_BYTES_MAX = 1024 };
    for (size_t i = 0; i < value.len; i++) {
        char c = value.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_' || c == ',' || c == ' '))
            return false;
    }
    return value.len > 0 && value.len <= HEADER_LIST_BYTES_MAX;
}

void reply_send_options(const struct request *request)
{
    struct reply reply = {.status = 204};
    struct str allow = str_from_cstr(router_allow(request->route));
    reply_add(&reply, "allow", allow);
    if (request->route->flags & ROUTE_CORS) {
        struct str wanted = request_header(request, STR("access-control-request-headers"));
        reply_add(&reply, "access-control-allow-methods", allow);
        /* "*" would not stand for Authorization */
        reply_add(&reply, "access-control-allow-headers",
                  is_header_list(wanted)
                      ? wanted
                      : STR("Authorization, Content-Type, MCP-Protocol-Version"));
        reply_add(&reply, "access-control-max-age", STR("86400"));
        reply_add(&reply, "vary", STR("Access-Control-Request-Headers"));
    }
    reply_send(request, &reply);
}
