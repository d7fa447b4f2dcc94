/* A histogram keeps each bucket alone, so that observing touches one of them; they are added up
 * when they are written. Bounds are microseconds here and seconds outside. */
#include "common/base/metrics.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t BOUNDS_US[HISTOGRAM_BUCKETS] = {
    100,   250,    500,    1000,   2500,    5000,    10000,   25000,
    50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000,
};

static const char *const TYPES[] = {
    [METRIC_COUNTER] = "counter",
    [METRIC_GAUGE] = "gauge",
    [METRIC_HISTOGRAM] = "histogram",
};

void histogram_observe_us(struct histogram *histogram, int64_t duration_us)
{
    size_t i = 0;
    if (duration_us < 0)
        duration_us = 0;
    while (i < HISTOGRAM_BUCKETS && duration_us > BOUNDS_US[i])
        i++;
    histogram->counts[i]++;
    histogram->sum_us += (uint64_t)duration_us;
}

/* ---- the text */

struct metrics_writer {
    FILE *out; /* grows in memory */
};

/* Text format 0.0.4: a label's value escapes backslash, quote and line feed. */
static void value_write(FILE *out, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.at[i];
        if (c == '\n')
            fputs("\\n", out);
        else if (c == '\\' || c == '"')
            fprintf(out, "\\%c", c);
        else
            fputc(c, out);
    }
}

/* HELP escapes backslash and line feed. */
static void help_write(FILE *out, const char *help)
{
    for (; *help != '\0'; help++) {
        if (*help == '\n')
            fputs("\\n", out);
        else if (*help == '\\')
            fputs("\\\\", out);
        else
            fputc(*help, out);
    }
}

/* {route="/token",le="0.1"}; le may be NULL. */
static void labels_write(FILE *out, const struct metric *metric, const struct str *values,
                         const char *le)
{
    const char *before = "{";
    for (size_t i = 0; i < METRIC_LABELS_MAX && metric->labels[i].name != NULL; i++) {
        fprintf(out, "%s%s=\"", before, metric->labels[i].name);
        value_write(out, values[i]);
        fputc('"', out);
        before = ",";
    }
    if (le != NULL) {
        fprintf(out, "%sle=\"%s\"", before, le);
        before = ",";
    }
    if (before[0] == ',')
        fputc('}', out);
}

/* Whole numbers as such, up to where a double holds them all. */
static void number_write(FILE *out, double value)
{
    if (value == floor(value) && fabs(value) < 9007199254740992.0)
        fprintf(out, " %.0f\n", value);
    else
        fprintf(out, " %.15g\n", value);
}

void metrics_write_sample(struct metrics_writer *writer, const struct metric *metric,
                          const struct str *label_values, double value)
{
    if (isnan(value))
        return;
    fputs(metric->name, writer->out);
    labels_write(writer->out, metric, label_values, NULL);
    number_write(writer->out, value);
}

void metrics_write_failures(struct metrics_writer *writer, const struct metric *metric,
                            const uint64_t counts[FAILURES_COUNT])
{
    for (unsigned i = 0; i < FAILURES_COUNT; i++) {
        const struct failure_row *row = failure_row((enum failure)i);
        const struct str values[] = {str_from_cstr(row->name), str_from_cstr(row->error)};
        if (counts[i] > 0)
            metrics_write_sample(writer, metric, values, (double)counts[i]);
    }
}

static void histogram_write(FILE *out, const struct metric *metric, const struct str *values,
                            const struct histogram *histogram)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= HISTOGRAM_BUCKETS; i++) {
        char le[32] = "+Inf";
        if (i < HISTOGRAM_BUCKETS)
            snprintf(le, sizeof(le), "%g", (double)BOUNDS_US[i] / 1e6);
        count += histogram->counts[i];
        fprintf(out, "%s_bucket", metric->name);
        labels_write(out, metric, values, le);
        fprintf(out, " %llu\n", (unsigned long long)count);
    }
    fprintf(out, "%s_sum", metric->name);
    labels_write(out, metric, values, NULL);
    fprintf(out, " %llu.%06llu\n", (unsigned long long)(histogram->sum_us / 1000000),
            (unsigned long long)(histogram->sum_us % 1000000));
    fprintf(out, "%s_count", metric->name);
    labels_write(out, metric, values, NULL);
    fprintf(out, " %llu\n", (unsigned long long)count);
}

static bool histogram_is_empty(const struct histogram *histogram)
{
    for (size_t i = 0; i <= HISTOGRAM_BUCKETS; i++)
        if (histogram->counts[i] > 0)
            return false;
    return true;
}

/* The label values of the combination; false when one of them does not exist. */
static bool combination_get(const struct metric *metric, size_t index,
                            struct str ret_values[METRIC_LABELS_MAX])
{
    for (size_t i = METRIC_LABELS_MAX; i-- > 0;) {
        const struct metric_label *label = &metric->labels[i];
        if (label->name == NULL)
            continue;
        const char *value = label->value(index % label->len);
        index /= label->len;
        if (value == NULL)
            return false;
        ret_values[i] = str_from_cstr(value);
    }
    return true;
}

static void combination_write(struct metrics_writer *writer, const struct metric *metric,
                              size_t index)
{
    struct str values[METRIC_LABELS_MAX];
    if (!combination_get(metric, index, values))
        return;
    if (metric->histograms != NULL) {
        if (!metric->is_sparse || !histogram_is_empty(&metric->histograms[index]))
            histogram_write(writer->out, metric, values, &metric->histograms[index]);
    } else if (metric->counts == NULL) {
        metrics_write_sample(writer, metric, values, metric->read(index));
    } else if (!metric->is_sparse || metric->counts[index] > 0) {
        metrics_write_sample(writer, metric, values, (double)metric->counts[index]);
    }
}

static void metric_write(struct metrics_writer *writer, const struct metric *metric)
{
    size_t combinations = 1;
    assert((metric->type == METRIC_HISTOGRAM) == (metric->histograms != NULL));
    fprintf(writer->out, "# HELP %s ", metric->name);
    help_write(writer->out, metric->help);
    fprintf(writer->out, "\n# TYPE %s %s\n", metric->name, TYPES[metric->type]);
    if (metric->collect != NULL) {
        metric->collect(writer, metric);
        return;
    }
    for (size_t i = 0; i < METRIC_LABELS_MAX && metric->labels[i].name != NULL; i++)
        combinations *= metric->labels[i].len;
    for (size_t i = 0; i < combinations; i++)
        combination_write(writer, metric, i);
}

struct str metrics_write(const struct metrics *const *tables, size_t tables_len)
{
    char *at = NULL;
    size_t len = 0;
    struct metrics_writer writer = {open_memstream(&at, &len)};
    if (writer.out == NULL)
        return STR_ABSENT;
    for (size_t i = 0; i < tables_len; i++)
        for (size_t j = 0; j < tables[i]->len; j++)
            metric_write(&writer, &tables[i]->at[j]);
    bool is_whole = !ferror(writer.out);
    if (fclose(writer.out) != 0 || !is_whole) {
        free(at);
        return STR_ABSENT;
    }
    return str_from_bytes(at, len);
}

/* ---- the documentation */

void metrics_print(const struct metrics *table)
{
    for (size_t i = 0; i < table->len; i++) {
        const struct metric *metric = &table->at[i];
        printf("%s\t%s\t", metric->name, TYPES[metric->type]);
        for (size_t j = 0; j < METRIC_LABELS_MAX && metric->labels[j].name != NULL; j++)
            printf("%s%s", j > 0 ? " " : "", metric->labels[j].name);
        printf("\t%s\n", metric->help);
    }
}
