/* The one main: configuration, logging, signals, health and readiness, then the loop.
 *
 *     static const struct service EDGE = {
 *         .kind = "edge", .options = {{&OPTIONS, &config}},
 *         .start = edge_start, .is_ready = edge_is_ready, .drain = edge_drain, .stop = edge_stop,
 *     };
 *     int main(int argc, char **argv) { return service_main(argc, argv, &EDGE); }
 *
 * Order: read every option (a broken one ends the start with one sentence), give rights up
 * (sandbox_begin), start, give up the rest (sandbox_close), log `ready` once is_ready first says
 * so, run. SIGTERM or SIGINT: drain, which calls service_drained when nothing is left; then stop,
 * and exit with 0. A second signal ends at once. SIGHUP: reload. Workers do not call this
 * themselves but worker_main (proto/worker.h). */
#ifndef COMMON_PROCESS_SERVICE_H
#define COMMON_PROCESS_SERVICE_H

#include "common/base/metrics.h"
#include "common/process/loop.h"
#include "common/process/options.h"
#include "common/process/sandbox.h"

/* What every process is told. */
struct service_config {
    struct str base_url; /* the issuer: no trailing slash */
    struct str log_level;
    struct str instance;
    struct str admin_listen; /* host:port of /health, /ready and /metrics; absent: none */
    bool sandbox;
};

struct service_context {
    struct loop *loop;
    const struct service_config *config;
    struct arena *arena; /* lives as long as the process: for what start keeps */
    bool is_check;       /* --check: nothing may be taken from a process that runs beside this */
};

enum { SERVICE_OPTIONS_MAX = 2, SERVICE_METRICS_MAX = 3 };

struct service {
    const char *kind;
    /* the service's own option tables and the structs that they fill; unused ones are NULL */
    struct {
        const struct options *table;
        void *config;
    } options[SERVICE_OPTIONS_MAX];
    /* what it counts beside PROCESS_METRICS; unused ones are NULL */
    const struct metrics *metrics[SERVICE_METRICS_MAX];
    unsigned sandbox_rights; /* enum sandbox_rights: what it still does when it has started */
    /* Opens what the service needs. On failure the service has set *ret_problem: one sentence. */
    enum failure (*start)(const struct service_context *context, struct str *ret_problem);
    bool (*is_ready)(void); /* asked by /ready, and until it first says true */
    void (*drain)(void);    /* ends in service_drained */
    void (*stop)(void);     /* frees everything start opened */
    void (*reload)(void);   /* or NULL */
};

int service_main(int argc, char **argv, const struct service *service);
/* Nothing is left to answer: the loop ends. */
void service_drained(void);
/* Readiness may have changed: logs `ready` when it first holds. */
void service_readiness_changed(void);

#endif
