#include "services/edge/accept.h"
#include "tests/unit/common/base/unit.h"

static void browsers_get_pages(void **state)
{
    (void)state;
    static const char *const accepts[] = {
        "text/html",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Text/HTML;q=0.5, application/json;q=0.4",
        "text/*, application/json;q=0.9",
        "text/html;level=1;q=0.3, */*;q=0.2",
    };
    for (size_t i = 0; i < LENGTH_OF(accepts); i++)
        if (!accept_prefers_html(str_from_cstr(accepts[i])))
            fail_msg("%s", accepts[i]);
}

static void programs_get_json(void **state)
{
    (void)state;
    static const char *const accepts[] = {
        "",
        "*/*",
        "application/json",
        "application/json, text/html",
        "application/json, text/html;q=0.9, */*;q=0.1",
        "text/html;q=0, */*",
        "image/png",
        "text/html;q=0.1, application/*;q=0.2",
    };
    for (size_t i = 0; i < LENGTH_OF(accepts); i++)
        if (accept_prefers_html(str_from_cstr(accepts[i])))
            fail_msg("%s", accepts[i]);
    assert_false(accept_prefers_html(STR_ABSENT));
}

static void the_most_specific_range_decides_rfc9110_12_5_1(void **state)
{
    (void)state;
    assert_false(accept_prefers_html(STR("text/html;q=0.1, text/*;q=1, application/json;q=0.5")));
    assert_true(accept_prefers_html(STR("*/*;q=0.1, text/html")));
}

static void a_broken_weight_counts_as_none(void **state)
{
    (void)state;
    static const char *const weights[] = {"", "x", "2", "-1", ".9", "0,9", "0.x"};
    for (size_t i = 0; i < LENGTH_OF(weights); i++) {
        char text[64];
        snprintf(text, sizeof(text), "text/html;q=%s", weights[i]);
        assert_false(accept_prefers_html(str_from_cstr(text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(browsers_get_pages),
        UNIT_TEST(programs_get_json),
        UNIT_TEST(the_most_specific_range_decides_rfc9110_12_5_1),
        UNIT_TEST(a_broken_weight_counts_as_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
