/* What every worker counts of its operations. Private to worker.c, except the table.
 *
 *     worker_metrics_open(worker, link);
 *     worker_metrics_begin(index);
 *     worker_metrics_end(index, failure, duration_us);
 *
 * One for the process. */
#ifndef PROTO_WORKER_METRICS_H
#define PROTO_WORKER_METRICS_H

#include "common/base/metrics.h"
#include "proto/worker.h"

extern const struct metrics WORKER_METRICS;

/* Both live as long as the process counts; link NULL: it is closed. */
void worker_metrics_open(const struct worker *worker, const struct link_worker *link);
void worker_metrics_begin(size_t operation);
void worker_metrics_end(size_t operation, enum failure failure, int64_t duration_us);

#endif
