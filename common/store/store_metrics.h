/* What a worker counts of its store, of the audit stream and of the limits.
 *
 *     store_metrics.commands[STORE_RESULT_OK]++;
 *
 * One for the process, which has one store. */
#ifndef COMMON_STORE_STORE_METRICS_H
#define COMMON_STORE_STORE_METRICS_H

#include "common/base/metrics.h"
#include "common/store/audit.h"

enum store_result {
    STORE_RESULT_OK,
    STORE_RESULT_REFUSED,     /* Redis answered with an error */
    STORE_RESULT_LATE,        /* no answer before the deadline */
    STORE_RESULT_UNAVAILABLE, /* not connected, or the connection was lost */
    STORE_RESULTS
};

enum { RATE_BUCKETS_MAX = 16 };

struct store_metrics {
    struct histogram command;
    uint64_t commands[STORE_RESULTS];
    uint64_t connections; /* that became ready */
    uint64_t audit_entries[AUDIT_EVENTS_COUNT];
    uint64_t audit_lost;
    uint64_t rate_limited[RATE_BUCKETS_MAX];
    double clock_difference_s; /* of this machine's clock to Redis TIME; NAN: not yet known */
    const struct store *store; /* whose state is shown; NULL: none is open */
};

extern struct store_metrics store_metrics;
extern const struct metrics STORE_METRICS;

/* A request beyond the limit of that bucket (struct rate_limit). */
void store_metrics_count_limited(const char *bucket);

#endif
