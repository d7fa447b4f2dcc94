/* What the edge counts of HTTP.
 *
 *     edge_metrics_count_reply(request, status);       once for each answer
 *     edge_metrics_count_refusal(failure);             once for each refusal
 *
 * One for the process. Routes are those of the route table; any other path is "none". */
#ifndef SERVICES_EDGE_EDGE_METRICS_H
#define SERVICES_EDGE_EDGE_METRICS_H

#include "common/base/metrics.h"
#include "services/edge/request.h"

extern const struct metrics EDGE_METRICS;

struct http_server;
/* Whose connections are shown; NULL: none. */
void edge_metrics_show(const struct edge *edge);

/* request->started_us 0: nobody knows how long it took. */
void edge_metrics_count_reply(const struct request *request, int status);
void edge_metrics_count_refusal(enum failure failure);
void edge_metrics_count_connection(void);

#endif
