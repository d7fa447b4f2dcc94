/* Standard error is turned into a pipe while a line is written, and the line is read as JSON. */
#include "common/base/clock.h"
#include "common/base/log.h"
#include "tests/unit/common/base/log_capture.h"
#include "tests/unit/common/base/unit.h"

#include <jansson.h>
#include <string.h>
#include <unistd.h>

static void a_line_is_one_json_object(void **state)
{
    (void)state;
    char line[8192];
    log_init(LOG_INFORMATION, STR("signer"), STR("s1"));
    clock_fix_wall_s(0);
    log_capture_begin();
    log_warning("store.lost", LOG_STR("text", STR("a\n\"b\"")), LOG_I64("number", 7),
                LOG_FAILURE(FAIL_CRYPTO), LOG_STR("absent", STR_ABSENT));
    size_t len = log_capture_end(line, sizeof(line));
    clock_fix_wall_s(-1);
    assert_int_equal(line[len - 1], '\n');
    assert_ptr_equal(strchr(line, '\n'), line + len - 1);
    json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "time")),
                        "1970-01-01T00:00:00.000Z");
    assert_string_equal(json_string_value(json_object_get(json, "level")), "warning");
    assert_string_equal(json_string_value(json_object_get(json, "process")), "signer");
    assert_string_equal(json_string_value(json_object_get(json, "instance")), "s1");
    assert_string_equal(json_string_value(json_object_get(json, "event")), "store.lost");
    assert_string_equal(json_string_value(json_object_get(json, "text")), "a\n\"b\"");
    assert_int_equal(json_integer_value(json_object_get(json, "number")), 7);
    assert_string_equal(json_string_value(json_object_get(json, "failure")), "crypto");
    assert_null(json_object_get(json, "absent"));
    json_decref(json);
}

static void bytes_that_are_not_utf8_do_not_break_the_line(void **state)
{
    (void)state;
    char line[8192];
    log_capture_begin();
    log_error("odd", LOG_STR("text", STR("\xff\xfe")));
    log_capture_end(line, sizeof(line));
    json_t *json = json_loads(line, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(json, "text")), "(not UTF-8)");
    json_decref(json);
}

static void a_line_that_is_too_long_says_so(void **state)
{
    (void)state;
    char line[8192], longer[6000];
    memset(longer, 'x', sizeof(longer));
    log_capture_begin();
    log_error("long", LOG_STR("request_id", STR("0f0f")),
              LOG_STR("text", str_from_bytes(longer, sizeof(longer))));
    log_capture_end(line, sizeof(line));
    json_t *json = json_loads(line, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(json, "event")), "long");
    assert_true(json_is_true(json_object_get(json, "is_cut")));
    assert_string_equal(json_string_value(json_object_get(json, "request_id")), "0f0f");
    assert_int_equal(json_string_length(json_object_get(json, "text")), 128);
    json_decref(json);
}

static void a_text_is_cut_between_characters(void **state)
{
    (void)state;
    char line[8192], longer[6001];
    for (size_t i = 0; i + 1 < sizeof(longer); i += 2) /* 2 bytes each, from byte 1 on */
        memcpy(longer + 1 + i, "\xc3\xa9", 2);
    longer[0] = 'x';
    log_capture_begin();
    log_error("long", LOG_STR("text", str_from_bytes(longer, sizeof(longer))));
    log_capture_end(line, sizeof(line));
    json_t *json = json_loads(line, 0, NULL);
    assert_int_equal(json_string_length(json_object_get(json, "text")), 127);
    json_decref(json);
}

static void a_line_of_many_long_texts_keeps_its_event(void **state)
{
    (void)state;
    char line[8192], odd[200];
    struct log_field fields[40];
    memset(odd, 1, sizeof(odd)); /* six characters each in JSON */
    for (size_t i = 0; i < 40; i++)
        fields[i] = LOG_STR(i % 2 ? "a" : "b", str_from_bytes(odd, sizeof(odd)));
    static const char *const names[] = {"0", "1", "2", "3", "4", "5", "6", "7"};
    for (size_t i = 0; i < 8; i++)
        fields[i].name = names[i];
    log_capture_begin();
    log_event(LOG_ERROR, "long", fields, 40);
    log_capture_end(line, sizeof(line));
    json_t *json = json_loads(line, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(json, "event")), "long");
    assert_true(json_is_true(json_object_get(json, "is_cut")));
    json_decref(json);
}

static void lines_below_the_level_are_not_written(void **state)
{
    (void)state;
    char line[8192];
    enum log_level level = LOG_ERROR;
    assert_true(log_level_from_name(STR("warning"), &level));
    assert_int_equal(level, LOG_WARNING);
    assert_false(log_level_from_name(STR("loud"), &level));
    log_init(LOG_WARNING, STR("p"), STR("i"));
    assert_false(log_is_on(LOG_INFORMATION));
    log_capture_begin();
    log_information("quiet", LOG_I64("n", 1));
    log_event(LOG_DEBUG, "quiet", NULL, 0);
    assert_int_equal(log_capture_end(line, sizeof(line)), 0);
    log_init(LOG_INFORMATION, STR("p"), STR("i"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_line_is_one_json_object),
        UNIT_TEST(bytes_that_are_not_utf8_do_not_break_the_line),
        UNIT_TEST(a_line_that_is_too_long_says_so),
        UNIT_TEST(a_text_is_cut_between_characters),
        UNIT_TEST(a_line_of_many_long_texts_keeps_its_event),
        UNIT_TEST(lines_below_the_level_are_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
