#include "common/oauth/resource.h"
#include "tests/unit/common/base/unit.h"

#include <string.h>

static void spellings_of_one_resource_are_equal(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {"https://mcp.example.com/mcp", "https://mcp.example.com/mcp"},
        {"https://mcp.example.com/mcp", "https://mcp.example.com/mcp/"},
        {"https://mcp.example.com", "https://mcp.example.com/"},
        {"https://mcp.example.com/mcp", "HTTPS://MCP.Example.com/mcp"},
        {"http://localhost:3000/mcp", "http://LOCALHOST:3000/mcp/"},
        {"https://a/mcp?x=1", "https://A/mcp?x=1"},
    };
    for (size_t i = 0; i < LENGTH_OF(same); i++) {
        assert_true(resource_equals(str_from_cstr(same[i][0]), str_from_cstr(same[i][1])));
        assert_true(resource_equals(str_from_cstr(same[i][1]), str_from_cstr(same[i][0])));
    }
}

static void other_resources_differ_rfc8707_2(void **state)
{
    (void)state;
    static const char *const different[][2] = {
        {"https://a/mcp", "https://a/MCP"},
        {"https://a/mcp", "https://a/mcp//"},
        {"https://a/mcp", "http://a/mcp"},
        {"https://a/mcp", "https://a:443/mcp"},
        {"https://a/mcp", "https://a/mcp?"},
        {"https://a/mcp", "https://a/mcp?x"},
        {"https://a/mcp", "https://b/mcp"},
        {"https://a/mcp", "https://a/mcp2"},
        {"https://a/mcp?x=/", "https://a/mcp?x="},
        {"https://a", "https://a.evil.com"},
        {"urn:a", "urn://a"},
    };
    for (size_t i = 0; i < LENGTH_OF(different); i++)
        if (resource_equals(str_from_cstr(different[i][0]), str_from_cstr(different[i][1])))
            fail_msg("%s equals %s", different[i][0], different[i][1]);
}

static void malformed_resources_are_refused_rfc8707_2(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "mcp",
        "/mcp",
        "//a/mcp",
        "https://a/mcp#frag",
        "https://a/#",
        "https://user@a/",
        "https://user:pw@a/mcp",
        "https:///mcp",
        "https://a b/",
        "https://good.com\\@evil.com",
    };
    char longer[RESOURCE_BYTES_MAX + 1] = "https://a/";
    for (size_t i = 0; i < LENGTH_OF(bad); i++) {
        assert_failure(resource_check(str_from_cstr(bad[i])), FAIL_RESOURCE_MALFORMED, bad[i]);
        assert_false(resource_equals(str_from_cstr(bad[i]), str_from_cstr(bad[i])));
    }
    assert_failure(resource_check(STR_ABSENT), FAIL_RESOURCE_MALFORMED, "absent");
    memset(longer + 10, 'x', sizeof(longer) - 10);
    assert_failure(resource_check(str_from_bytes(longer, sizeof(longer))), FAIL_RESOURCE_MALFORMED,
                   "too long");
    assert_ok(resource_check(str_from_bytes(longer, sizeof(longer) - 1)));
    assert_ok(resource_check(STR("https://a/mcp?tenant=1")));
    assert_ok(resource_check(STR("urn:example:server")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(spellings_of_one_resource_are_equal),
        UNIT_TEST(other_resources_differ_rfc8707_2),
        UNIT_TEST(malformed_resources_are_refused_rfc8707_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
