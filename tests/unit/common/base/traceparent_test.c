#include "common/base/traceparent.h"
#include "tests/unit/common/base/unit.h"

#include <string.h>

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

static const unsigned char REQUEST_ID[TRACE_ID_BYTES] = {0x11, 0x22};
static const unsigned char SPAN[SPAN_ID_BYTES] = {0xaa, 0xbb};

static void the_example_of_the_specification_is_valid(void **state)
{
    (void)state;
    assert_true(traceparent_is_valid(STR("00-" TRACE "-" PARENT "-01")));
    assert_true(traceparent_is_valid(STR("cc-" TRACE "-" PARENT "-01-what-the-future-adds")));
}

static void malformed_ones_are_refused_trace_context_3_2(void **state)
{
    (void)state;
    static const char *const malformed[] = {
        "",
        "00",
        "ff-" TRACE "-" PARENT "-01",
        "0g-" TRACE "-" PARENT "-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01",
        "00-00000000000000000000000000000000-" PARENT "-01",
        "00-" TRACE "-0000000000000000-01",
        "00-" TRACE "-" PARENT "-0x",
        "00-" TRACE "-" PARENT "-01-more",
        "cc-" TRACE "-" PARENT "-01more",
        "00_" TRACE "-" PARENT "-01",
        "00-" TRACE "_" PARENT "-01",
        "00-" TRACE "-" PARENT "_01",
        "00-" TRACE "-" PARENT "-0",
    };
    for (size_t i = 0; i < LENGTH_OF(malformed); i++)
        if (traceparent_is_valid(str_from_cstr(malformed[i])))
            fail_msg("%s", malformed[i]);
    assert_false(traceparent_is_valid(STR_ABSENT));
}

static void a_child_keeps_the_trace_and_its_flags(void **state)
{
    (void)state;
    char text[TRACEPARENT_CHARACTERS + 1];
    traceparent_make_child(STR("00-" TRACE "-" PARENT "-00"), REQUEST_ID, SPAN, text);
    assert_string_equal(text, "00-" TRACE "-aabb000000000000-00");
}

static void without_a_parent_the_trace_has_the_request_id(void **state)
{
    (void)state;
    static const char *const none[] = {"", "nonsense", "00-" TRACE "-0000000000000000-01"};
    for (size_t i = 0; i < LENGTH_OF(none); i++) {
        char text[TRACEPARENT_CHARACTERS + 1];
        traceparent_make_child(str_from_cstr(none[i]), REQUEST_ID, SPAN, text);
        assert_string_equal(text, "00-11220000000000000000000000000000-aabb000000000000-01");
        assert_true(traceparent_is_valid(str_from_cstr(text)));
    }
}

static void a_later_request_continues_the_trace_with_its_own_span(void **state)
{
    (void)state;
    static const struct str EARLIER = STR_INIT("00-" TRACE "-" PARENT "-00"),
                            OWN =
                                STR_INIT("00-11220000000000000000000000000000-aabb000000000000-01");
    char text[TRACEPARENT_CHARACTERS + 1] = "";
    assert_true(traceparent_continue(EARLIER, OWN, text));
    assert_string_equal(text, "00-" TRACE "-aabb000000000000-00");
    assert_str(traceparent_trace_id(str_from_cstr(text)), TRACE);
    assert_str(traceparent_span_id(str_from_cstr(text)), "aabb000000000000");
    text[0] = '\0';
    assert_false(traceparent_continue(STR_ABSENT, OWN, text));
    assert_false(traceparent_continue(EARLIER, STR("nonsense"), text));
    assert_string_equal(text, "");
    assert_absent(traceparent_trace_id(STR("nonsense")));
    assert_absent(traceparent_span_id(STR_ABSENT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_example_of_the_specification_is_valid),
        UNIT_TEST(malformed_ones_are_refused_trace_context_3_2),
        UNIT_TEST(a_child_keeps_the_trace_and_its_flags),
        UNIT_TEST(without_a_parent_the_trace_has_the_request_id),
        UNIT_TEST(a_later_request_continues_the_trace_with_its_own_span),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
