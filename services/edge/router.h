/* From a path and a method to a handler, exactly: on the raw path, never a decoded or normalized
 * one.
 *
 *     struct str tail;
 *     const struct route *route = router_find(ROUTES, ROUTES_COUNT, path, &tail);
 *     if (route == NULL) ...                                     404
 *
 * A pure table; routes.c holds the edge's own. */
#ifndef SERVICES_EDGE_ROUTER_H
#define SERVICES_EDGE_ROUTER_H

#include "common/base/failure.h"

struct request;

enum route_match {
    ROUTE_EXACT,
    /* path + one further segment, which is not empty: /client/{client_id} */
    ROUTE_SEGMENT,
    /* path, also with an issuer's path behind it (RFC 8414 3.1) or in front (OpenID Discovery 4) */
    ROUTE_WELL_KNOWN,
    /* path, and everything below it (RFC 9728 3.1) */
    ROUTE_BELOW,
};

typedef void route_handler(const struct request *request);
typedef void route_problem(const struct request *request, enum failure failure);

enum route_flags {
    ROUTE_CORS = 1, /* any origin, without credentials (DESIGN section 6) */
    /* GET does something that must not happen twice: HEAD, which scanners of links send, is
     * refused */
    ROUTE_NO_HEAD = 2,
};

struct route {
    const char *path;
    enum route_match match;
    unsigned flags;
    struct {
        route_handler *get; /* NULL: the method is not there; HEAD is GET's */
        route_handler *post;
        route_handler *put;
        route_handler *delete;
    };
    route_problem *problem; /* how refusals look here */
    const char *challenge;  /* WWW-Authenticate of a 401, or NULL */
};

enum { ROUTES_MAX = 32 }; /* ROUTE_NONE among them */

extern const struct route ROUTES[];
extern const size_t ROUTES_COUNT;
/* What a path without a route answers like. */
extern const struct route ROUTE_NONE;

/* NULL: none. *ret_tail is the segment of ROUTE_SEGMENT, what stands behind the path of ROUTE_BELOW
 * ("/a/b", or empty), else empty. */
const struct route *router_find(const struct route *routes, size_t routes_len, struct str path,
                                struct str *ret_tail);
/* Takes the issuer's path off: an ingress may keep it or cut it. */
struct str router_strip(struct str path, struct str base_path);
/* Who answers this method, NULL: nobody. OPTIONS is answered for every route alike. */
route_handler *router_handler(const struct route *route, struct str method);
/* "GET, HEAD, POST, OPTIONS" (RFC 9110 10.2.1), in memory of its own, until the next call. */
const char *router_allow(const struct route *route);

#endif
