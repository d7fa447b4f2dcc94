/* What every process says about itself on /metrics: release, readiness, log lines, and the
 * process_ metrics that Prometheus's own client libraries have.
 *
 *     process_metrics_open("edge", is_ready);      before the sandbox: /proc is closed afterwards
 *     ... PROCESS_METRICS among the tables ...
 *     process_metrics_close(); */
#ifndef COMMON_PROCESS_PROCESS_METRICS_H
#define COMMON_PROCESS_PROCESS_METRICS_H

#include "common/base/metrics.h"

extern const struct metrics PROCESS_METRICS;

/* What /proc does not give is left out. kind lives as long as the process. */
void process_metrics_open(const char *kind, bool (*is_ready)(void));
void process_metrics_close(void);

#endif
