/* One HTTP request as the endpoints see it: what the strict gate has let through, borrowed from
 * libh2o until the reply is sent.
 *
 *     struct str accept = request_header(request, STR("accept"));
 *     TRY(request_read_form(request, arena, &form));
 */
#ifndef SERVICES_EDGE_REQUEST_H
#define SERVICES_EDGE_REQUEST_H

#include "common/base/form.h"
#include "services/edge/edge.h"
#include "services/edge/router.h"

struct st_h2o_req_t;

struct request {
    struct st_h2o_req_t *h2o;
    struct edge *edge;
    const struct route *route;
    struct str method;
    struct str target;     /* path and query as they came, for "try again" */
    struct str path;       /* without the issuer's path */
    struct str tail;       /* what stands behind the route's path (router_find) */
    struct str query;      /* without '?'; empty without one */
    struct str body;       /* empty without one */
    struct str id;         /* the request id in hex, once there is an errand */
    struct str address;    /* the client's (request_read_address), once there is an errand */
    int64_t started_us;    /* clock_monotonic_us */
    int64_t retry_after_s; /* as a worker said; 0: not told */
};

/* The only header of that name; absent when there is none or more than one. name in lower case. */
struct str request_header(const struct request *request, struct str name);
/* The browser's cookie, or absent. */
struct str request_browser(const struct request *request);
/* The token of "Authorization: Bearer", or absent (RFC 6750 2.1). */
struct str request_bearer(const struct request *request);
bool request_prefers_html(const struct request *request);
/* The client's address, for limits and audit; a trusted proxy may tell it. Absent when nobody could
 * tell. False when the arena is full. */
bool request_read_address(const struct request *request, struct arena *arena,
                          struct str *ret_address) MUST_CHECK;
/* From a trusted proxy only. */
struct str request_traceparent(const struct request *request);

/* FAIL_CONTENT_TYPE_NOT_FORM, and what form_parse says. */
enum failure request_read_form(const struct request *request, struct arena *arena,
                               struct form *ret_form) MUST_CHECK;
/* FAIL_CONTENT_TYPE_NOT_JSON unless the body is said to be JSON, FAIL_JSON_MALFORMED unless it is
 * an object. */
enum failure request_check_json(const struct request *request, struct arena *arena) MUST_CHECK;

#endif
