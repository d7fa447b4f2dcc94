/* libh2o's own router decodes paths and matches prefixes, so one handler catches everything and the
 * edge's exact table decides. What libh2o refuses by itself (a body over the limit, broken chunks)
 * passes a filter that gives it the edge's form. */
#include "services/edge/http_dispatch.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "services/edge/edge_metrics.h"
#include "services/edge/reply.h"
#include "services/edge/request_head.h"

struct handler {
    h2o_handler_t super;
    struct edge *edge;
};

struct filter {
    h2o_filter_t super;
    struct edge *edge;
};

struct error_ostream {
    h2o_ostream_t super;
    h2o_iovec_t body;
};

static const struct route *route_of(h2o_req_t *h2o, struct edge *edge, struct request *request)
{
    struct str target = str_from_bytes(h2o->input.path.base, h2o->input.path.len), path = target;
    struct str query = STR("");
    str_cut(target, '?', &path, &query);
    request->target = target;
    request->query = query;
    request->path = router_strip(path, edge->base_path);
    return router_find(ROUTES, ROUTES_COUNT, request->path, &request->tail);
}

static void serve(struct request *request)
{
    const struct route *route = request->route;
    route_handler *handler = router_handler(route, request->method);
    if (route == &ROUTE_NONE)
        route->problem(request, FAIL_NOT_FOUND);
    else if (str_equals(request->method, STR("OPTIONS")))
        reply_send_options(request);
    else if (request->body.len > HTTP_BODY_BYTES_MAX)
        route->problem(request, FAIL_BODY_TOO_LARGE);
    else if (handler != NULL)
        handler(request);
    else
        route->problem(request, FAIL_METHOD_NOT_ALLOWED);
}

/* While the handler runs, the raw head still stands at the start of the connection's input. */
static struct str raw_head(h2o_req_t *h2o)
{
    h2o_socket_t *socket = h2o->conn->callbacks->get_socket(h2o->conn);
    return str_from_bytes(socket->input->bytes, socket->input->size);
}

static int on_request(h2o_handler_t *super, h2o_req_t *h2o)
{
    struct edge *edge = ((struct handler *)super)->edge;
    struct request request = {
        .h2o = h2o,
        .edge = edge,
        .route = &ROUTE_NONE,
        .started_us = clock_monotonic_us(),
        .method = str_from_bytes(h2o->input.method.base, h2o->input.method.len),
        .body = str_from_bytes(h2o->entity.base, h2o->entity.len),
    };
    struct request_head head;
    const char *problem = NULL;
    enum failure failure = request_head_check(raw_head(h2o), &head, &problem);
    if (failure != OK) {
        log_information("request.refused", LOG_CSTR("detail", problem));
        h2o->http1_is_persistent = 0;
        ROUTE_NONE.problem(&request, failure);
        return 0;
    }
    /* The decoder of chunks is lenient too; nothing behind such a body is read as a request. */
    if (head.is_chunked)
        h2o->http1_is_persistent = 0;
    const struct route *route = route_of(h2o, edge, &request);
    request.route = route != NULL ? route : &ROUTE_NONE;
    serve(&request);
    return 0;
}

static void on_error_send(h2o_ostream_t *super, h2o_req_t *h2o, h2o_iovec_t *buffers,
                          size_t buffers_len, h2o_send_state_t state)
{
    struct error_ostream *ostream = (struct error_ostream *)super;
    (void)buffers;
    h2o_ostream_send_next(super, h2o, &ostream->body, buffers_len > 0 ? 1 : 0, state);
}

static bool is_own_error_of_h2o(h2o_req_t *h2o)
{
    ssize_t at = h2o_find_header(&h2o->res.headers, H2O_TOKEN_CONTENT_TYPE, -1);
    if (at < 0)
        return false;
    h2o_iovec_t type = h2o->res.headers.entries[at].value;
    return h2o_memis(type.base, type.len, H2O_STRLIT("text/plain; charset=utf-8"));
}

static void error_headers_set(h2o_req_t *h2o, struct edge *edge)
{
    struct request request = {.method =
                                  str_from_bytes(h2o->input.method.base, h2o->input.method.len)};
    const struct route *route = route_of(h2o, edge, &request);
    request.route = route;
    edge_metrics_count_reply(&request, h2o->res.status);
    h2o_headers_t *headers = &h2o->res.headers;
    *headers = (h2o_headers_t){0};
    h2o_add_header(&h2o->pool, headers, H2O_TOKEN_CONTENT_TYPE, NULL, H2O_STRLIT(REPLY_JSON));
    h2o_add_header(&h2o->pool, headers, H2O_TOKEN_CACHE_CONTROL, NULL, H2O_STRLIT("no-store"));
    h2o_add_header_by_str(&h2o->pool, headers, H2O_STRLIT("x-content-type-options"), 1, NULL,
                          H2O_STRLIT("nosniff"));
    if (route != NULL && route->flags & ROUTE_CORS)
        h2o_add_header_by_str(&h2o->pool, headers, H2O_STRLIT("access-control-allow-origin"), 1,
                              NULL, H2O_STRLIT("*"));
}

static void on_setup_ostream(h2o_filter_t *filter, h2o_req_t *h2o, h2o_ostream_t **slot)
{
    if (is_own_error_of_h2o(h2o)) {
        enum failure failure =
            h2o->res.status == 413 ? FAIL_BODY_TOO_LARGE : FAIL_REQUEST_HEAD_MALFORMED;
        const struct failure_row *row = failure_row(failure);
        edge_metrics_count_refusal(failure);
        struct error_ostream *ostream =
            (struct error_ostream *)h2o_add_ostream(h2o, sizeof(*ostream), slot);
        slot = &ostream->super.next;
        ostream->super.do_send = on_error_send;
        ostream->body = h2o_concat(&h2o->pool, h2o_iovec_init(H2O_STRLIT("{\"error\":\"")),
                                   h2o_iovec_init(row->error, strlen(row->error)),
                                   h2o_iovec_init(H2O_STRLIT("\",\"error_description\":\"")),
                                   h2o_iovec_init(row->description, strlen(row->description)),
                                   h2o_iovec_init(H2O_STRLIT("\"}")));
        h2o->res.content_length = ostream->body.len;
        error_headers_set(h2o, ((struct filter *)filter)->edge);
    }
    h2o_setup_next_ostream(h2o, slot);
}

static void handler_add(h2o_pathconf_t *path, struct edge *edge)
{
    struct handler *handler = (struct handler *)h2o_create_handler(path, sizeof(*handler));
    handler->super.on_req = on_request;
    handler->edge = edge;
}

void http_dispatch_install(h2o_hostconf_t *host, struct edge *edge)
{
    handler_add(h2o_config_register_path(host, "/", 0), edge);
    handler_add(&host->fallback_path, edge);
    struct filter *filter =
        (struct filter *)h2o_create_filter(&host->fallback_path, sizeof(*filter));
    filter->super.on_setup_ostream = on_setup_ostream;
    filter->edge = edge;
}
