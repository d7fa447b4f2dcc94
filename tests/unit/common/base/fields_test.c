#include "common/base/fields.h"
#include "tests/unit/common/base/unit.h"

#include <string.h>

struct sample {
    struct str id;
    struct str secret;
    int64_t count;
    bool is_on;
    struct strs list;
    struct str extra;
};

enum { TEXT_BYTES_MAX = 8 };

static const struct field SAMPLE_FIELDS[] = {
    FIELD(struct sample, id, STR, TEXT_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct sample, secret, STR, TEXT_BYTES_MAX, FIELD_SECRET),
    FIELD(struct sample, count, I64, 0, 0),
    FIELD(struct sample, is_on, BOOL, 0, 0),
    FIELD(struct sample, list, STRS, TEXT_BYTES_MAX, 0),
    FIELD(struct sample, extra, JSON, 4 * TEXT_BYTES_MAX, 0),
};
static const struct fields SAMPLE = FIELDS_OF(struct sample, SAMPLE_FIELDS);

static struct str texts[] = {STR_INIT("a"), STR_INIT("\"b\"")};
static const struct sample FULL = {
    .id = STR_INIT("x"),
    .secret = STR_INIT("hush"),
    .count = 7,
    .is_on = true,
    .list = {texts, 2},
    .extra = STR_INIT("{\"k\":[1,null]}"),
};
static const struct sample LEAST = {.id = STR_INIT("x"), .count = FIELD_I64_ABSENT};

static void assert_samples_equal(const struct sample *a, const struct sample *b)
{
    assert_true(str_equals(a->id, b->id));
    assert_true(str_equals(a->secret, b->secret));
    assert_int_equal(str_is_present(a->secret), str_is_present(b->secret));
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->is_on, b->is_on);
    assert_int_equal(a->list.len, b->list.len);
    for (size_t i = 0; i < a->list.len; i++)
        assert_true(str_equals(a->list.at[i], b->list.at[i]));
    assert_true(str_equals(a->extra, b->extra));
}

static void a_record_survives_json(void **state)
{
    const struct sample *samples[] = {&FULL, &LEAST};
    for (size_t i = 0; i < LENGTH_OF(samples); i++) {
        struct str text;
        struct sample back;
        assert_ok(fields_to_json(&SAMPLE, samples[i], unit_arena(state), &text));
        assert_ok(fields_from_json(&SAMPLE, text, unit_arena(state), &back));
        assert_samples_equal(samples[i], &back);
    }
}

static void a_record_survives_a_redis_hash(void **state)
{
    const struct sample *samples[] = {&FULL, &LEAST};
    for (size_t i = 0; i < LENGTH_OF(samples); i++) {
        struct strs pairs;
        struct sample back;
        assert_ok(fields_to_pairs(&SAMPLE, samples[i], unit_arena(state), &pairs));
        assert_ok(fields_from_pairs(&SAMPLE, pairs, unit_arena(state), &back));
        assert_samples_equal(samples[i], &back);
    }
}

static void absent_members_are_left_out(void **state)
{
    struct str text;
    struct strs pairs;
    assert_ok(fields_to_json(&SAMPLE, &LEAST, unit_arena(state), &text));
    assert_str(text, "{\"id\":\"x\"}");
    assert_ok(fields_to_pairs(&SAMPLE, &LEAST, unit_arena(state), &pairs));
    assert_int_equal(pairs.len, 2);
}

static void unknown_and_null_members_are_ignored(void **state)
{
    struct sample back;
    assert_ok(fields_from_json(&SAMPLE, STR("{\"id\":\"x\",\"new\":{\"a\":1},\"count\":null}"),
                               unit_arena(state), &back));
    assert_samples_equal(&LEAST, &back);
}

static void malformed_json_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "7",
        "{",
        "{\"id\":\"x\"} x",
        "{}",
        "{\"id\":null}",
        "{\"id\":7}",
        "{\"id\":\"x\",\"id\":\"y\"}",
        "{\"id\":\"123456789\"}",
        "{\"id\":\"x\",\"count\":-1}",
        "{\"id\":\"x\",\"count\":1.5}",
        "{\"id\":\"x\",\"count\":\"1\"}",
        "{\"id\":\"x\",\"count\":99999999999999999999}",
        "{\"id\":\"x\",\"is_on\":1}",
        "{\"id\":\"x\",\"list\":\"a\"}",
        "{\"id\":\"x\",\"list\":[1]}",
        "{\"id\":\"x\",\"list\":[\"123456789\"]}",
        "{\"id\":\"\\u0000\"}",
        "{\"id\":\"\xff\"}",
        "{\"id\":\"x\",\"extra\":\"123456789012345678901234567890123\"}",
    };
    struct sample back = {.count = 99};
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        assert_failure(fields_from_json(&SAMPLE, str_from_cstr(bad[i]), unit_arena(state), &back),
                       FAIL_MESSAGE_MALFORMED, bad[i]);
    assert_failure(fields_from_json(&SAMPLE, STR_ABSENT, unit_arena(state), &back),
                   FAIL_MESSAGE_MALFORMED, "absent");
    assert_int_equal(back.count, 99);
}

static void malformed_hashes_are_refused(void **state)
{
    static const struct {
        const char *name, *value;
    } bad[] = {{"id", "123456789"}, {"count", "-1"}, {"count", ""},  {"count", "x"},
               {"list", "a"},       {"list", "[1]"}, {"list", "{}"}, {"list", "[\"123456789\"]"}};
    struct sample back;
    for (size_t i = 0; i < LENGTH_OF(bad); i++) {
        struct str at[] = {str_from_cstr(bad[i].name), str_from_cstr(bad[i].value), STR("id"),
                           STR("x")};
        struct strs pairs = {at, 4};
        assert_failure(fields_from_pairs(&SAMPLE, pairs, unit_arena(state), &back),
                       FAIL_MESSAGE_MALFORMED, bad[i].value);
    }
    assert_failure(fields_from_pairs(&SAMPLE, (struct strs){.len = 0}, unit_arena(state), &back),
                   FAIL_MESSAGE_MALFORMED, "a required member is missing");
}

