/* Gauges are read from the link itself when somebody looks, so that they are never out of date: an
 * autoscaler acts on them. */
#include "proto/link_edge_metrics.h"
#include "common/base/limits.h"
#include "proto/kind.h"

#include <math.h>

struct link_edge_metrics link_edge_metrics;

static const char *const DEPARTURE_NAMES[DEPARTURES] = {
    [DEPARTURE_DISCONNECTED] = "disconnected",
    [DEPARTURE_SILENT] = "silent",
    [DEPARTURE_DRAINED] = "drained",
};

const char *departure_name(enum departure departure)
{
    return DEPARTURE_NAMES[departure];
}

static const char *departure_value(size_t index)
{
    return DEPARTURE_NAMES[index];
}

static const char *kind_value(size_t index)
{
    return worker_kind_name((enum worker_kind)index);
}

/* ---- what a living worker is doing */

enum worker_state { WORKER_READY, WORKER_NOT_READY, WORKER_DRAINING, WORKER_STATES };

static enum worker_state worker_state(const struct worker *worker)
{
    if (worker->is_draining)
        return WORKER_DRAINING;
    return worker->credit > 0 ? WORKER_READY : WORKER_NOT_READY;
}

static const char *state_value(size_t index)
{
    static const char *const names[WORKER_STATES] = {"ready", "not_ready", "draining"};
    return names[index];
}

static const struct kind *kind_at(size_t index)
{
    return link_edge_metrics.link != NULL ? &link_edge_metrics.link->kinds[index] : NULL;
}

static double workers_read(size_t index)
{
    const struct kind *kind = kind_at(index / WORKER_STATES);
    double count = 0;
    if (kind == NULL)
        return NAN;
    for (const struct worker *at = kind->workers.first; at != NULL; at = at->next)
        count += worker_state(at) == index % WORKER_STATES;
    return count;
}

/* ---- what waits and what is in flight */

static double queued_read(size_t index)
{
    const struct kind *kind = kind_at(index);
    return kind != NULL ? (double)kind->queue.len : NAN;
}

static double outstanding_read(size_t index)
{
    const struct kind *kind = kind_at(index);
    return kind != NULL ? queued_read(index) + (double)link_edge_in_flight(kind->link, kind->which)
                        : NAN;
}

static double queue_max_read(size_t index)
{
    (void)index;
    return QUEUE_REQUESTS_MAX;
}

/* A worker's name comes from its HELLO, which only a worker may send, and there are at most
 * WORKERS_MAX. */
static void in_flight_collect(struct metrics_writer *writer, const struct metric *metric)
{
    for (size_t i = 0; i < WORKER_KINDS && kind_at(i) != NULL; i++)
        for (const struct worker *at = kind_at(i)->workers.first; at != NULL; at = at->next) {
            const struct str values[] = {str_from_cstr(kind_value(i)), at->hello.instance};
            metrics_write_sample(writer, metric, values, (double)at->in_flight.len);
        }
}

/* Signers that announce different sets: all of them know the same keys only while this is 1. */
static double key_sets_read(size_t index)
{
    const struct kind *kind = kind_at(WORKER_SIGNER);
    double count = 0;
    (void)index;
    if (kind == NULL)
        return NAN;
    for (const struct worker *at = kind->workers.first; at != NULL; at = at->next) {
        const struct worker *other = kind->workers.first;
        while (other != at && !str_equals(other->hello.keys_version, at->hello.keys_version))
            other = other->next;
        count += other == at;
    }
    return count;
}

static double malformed_read(size_t index)
{
    (void)index;
    return link_edge_metrics.link != NULL ? (double)link_edge_malformed(link_edge_metrics.link)
                                          : NAN;
}

#define KIND                                                                                       \
    {                                                                                              \
        "kind", WORKER_KINDS, kind_value                                                           \
    }

static const struct metric ROWS[] = {
    {.name = "mcp_oauth_outstanding_requests",
     .type = METRIC_GAUGE,
     .help = "requests that wait for a worker of this kind or are in flight there, now; what an "
             "autoscaler follows",
     .labels = {KIND},
     .read = outstanding_read},
    {.name = "mcp_oauth_queue_requests",
     .type = METRIC_GAUGE,
     .help = "requests that wait for a worker, now",
     .labels = {KIND},
     .read = queued_read},
    {.name = "mcp_oauth_queue_requests_max",
     .type = METRIC_GAUGE,
     .help = "requests that may wait for a worker of one kind; beyond it they are answered 503",
     .read = queue_max_read},
    {.name = "mcp_oauth_queue_wait_seconds",
     .type = METRIC_HISTOGRAM,
     .help = "how long a request waited for a worker before it was sent",
     .labels = {KIND},
     .histograms = link_edge_metrics.queue_wait},
    {.name = "mcp_oauth_worker_requests_in_flight",
     .type = METRIC_GAUGE,
     .help = "requests of this edge that are in flight in one worker, now",
     .labels = {{"kind"}, {"worker"}},
     .collect = in_flight_collect},
    {.name = "mcp_oauth_workers",
     .type = METRIC_GAUGE,
     .help = "workers that this edge sees alive: ready (take requests), not_ready (alive, no "
             "credit: their Redis is away), draining",
     .labels = {KIND, {"state", WORKER_STATES, state_value}},
     .read = workers_read},
    {.name = "mcp_oauth_worker_arrivals_total",
     .type = METRIC_COUNTER,
     .help = "workers that connected to this edge",
     .labels = {KIND},
     .counts = link_edge_metrics.arrivals},
    {.name = "mcp_oauth_worker_departures_total",
     .type = METRIC_COUNTER,
     .help = "workers that left: drained (on purpose), disconnected (ended or lost), silent (hung)",
     .labels = {KIND, {"reason", DEPARTURES, departure_value}},
     .counts = &link_edge_metrics.departures[0][0]},
    {.name = "mcp_oauth_requests_repeated_total",
     .type = METRIC_COUNTER,
     .help = "requests sent again because their worker died",
     .labels = {KIND},
     .counts = link_edge_metrics.repeated},
    {.name = "mcp_oauth_requests_poison_total",
     .type = METRIC_COUNTER,
     .help = "requests given up because workers died of them, again and again",
     .labels = {KIND},
     .counts = link_edge_metrics.poison},
    {.name = "mcp_oauth_key_set_versions",
     .type = METRIC_GAUGE,
     .help =
         "different sets of signing keys among the signers: 1, except for minutes of a rotation",
     .read = key_sets_read},
    {.name = "mcp_oauth_link_messages_malformed_total",
     .type = METRIC_COUNTER,
     .help = "messages from workers that were dropped because they could not be read",
     .read = malformed_read},
};

const struct metrics LINK_EDGE_METRICS = {ROWS, sizeof(ROWS) / sizeof(ROWS[0])};
