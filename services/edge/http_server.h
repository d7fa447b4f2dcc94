/* HTTP/1.1 by libh2o's evloop: accepts, gates, routes, and ends gracefully.
 *
 *     struct http_server *server = http_server_new(&edge, true, &problem);
 *     http_server_drain(server, delay_ms, on_drained, context);     on SIGTERM
 *     http_server_free(server);
 *
 * At most HTTP_CONNECTIONS_MAX connections, and fewer when the process may open fewer files; more
 * wait in the kernel's queue. A head has 10 s and 24 KB to arrive, a whole request 20 s, an idle
 * connection 75 s (longer than the 60 s of usual proxies, which must be the first to close). */
#ifndef SERVICES_EDGE_HTTP_SERVER_H
#define SERVICES_EDGE_HTTP_SERVER_H

#include "services/edge/edge.h"

struct http_server;

/* NULL, with one sentence in *ret_problem (a literal). Listens at once, but for a --check. */
struct http_server *http_server_new(struct edge *edge, bool listens, struct str *ret_problem);
/* Accepts for delay_ms more, then stops accepting, answers what is in flight, closes what is idle,
 * and calls on_drained: when no connection is left, or after 20 s. */
void http_server_drain(struct http_server *server, int64_t delay_ms,
                       void (*on_drained)(void *context), void *context);
/* Accepts NULL. Ends the connections that are left. */
void http_server_free(struct http_server *server);
/* Reads certificate and key again for new connections; what cannot be used leaves the old ones. */
bool http_server_reload_tls(struct http_server *server, struct str *ret_problem);

/* For tests, readiness and metrics. */
size_t http_server_connections(const struct http_server *server);
size_t http_server_connections_max(const struct http_server *server);
/* The port of the first listener. */
int http_server_port(const struct http_server *server);

#endif
