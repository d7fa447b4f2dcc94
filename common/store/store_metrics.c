#include "common/store/store_metrics.h"

#include <math.h>
#include <string.h>

struct store_metrics store_metrics = {.clock_difference_s = NAN};

/* Every bucket of a rate_limit in services/. */
static const char *const BUCKETS[RATE_BUCKETS_MAX] = {
    "other",     "authorize", "register", "register_all",   "document",
    "documents", "sign_in",   "validate", "token_failures",
};

static const char *const RESULTS[STORE_RESULTS] = {
    [STORE_RESULT_OK] = "ok",
    [STORE_RESULT_REFUSED] = "refused",
    [STORE_RESULT_LATE] = "late",
    [STORE_RESULT_UNAVAILABLE] = "unavailable",
};

void store_metrics_count_limited(const char *bucket)
{
    size_t i = 1;
    while (i < RATE_BUCKETS_MAX && BUCKETS[i] != NULL && strcmp(BUCKETS[i], bucket) != 0)
        i++;
    store_metrics.rate_limited[i < RATE_BUCKETS_MAX && BUCKETS[i] != NULL ? i : 0]++;
}

static const char *bucket_value(size_t index)
{
    return BUCKETS[index];
}

static const char *result_value(size_t index)
{
    return RESULTS[index];
}

static const char *event_value(size_t index)
{
    return audit_event_name((enum audit_event)index);
}

static double connected_read(size_t index)
{
    (void)index;
    return store_metrics.store != NULL && store_is_ready(store_metrics.store);
}

static double pending_read(size_t index)
{
    (void)index;
    return store_metrics.store != NULL ? (double)store_pending(store_metrics.store) : NAN;
}

static double clock_read(size_t index)
{
    (void)index;
    return store_metrics.clock_difference_s;
}

static const struct metric ROWS[] = {
    {.name = "mcp_oauth_redis_connected",
     .type = METRIC_GAUGE,
     .help = "1 while Redis takes commands",
     .read = connected_read},
    {.name = "mcp_oauth_redis_connections_total",
     .type = METRIC_COUNTER,
     .help = "connections to Redis that became usable; each after the first was a loss before",
     .counts = &store_metrics.connections},
    {.name = "mcp_oauth_redis_commands_total",
     .type = METRIC_COUNTER,
     .help = "commands and scripts sent to Redis, by how they ended",
     .labels = {{"result", STORE_RESULTS, result_value}},
     .counts = store_metrics.commands},
    {.name = "mcp_oauth_redis_command_duration_seconds",
     .type = METRIC_HISTOGRAM,
     .help = "from a command to its answer, as the worker sees it",
     .histograms = &store_metrics.command},
    {.name = "mcp_oauth_redis_commands_pending",
     .type = METRIC_GAUGE,
     .help = "commands that wait for their answer now",
     .read = pending_read},
    {.name = "mcp_oauth_redis_clock_difference_seconds",
     .type = METRIC_GAUGE,
     .help = "this machine's clock less Redis TIME; tokens tolerate 60 s",
     .read = clock_read},
    {.name = "mcp_oauth_audit_entries_total",
     .type = METRIC_COUNTER,
     .help = "entries appended to mcp:audit, by event",
     .labels = {{"event", AUDIT_EVENTS_COUNT, event_value}},
     .counts = store_metrics.audit_entries},
    {.name = "mcp_oauth_audit_entries_lost_total",
     .type = METRIC_COUNTER,
     .help = "audit entries that Redis did not take",
     .counts = &store_metrics.audit_lost},
    {.name = "mcp_oauth_rate_limited_total",
     .type = METRIC_COUNTER,
     .help = "requests beyond a limit (RATE_ options), by the limit",
     .labels = {{"bucket", RATE_BUCKETS_MAX, bucket_value}},
     .counts = store_metrics.rate_limited},
};

const struct metrics STORE_METRICS = {ROWS, sizeof(ROWS) / sizeof(ROWS[0])};
