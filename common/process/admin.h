/* The admin port of every process: GET /health (the loop turns), GET /ready (the process can do its
 * work), GET /metrics (for Prometheus). It speaks plain HTTP and is never public.
 *
 *     struct admin *admin = admin_open(loop, STR("127.0.0.1:9101"), &sources, &problem);
 *     admin_close(admin); */
#ifndef COMMON_PROCESS_ADMIN_H
#define COMMON_PROCESS_ADMIN_H

#include "common/base/metrics.h"
#include "common/process/loop.h"

struct admin;

struct admin_sources { /* what stands behind the pages, for as long as the port is open */
    bool (*is_ready)(void);
    const struct metrics *const *metrics;
    size_t metrics_len;
};

/* NULL, with one sentence in *ret_problem (a literal), when the address cannot be used. */
struct admin *admin_open(struct loop *loop, struct str listen, const struct admin_sources *sources,
                         struct str *ret_problem);
void admin_close(struct admin *admin); /* accepts NULL */

#endif
