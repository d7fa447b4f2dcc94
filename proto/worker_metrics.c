#include "proto/worker_metrics.h"
#include "common/base/limits.h"

#include <assert.h>
#include <math.h>

enum operation_result { RESULT_OK, RESULT_REFUSED, RESULT_FAILED, RESULTS };

static struct {
    const struct worker *worker;
    const struct link_worker *link;
    struct histogram durations[OPERATIONS_MAX];
    uint64_t results[OPERATIONS_MAX][RESULTS];
    uint64_t in_flight[OPERATIONS_MAX];
    uint64_t refusals[FAILURES_COUNT];
} self;

void worker_metrics_open(const struct worker *worker, const struct link_worker *link)
{
    assert(worker->operations_len <= OPERATIONS_MAX);
    self.worker = worker;
    self.link = link;
}

void worker_metrics_begin(size_t operation)
{
    self.in_flight[operation]++;
}

void worker_metrics_end(size_t operation, enum failure failure, int64_t duration_us)
{
    enum operation_result result = failure == OK                        ? RESULT_OK
                                   : failure_row(failure)->status < 500 ? RESULT_REFUSED
                                                                        : RESULT_FAILED;
    self.in_flight[operation]--;
    self.results[operation][result]++;
    histogram_observe_us(&self.durations[operation], duration_us);
    if (failure != OK)
        self.refusals[failure]++;
}

static const char *operation_value(size_t index)
{
    return self.worker != NULL && index < self.worker->operations_len
               ? self.worker->operations[index].name
               : NULL;
}

static const char *result_value(size_t index)
{
    static const char *const names[RESULTS] = {"ok", "refused", "failed"};
    return names[index];
}

static double in_flight_read(size_t index)
{
    return (double)self.in_flight[index];
}

static void refusals_collect(struct metrics_writer *writer, const struct metric *metric)
{
    metrics_write_failures(writer, metric, self.refusals);
}

static double edges_read(size_t index)
{
    (void)index;
    return self.link != NULL ? (double)link_worker_edges(self.link) : NAN;
}

static double malformed_read(size_t index)
{
    (void)index;
    return self.link != NULL ? (double)link_worker_malformed(self.link) : NAN;
}

#define OPERATION                                                                                  \
    {                                                                                              \
        "operation", OPERATIONS_MAX, operation_value                                               \
    }

static const struct metric ROWS[] = {
    {.name = "mcp_oauth_operations_total",
     .type = METRIC_COUNTER,
     .help = "requests of the edges by operation: ok, refused (the caller's fault), failed (ours)",
     .labels = {OPERATION, {"result", RESULTS, result_value}},
     .counts = &self.results[0][0]},
    {.name = "mcp_oauth_operation_duration_seconds",
     .type = METRIC_HISTOGRAM,
     .help = "from a request's arrival to its answer, in the worker",
     .labels = {OPERATION},
     .histograms = self.durations},
    {.name = "mcp_oauth_operations_in_flight",
     .type = METRIC_GAUGE,
     .help = "requests that this worker is serving, now",
     .labels = {OPERATION},
     .read = in_flight_read},
    {.name = "mcp_oauth_refusals_total",
     .type = METRIC_COUNTER,
     .is_sparse = true,
     .help = "requests that this worker did not grant: the failure table's name, and the error "
             "code that the client hears",
     .labels = {{"failure"}, {"error"}},
     .collect = refusals_collect},
    {.name = "mcp_oauth_edges",
     .type = METRIC_GAUGE,
     .help = "edges that this worker is connected to, and that have taken it",
     .read = edges_read},
    {.name = "mcp_oauth_link_messages_malformed_total",
     .type = METRIC_COUNTER,
     .help = "messages from edges that were dropped because they could not be read",
     .read = malformed_read},
};

const struct metrics WORKER_METRICS = {ROWS, sizeof(ROWS) / sizeof(ROWS[0])};
