/* What an edge counts of its link, by worker kind; private to the edge's end of the link, except
 * the table.
 *
 *     link_edge_metrics.repeated[kind->which]++;
 *
 * One for the process, which has one link. */
#ifndef PROTO_LINK_EDGE_METRICS_H
#define PROTO_LINK_EDGE_METRICS_H

#include "common/base/metrics.h"
#include "proto/link_edge.h"

enum departure { DEPARTURE_DISCONNECTED, DEPARTURE_SILENT, DEPARTURE_DRAINED, DEPARTURES };

struct link_edge_metrics {
    struct histogram queue_wait[WORKER_KINDS];
    uint64_t arrivals[WORKER_KINDS];
    uint64_t departures[WORKER_KINDS][DEPARTURES];
    uint64_t repeated[WORKER_KINDS];
    uint64_t poison[WORKER_KINDS];
    const struct link_edge *link; /* whose state is shown; NULL: none is open */
};

extern struct link_edge_metrics link_edge_metrics;
extern const struct metrics LINK_EDGE_METRICS;

const char *departure_name(enum departure departure);

#endif
