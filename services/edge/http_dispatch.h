/* From libh2o's request to an endpoint: the strict gate, the route, the method. */
#ifndef SERVICES_EDGE_HTTP_DISPATCH_H
#define SERVICES_EDGE_HTTP_DISPATCH_H

#include "services/edge/edge.h"

#include <h2o.h>

/* Puts the catch-all handlers on a host. */
void http_dispatch_install(h2o_hostconf_t *host, struct edge *edge);

#endif
