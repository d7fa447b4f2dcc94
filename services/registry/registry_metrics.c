#include "services/registry/registry_metrics.h"

enum { DOCUMENTS = DOCUMENT_JWKS + 1 };
enum fetch_result {
    FETCH_OK,
    FETCH_INVALID,
    FETCH_UNAVAILABLE,
    FETCH_LIMITED,
    FETCH_FAILED,
    FETCHES
};

static struct {
    uint64_t fetches[DOCUMENTS][FETCHES];
    struct histogram durations[DOCUMENTS];
} self;

void registry_metrics_count_fetch(enum document_kind kind, enum failure failure,
                                  int64_t duration_us)
{
    enum fetch_result result = failure == OK                          ? FETCH_OK
                               : failure == FAIL_DOCUMENT_INVALID     ? FETCH_INVALID
                               : failure == FAIL_DOCUMENT_UNAVAILABLE ? FETCH_UNAVAILABLE
                               : failure == FAIL_RATE_LIMITED         ? FETCH_LIMITED
                                                                      : FETCH_FAILED;
    self.fetches[kind][result]++;
    if (duration_us >= 0)
        histogram_observe_us(&self.durations[kind], duration_us);
}

static const char *document_value(size_t index)
{
    static const char *const names[DOCUMENTS] = {
        [DOCUMENT_METADATA] = "metadata", [DOCUMENT_JWKS] = "jwks"};
    return names[index];
}

static const char *result_value(size_t index)
{
    static const char *const names[FETCHES] = {
        [FETCH_OK] = "ok",
        [FETCH_INVALID] = "invalid",
        [FETCH_UNAVAILABLE] = "unavailable",
        [FETCH_LIMITED] = "limited",
        [FETCH_FAILED] = "failed",
    };
    return names[index];
}

static const struct metric ROWS[] = {
    {.name = "mcp_oauth_document_fetches_total",
     .type = METRIC_COUNTER,
     .help = "fetches of clients' metadata documents and JWK sets: ok, invalid (not acceptable), "
             "unavailable (no answer with 200), limited, failed (our own trouble)",
     .labels = {{"document", DOCUMENTS, document_value}, {"result", FETCHES, result_value}},
     .counts = &self.fetches[0][0]},
    {.name = "mcp_oauth_document_fetch_duration_seconds",
     .type = METRIC_HISTOGRAM,
     .help = "from a request for a document to its answer",
     .labels = {{"document", DOCUMENTS, document_value}},
     .histograms = self.durations},
};

const struct metrics REGISTRY_METRICS = {ROWS, sizeof(ROWS) / sizeof(ROWS[0])};
