/* Metrics for Prometheus: a table says what a process counts, where the numbers stand, and how they
 * are explained; the text of /metrics and the documentation both come from it.
 *
 *     static uint64_t entries[AUDIT_EVENTS_COUNT];
 *     static const struct metric ROWS[] = {
 *         {.name = "mcp_oauth_audit_entries_total", .type = METRIC_COUNTER, .help = "...",
 *          .labels = {{"event", AUDIT_EVENTS_COUNT, event_name}}, .counts = entries},
 *     };
 *     const struct metrics AUDIT_METRICS = {ROWS, sizeof(ROWS) / sizeof(ROWS[0])};
 *     entries[event]++;                                        whenever it happens
 *     struct str text = metrics_write(tables, tables_len);     at a scrape; free it
 *
 * Counting is an increment: a process has one thread, so there is no lock and no allocation.
 * Everything else is done when somebody looks. Label values come from tables of ours, never from a
 * client, so that nobody outside decides how many series there are. */
#ifndef COMMON_BASE_METRICS_H
#define COMMON_BASE_METRICS_H

#include "common/base/failure.h"

enum { METRIC_LABELS_MAX = 3, HISTOGRAM_BUCKETS = 16 };

/* How long something took. Its buckets are the same everywhere: 0.1 ms to 10 s. */
struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS + 1]; /* of each bucket alone; the last: above all bounds */
    uint64_t sum_us;
};

void histogram_observe_us(struct histogram *histogram, int64_t duration_us);

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric_label {
    const char *name;
    size_t len;                         /* of its values; 0: only collect knows them */
    const char *(*value)(size_t index); /* NULL: there is no such series */
};

struct metrics_writer;

/* The numbers come from exactly one of the last four. With labels there is one number for each
 * combination of their values, the last label running fastest. */
struct metric {
    const char *name; /* by Prometheus's convention: base units, the unit in the name */
    const char *help;
    enum metric_type type;
    bool is_sparse; /* a series appears with its first event */
    struct metric_label labels[METRIC_LABELS_MAX];
    const uint64_t *counts;
    const struct histogram *histograms; /* in seconds */
    double (*read)(size_t index);       /* NAN: not known, so no sample */
    void (*collect)(struct metrics_writer *writer, const struct metric *metric);
};

struct metrics {
    const struct metric *at;
    size_t len;
};

/* For collect: one sample, with a value for each label of the metric. */
void metrics_write_sample(struct metrics_writer *writer, const struct metric *metric,
                          const struct str *label_values, double value);
/* For collect, with the labels failure and error: one sample for each row of the failure table that
 * has a count. */
void metrics_write_failures(struct metrics_writer *writer, const struct metric *metric,
                            const uint64_t counts[FAILURES_COUNT]);

/* Prometheus's text format 0.0.4, on the heap: free(text.at). Absent without memory. */
struct str metrics_write(const struct metrics *const *tables, size_t tables_len);
/* For documentation, to standard output: "name<TAB>type<TAB>labels<TAB>help" a line. */
void metrics_print(const struct metrics *table);

#endif
