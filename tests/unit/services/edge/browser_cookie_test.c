#include "services/edge/browser_cookie.h"
#include "tests/unit/common/base/unit.h"

#include <string.h>

#define VALUE   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN_-0"
#define ANOTHER "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

static void the_cookie_is_found_among_others(void **state)
{
    (void)state;
    assert_str(browser_cookie_read(false, STR("mcp_browser=" VALUE)), VALUE);
    assert_str(browser_cookie_read(false, STR("a=b; mcp_browser=" VALUE "; c=d")), VALUE);
    assert_str(browser_cookie_read(true, STR("a=b;__Host-mcp_browser=" VALUE)), VALUE);
    assert_str(browser_cookie_read(false, STR("mcp_browser=short; mcp_browser=" VALUE)), VALUE);
}

/* A cookie without the prefix could come from a neighbour's host: RFC 6265bis 4.1.3.2. */
static void https_takes_only_the_host_cookie(void **state)
{
    (void)state;
    assert_absent(browser_cookie_read(true, STR("mcp_browser=" VALUE)));
    assert_absent(browser_cookie_read(false, STR("__Host-mcp_browser=" VALUE)));
    assert_absent(browser_cookie_read(true, STR("__host-mcp_browser=" VALUE)));
}

static void only_43_base64url_characters_are_a_value(void **state)
{
    (void)state;
    assert_int_equal(strlen(VALUE), BROWSER_COOKIE_CHARACTERS);
    assert_true(browser_cookie_is_valid(STR(VALUE)));
    assert_false(browser_cookie_is_valid(STR(VALUE "a")));
    assert_false(browser_cookie_is_valid(str_first(STR(VALUE), BROWSER_COOKIE_CHARACTERS - 1)));
    assert_false(browser_cookie_is_valid(STR_ABSENT));
    char text[] = VALUE;
    for (const char *c = "+/= \"\\,;\x01\x80"; *c != '\0'; c++) {
        text[20] = *c;
        assert_false(browser_cookie_is_valid(str_from_cstr(text)));
    }
    text[20] = '\0';
    assert_false(browser_cookie_is_valid(str_from_bytes(text, sizeof(text) - 1)));
    assert_absent(browser_cookie_read(false, STR("mcp_browser=\"" VALUE "\"")));
    assert_absent(browser_cookie_read(false, STR("")));
    assert_absent(browser_cookie_read(false, STR_ABSENT));
}

static void the_first_of_two_values_counts(void **state)
{
    (void)state;
    assert_str(browser_cookie_read(false, STR("mcp_browser=" VALUE "; mcp_browser=" ANOTHER)),
               VALUE);
}

static void the_line_for_https_is_bound_to_the_host_rfc6265bis_4_1_3_2(void **state)
{
    assert_str(browser_cookie_line(true, unit_arena(state), STR(VALUE)),
               "__Host-mcp_browser=" VALUE "; Path=/; HttpOnly; SameSite=Lax; Secure");
    assert_str(browser_cookie_line(false, unit_arena(state), STR(VALUE)),
               "mcp_browser=" VALUE "; Path=/; HttpOnly; SameSite=Lax");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_cookie_is_found_among_others),
        UNIT_TEST(https_takes_only_the_host_cookie),
        UNIT_TEST(only_43_base64url_characters_are_a_value),
        UNIT_TEST(the_first_of_two_values_counts),
        UNIT_TEST(the_line_for_https_is_bound_to_the_host_rfc6265bis_4_1_3_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
