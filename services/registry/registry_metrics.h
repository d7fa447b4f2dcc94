/* What a registry counts beside its operations.
 *
 *     registry_metrics_count_fetch(kind, failure, duration_us);
 *
 * One for the process. */
#ifndef SERVICES_REGISTRY_REGISTRY_METRICS_H
#define SERVICES_REGISTRY_REGISTRY_METRICS_H

#include "common/base/metrics.h"
#include "services/registry/fetcher.h"

extern const struct metrics REGISTRY_METRICS;

/* A client's document or JWK set was fetched, or could not be. duration_us negative: no request was
 * made. */
void registry_metrics_count_fetch(enum document_kind kind, enum failure failure,
                                  int64_t duration_us);

#endif