/* A text that cannot be written must not vanish: the reader would see another record. */
static void what_is_not_utf8_is_not_dropped_silently(void **state)
{
    struct str text = STR("untouched"), foreign[] = {STR_INIT("a"), STR_INIT("\xff")};
    struct strs pairs;
    struct sample sample = LEAST;
    sample.secret = STR("\xff");
    assert_failure(fields_to_json(&SAMPLE, &sample, unit_arena(state), &text),
                   FAIL_MESSAGE_MALFORMED, "a text");
    sample = LEAST;
    sample.list = (struct strs){foreign, 2};
    assert_failure(fields_to_json(&SAMPLE, &sample, unit_arena(state), &text),
                   FAIL_MESSAGE_MALFORMED, "a list");
    assert_failure(fields_to_pairs(&SAMPLE, &sample, unit_arena(state), &pairs),
                   FAIL_MESSAGE_MALFORMED, "a list in a hash");
    sample = LEAST;
    sample.extra = STR("{broken");
    assert_failure(fields_to_json(&SAMPLE, &sample, unit_arena(state), &text),
                   FAIL_MESSAGE_MALFORMED, "JSON");
    assert_str(text, "untouched");
}

static void secrets_are_printed_as_stars(void **state)
{
    struct str text = fields_print(&SAMPLE, &FULL, unit_arena(state));
    assert_non_null(strstr(arena_dup_cstr(unit_arena(state), text), "\"secret\":\"***\""));
    assert_null(strstr(arena_dup_cstr(unit_arena(state), text), "hush"));
    assert_null(
        strstr(arena_dup_cstr(unit_arena(state), fields_print(&SAMPLE, &LEAST, unit_arena(state))),
               "***"));
}

static void secrets_that_cannot_be_printed_are_stars_too(void **state)
{
    struct sample sample = LEAST;
    sample.secret = STR("\xff");
    assert_str(fields_print(&SAMPLE, &sample, unit_arena(state)),
               "{\"id\":\"x\",\"secret\":\"***\"}");
}

static void every_failed_allocation_is_reported(void **state)
{
    struct str text, whole;
    struct strs pairs;
    struct sample back = {.count = 99};
    assert_ok(fields_to_json(&SAMPLE, &FULL, unit_arena(state), &whole));
    arena_fail_at(1);
    assert_failure(fields_to_json(&SAMPLE, &FULL, unit_arena(state), &text), FAIL_LIMIT_REACHED,
                   "to_json");
    for (size_t n = 1; n <= 7; n++) {
        arena_fail_at(n);
        assert_failure(fields_from_json(&SAMPLE, whole, unit_arena(state), &back),
                       FAIL_LIMIT_REACHED, "from_json");
        assert_int_equal(back.count, 99);
    }
    for (size_t n = 1; n <= 3; n++) {
        arena_fail_at(n);
        assert_failure(fields_to_pairs(&SAMPLE, &FULL, unit_arena(state), &pairs),
                       FAIL_LIMIT_REACHED, "to_pairs");
    }
    arena_fail_at(0);
    assert_ok(fields_to_pairs(&SAMPLE, &FULL, unit_arena(state), &pairs));
    for (size_t n = 1; n <= 7; n++) {
        arena_fail_at(n);
        assert_failure(fields_from_pairs(&SAMPLE, pairs, unit_arena(state), &back),
                       FAIL_LIMIT_REACHED, "from_pairs");
    }
}

static void a_text_over_its_limit_is_told_before_it_is_sent(void **state)
{
    struct str nine = STR("123456789"), longs[] = {STR("a"), nine};
    struct sample sample = FULL;
    (void)state;
    assert_ok(fields_check_lengths(&SAMPLE, &FULL));
    assert_ok(fields_check_lengths(&SAMPLE, &LEAST));
    sample.id = str_first(nine, TEXT_BYTES_MAX);
    assert_ok(fields_check_lengths(&SAMPLE, &sample));
    sample.id = nine;
    assert_failure(fields_check_lengths(&SAMPLE, &sample), FAIL_PARAMETER_TOO_LONG, "a text");
    sample = FULL;
    sample.list = (struct strs){longs, 2};
    assert_failure(fields_check_lengths(&SAMPLE, &sample), FAIL_PARAMETER_TOO_LONG, "in a list");
    sample = FULL;
    sample.extra = STR("[\"123456789012345678901234567890\"]");
    assert_failure(fields_check_lengths(&SAMPLE, &sample), FAIL_PARAMETER_TOO_LONG, "a JSON text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_record_survives_json),
        UNIT_TEST(a_record_survives_a_redis_hash),
        UNIT_TEST(absent_members_are_left_out),
        UNIT_TEST(unknown_and_null_members_are_ignored),
        UNIT_TEST(malformed_json_is_refused),
        UNIT_TEST(malformed_hashes_are_refused),
        UNIT_TEST(what_is_not_utf8_is_not_dropped_silently),
        UNIT_TEST(secrets_are_printed_as_stars),
        UNIT_TEST(secrets_that_cannot_be_printed_are_stars_too),
        UNIT_TEST(a_text_over_its_limit_is_told_before_it_is_sent),
        UNIT_TEST(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
