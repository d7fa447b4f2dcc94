#include "services/edge/edge_metrics.h"
#include "common/base/clock.h"
#include "services/edge/endpoints.h"
#include "services/edge/errand.h"
#include "services/edge/http_server.h"

#include <math.h>

enum { METHODS = 7, STATUSES = 15 };

static const char *const METHOD_NAMES[METHODS] = {"other", "GET",    "HEAD",   "POST",
                                                  "PUT",   "DELETE", "OPTIONS"};
/* Every status that the edge answers; anything else is the last. */
static const int STATUS_CODES[STATUSES] = {200, 201, 204, 302, 400, 401, 403, 404,
                                           405, 409, 413, 429, 503, 500, 0};
static const char *const STATUS_NAMES[STATUSES] = {"200", "201", "204", "302", "400",
                                                   "401", "403", "404", "405", "409",
                                                   "413", "429", "503", "500", "other"};

static struct {
    const struct edge *edge;
    uint64_t replies[ROUTES_MAX][METHODS][STATUSES];
    struct histogram durations[ROUTES_MAX];
    uint64_t refusals[FAILURES_COUNT];
    uint64_t connections;
} self;

void edge_metrics_show(const struct edge *edge)
{
    self.edge = edge;
}

/* 0 is ROUTE_NONE. */
static size_t route_index(const struct route *route)
{
    return route == &ROUTE_NONE || route == NULL ? 0 : (size_t)(route - ROUTES) + 1;
}

static size_t method_index(struct str method)
{
    for (size_t i = 1; i < METHODS; i++)
        if (str_equals_cstr(method, METHOD_NAMES[i]))
            return i;
    return 0;
}

static size_t status_index(int status)
{
    size_t i = 0;
    while (i < STATUSES - 1 && STATUS_CODES[i] != status)
        i++;
    return i;
}

void edge_metrics_count_reply(const struct request *request, int status)
{
    size_t route = route_index(request->route);
    self.replies[route][method_index(request->method)][status_index(status)]++;
    if (request->started_us != 0)
        histogram_observe_us(&self.durations[route], clock_monotonic_us() - request->started_us);
}

void edge_metrics_count_refusal(enum failure failure)
{
    self.refusals[failure]++;
}

void edge_metrics_count_connection(void)
{
    self.connections++;
}

static const char *route_value(size_t index)
{
    if (index == 0)
        return ROUTE_NONE.path;
    return index <= ROUTES_COUNT ? ROUTES[index - 1].path : NULL;
}

static const char *method_value(size_t index)
{
    return METHOD_NAMES[index];
}

static const char *status_value(size_t index)
{
    return STATUS_NAMES[index];
}

static void refusals_collect(struct metrics_writer *writer, const struct metric *metric)
{
    metrics_write_failures(writer, metric, self.refusals);
}

static double in_flight_read(size_t index)
{
    double count = 0;
    (void)index;
    if (self.edge == NULL)
        return NAN;
    for (const struct errand *at = self.edge->errands; at != NULL; at = at->next)
        count++;
    return count;
}

static double connections_read(size_t index)
{
    (void)index;
    return self.edge != NULL && self.edge->server != NULL
               ? (double)http_server_connections(self.edge->server)
               : NAN;
}

static double connections_max_read(size_t index)
{
    (void)index;
    return self.edge != NULL && self.edge->server != NULL
               ? (double)http_server_connections_max(self.edge->server)
               : NAN;
}

static double public_keys_read(size_t index)
{
    (void)index;
    return (double)keys_count();
}

static const struct metric ROWS[] = {
    {.name = "mcp_oauth_http_requests_total",
     .type = METRIC_COUNTER,
     .is_sparse = true,
     .help = "requests answered, by route of the route table, method and status; any other path is "
             "none",
     .labels = {{"route", ROUTES_MAX, route_value},
                {"method", METHODS, method_value},
                {"status", STATUSES, status_value}},
     .counts = &self.replies[0][0][0]},
    {.name = "mcp_oauth_http_request_duration_seconds",
     .type = METRIC_HISTOGRAM,
     .is_sparse = true,
     .help = "from the end of a request to its answer, by route",
     .labels = {{"route", ROUTES_MAX, route_value}},
     .histograms = self.durations},
    {.name = "mcp_oauth_http_refusals_total",
     .type = METRIC_COUNTER,
     .is_sparse = true,
     .help = "requests refused, whoever decided it: the failure table's name, and the error code "
             "that the client hears",
     .labels = {{"failure"}, {"error"}},
     .collect = refusals_collect},
    {.name = "mcp_oauth_http_requests_in_flight",
     .type = METRIC_GAUGE,
     .help = "requests that wait for the answer of a worker, now",
     .read = in_flight_read},
    {.name = "mcp_oauth_http_connections",
     .type = METRIC_GAUGE,
     .help = "connections that are open",
     .read = connections_read},
    {.name = "mcp_oauth_http_connections_max",
     .type = METRIC_GAUGE,
     .help = "connections that may be open; beyond it new ones wait",
     .read = connections_max_read},
    {.name = "mcp_oauth_http_connections_total",
     .type = METRIC_COUNTER,
     .help = "connections accepted",
     .counts = &self.connections},
    {.name = "mcp_oauth_public_keys",
     .type = METRIC_GAUGE,
     .help = "signing keys that jwks.json publishes",
     .read = public_keys_read},
};

const struct metrics EDGE_METRICS = {ROWS, sizeof(ROWS) / sizeof(ROWS[0])};
