/* Tests common/base/metrics.c: the text, letter for letter. */
#include "common/base/metrics.h"

#include "tests/unit/common/base/unit.h"

#include <math.h>
#include <stdlib.h>

static uint64_t counts[2][2];
static struct histogram histogram;
static double number;

static const char *colour_value(size_t index)
{
    static const char *const names[] = {"red", "blue"};
    return names[index];
}

static const char *shape_value(size_t index)
{
    return index == 0 ? "round" : NULL; /* the second does not exist */
}

static double number_read(size_t index)
{
    (void)index;
    return number;
}

static void odd_collect(struct metrics_writer *writer, const struct metric *metric)
{
    metrics_write_sample(writer, metric, (const struct str[]){STR("a\\b\"c\nd")}, 1);
}

static void text_is(const struct metric *metric, const char *expected)
{
    const struct metrics table = {metric, 1};
    const struct metrics *const tables[] = {&table};
    struct str text = metrics_write(tables, 1);
    assert_str(text, expected);
    free((char *)(uintptr_t)text.at);
}

static void a_counter_has_one_sample_for_each_combination_of_its_labels(void **state)
{
    (void)state;
    counts[0][0] = 3;
    counts[1][0] = UINT64_C(1) << 52;
    text_is(&(struct metric){.name = "things_total",
                             .type = METRIC_COUNTER,
                             .help = "things",
                             .labels = {{"colour", 2, colour_value}, {"shape", 2, shape_value}},
                             .counts = &counts[0][0]},
            "# HELP things_total things\n# TYPE things_total counter\n"
            "things_total{colour=\"red\",shape=\"round\"} 3\n"
            "things_total{colour=\"blue\",shape=\"round\"} 4503599627370496\n");
}

static void a_sparse_counter_shows_only_what_has_happened(void **state)
{
    (void)state;
    counts[0][0] = 0;
    counts[0][1] = 7;
    text_is(&(struct metric){.name = "things_total",
                             .type = METRIC_COUNTER,
                             .help = "things",
                             .is_sparse = true,
                             .labels = {{"colour", 2, colour_value}},
                             .counts = counts[0]},
            "# HELP things_total things\n# TYPE things_total counter\n"
            "things_total{colour=\"blue\"} 7\n");
}

static void a_gauge_that_is_not_known_has_no_sample(void **state)
{
    (void)state;
    const struct metric gauge = {
        .name = "warmth", .type = METRIC_GAUGE, .help = "warmth", .read = number_read};
    number = NAN;
    text_is(&gauge, "# HELP warmth warmth\n# TYPE warmth gauge\n");
    number = -0.25;
    text_is(&gauge, "# HELP warmth warmth\n# TYPE warmth gauge\nwarmth -0.25\n");
    number = 1800000000.125;
    text_is(&gauge, "# HELP warmth warmth\n# TYPE warmth gauge\nwarmth 1800000000.125\n");
}

static void label_values_and_help_are_escaped(void **state)
{
    (void)state;
    text_is(&(struct metric){.name = "odd",
                             .type = METRIC_GAUGE,
                             .help = "a\\b\nc\"d",
                             .labels = {{"name"}},
                             .collect = odd_collect},
            "# HELP odd a\\\\b\\nc\"d\n# TYPE odd gauge\nodd{name=\"a\\\\b\\\"c\\nd\"} 1\n");
}

static void buckets_add_up_and_the_last_is_infinite(void **state)
{
    (void)state;
    histogram = (struct histogram){0};
    histogram_observe_us(&histogram, -1);  /* a clock that went back counts as nothing */
    histogram_observe_us(&histogram, 100); /* a bound belongs to its bucket */
    histogram_observe_us(&histogram, 101);
    histogram_observe_us(&histogram, 10000000);
    histogram_observe_us(&histogram, 10000001);
    text_is(&(struct metric){.name = "wait_seconds",
                             .type = METRIC_HISTOGRAM,
                             .help = "wait",
                             .labels = {{"colour", 1, colour_value}},
                             .histograms = &histogram},
            "# HELP wait_seconds wait\n# TYPE wait_seconds histogram\n"
            "wait_seconds_bucket{colour=\"red\",le=\"0.0001\"} 2\n"
            "wait_seconds_bucket{colour=\"red\",le=\"0.00025\"} 3\n"
            "wait_seconds_bucket{colour=\"red\",le=\"0.0005\"} 3\n"
            "wait_seconds_bucket{colour=\"red\",le=\"0.001\"} 3\n"
            "wait_seconds_bucket{colour=\"red\",le=\"0.0025\"} 3\n"
            "wait_seconds_bucket{colour=\"red\",le=\"0.005\"} 3\n"
            "wait_seconds_bucket{colour=\"red\",le=\"0.01\"} 3\n"
            "wait_seconds_bucket{colour=\"red\",le=\"0.025\"} 3\n"
            "wait_seconds_bucket{colour=\"red\",le=\"0.05\"} 3\n"
            "wait_seconds_bucket{colour=\"red\",le=\"0.1\"} 3\n"
            "wait_seconds_bucket{colour=\"red\",le=\"0.25\"} 3\n"
            "wait_seconds_bucket{colour=\"red\",le=\"0.5\"} 3\n"
            "wait_seconds_bucket{colour=\"red\",le=\"1\"} 3\n"
            "wait_seconds_bucket{colour=\"red\",le=\"2.5\"} 3\n"
            "wait_seconds_bucket{colour=\"red\",le=\"5\"} 3\n"
            "wait_seconds_bucket{colour=\"red\",le=\"10\"} 4\n"
            "wait_seconds_bucket{colour=\"red\",le=\"+Inf\"} 5\n"
            "wait_seconds_sum{colour=\"red\"} 20.000202\n"
            "wait_seconds_count{colour=\"red\"} 5\n");
}

static void a_sparse_histogram_appears_with_its_first_event(void **state)
{
    (void)state;
    histogram = (struct histogram){0};
    text_is(&(struct metric){.name = "wait_seconds",
                             .type = METRIC_HISTOGRAM,
                             .help = "wait",
                             .is_sparse = true,
                             .labels = {{"colour", 1, colour_value}},
                             .histograms = &histogram},
            "# HELP wait_seconds wait\n# TYPE wait_seconds histogram\n");
}

static uint64_t failures[FAILURES_COUNT];

static void failures_collect(struct metrics_writer *writer, const struct metric *metric)
{
    metrics_write_failures(writer, metric, failures);
}

static void failures_are_told_by_the_words_of_their_table(void **state)
{
    (void)state;
    failures[FAIL_CODE_REPLAYED] = 2;
    text_is(&(struct metric){.name = "refusals_total",
                             .type = METRIC_COUNTER,
                             .help = "refusals",
                             .labels = {{"failure"}, {"error"}},
                             .collect = failures_collect},
            "# HELP refusals_total refusals\n# TYPE refusals_total counter\n"
            "refusals_total{failure=\"code_replayed\",error=\"invalid_grant\"} 2\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_counter_has_one_sample_for_each_combination_of_its_labels),
        UNIT_TEST(a_sparse_counter_shows_only_what_has_happened),
        UNIT_TEST(a_gauge_that_is_not_known_has_no_sample),
        UNIT_TEST(label_values_and_help_are_escaped),
        UNIT_TEST(buckets_add_up_and_the_last_is_infinite),
        UNIT_TEST(a_sparse_histogram_appears_with_its_first_event),
        UNIT_TEST(failures_are_told_by_the_words_of_their_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
