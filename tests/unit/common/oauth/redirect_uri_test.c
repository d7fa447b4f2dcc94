#include "common/oauth/redirect_uri.h"
#include "tests/unit/common/base/unit.h"

#include <string.h>

static struct str hosts[] = {STR_INIT("claude.ai"), STR_INIT("localhost"), STR_INIT("cursor:")};
static const struct redirect_policy WIDE = {.domain = STR_INIT("mcp.example.com"),
                                            .hosts = {hosts, 3}};
static const struct redirect_policy NARROW = {.domain = STR_INIT("mcp.example.com")};

static void there_are_three_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *uri;
        enum redirect_uri_kind kind;
    } cases[] = {
        {"https://claude.ai/cb", REDIRECT_URI_WEB},
        {"HTTPS://claude.ai/cb?x=1", REDIRECT_URI_WEB},
        {"http://localhost:1234/cb", REDIRECT_URI_LOOPBACK},
        {"http://127.0.0.1/", REDIRECT_URI_LOOPBACK},
        {"http://[::1]:8080", REDIRECT_URI_LOOPBACK},
        {"https://localhost/", REDIRECT_URI_LOOPBACK},
        {"https://localhost.evil.com/", REDIRECT_URI_WEB},
        {"https://127.0.0.1.evil.com/", REDIRECT_URI_WEB},
        {"cursor://anysphere/cb", REDIRECT_URI_PRIVATE_USE},
        {"com.example.app:/cb", REDIRECT_URI_PRIVATE_USE},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        enum redirect_uri_kind kind = REDIRECT_URI_PRIVATE_USE;
        assert_ok(redirect_uri_classify(str_from_cstr(cases[i].uri), &kind));
        if (kind != cases[i].kind)
            fail_msg("%s is of kind %d", cases[i].uri, (int)kind);
    }
}

static void malformed_redirect_uris_are_refused_rfc6749_3_1_2(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "/callback",
        "//claude.ai/callback",
        "claude.ai/callback",
        "https://claude.ai/cb#fragment",
        "https://claude.ai/cb#",
        "cursor://x/cb#f",
        "http://claude.ai/cb",
        "HTTP://claude.ai/cb",
        "http://localhost.evil.com/cb",
        "http://127.0.0.1.evil.com/cb",
        "http://127.0.0.1@evil.com/cb",
        "https://claude.ai@evil.com/cb",
        "https://@claude.ai/cb",
        "https://good.com\\@evil.com",
        "https://claude.ai:0/cb",
        "https://claude.ai:99999/cb",
        "http://[::1%25lo]/cb",
        "http://0.0.0.0/cb",
        "http://2130706433/cb",
        "https://claude.ai/cb\r\nX: y",
        "https://claude.ai/ cb",
        "https:///cb",
        "https:claude.ai/cb",
    };
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        assert_failure(redirect_uri_check(str_from_cstr(bad[i])), FAIL_REDIRECT_URI_MALFORMED,
                       bad[i]);
    assert_failure(redirect_uri_check(STR_ABSENT), FAIL_REDIRECT_URI_MALFORMED, "absent");
}

/* RFC 9700 4.11; DESIGN section 6: they can never be redirect schemes. */
static void schemes_that_act_in_the_browser_are_refused_rfc9700_4_11(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "javascript://claude.ai/%0aalert(1)",
        "data:text/html,x",
        "DATA:,x",
        "file:///etc/passwd",
        "blob:https://a/b",
        "about:blank",
    };
    struct str trusting[] = {STR("javascript:"), STR("data:"), STR("file:"), STR("blob:"),
                             STR("about:")};
    struct redirect_policy policy = {.domain = STR("a"), .hosts = {trusting, 5}};
    for (size_t i = 0; i < LENGTH_OF(bad); i++) {
        assert_failure(redirect_uri_check(str_from_cstr(bad[i])), FAIL_REDIRECT_URI_MALFORMED,
                       bad[i]);
        assert_failure(redirect_uri_check_policy(str_from_cstr(bad[i]), &policy),
                       FAIL_REDIRECT_URI_MALFORMED, bad[i]);
    }
}

static void a_redirect_uri_has_a_limit(void **state)
{
    (void)state;
    char text[REDIRECT_URI_BYTES_MAX + 1] = "https://a/";
    memset(text + 10, 'x', sizeof(text) - 10);
    assert_ok(redirect_uri_check(str_from_bytes(text, sizeof(text) - 1)));
    assert_failure(redirect_uri_check(str_from_bytes(text, sizeof(text))),
                   FAIL_REDIRECT_URI_MALFORMED, "too long");
}

static void the_policy_trusts_the_domain_and_its_list(void **state)
{
    (void)state;
    static const char *const trusted[] = {
        "https://mcp.example.com/cb",
        "https://MCP.Example.com:8443/cb",
        "https://claude.ai/cb",
        "https://Claude.AI/cb",
        "http://localhost:1/cb",
        "http://127.0.0.1:2/cb",
        "http://[::1]:3/cb",
        "https://localhost/cb",
        "cursor://x/cb",
        "CURSOR://x/cb",
        "cursor:/cb",
    };
    for (size_t i = 0; i < LENGTH_OF(trusted); i++)
        assert_failure(redirect_uri_check_policy(str_from_cstr(trusted[i]), &WIDE), OK, trusted[i]);
}

static void the_policy_refuses_all_else_rfc9700_2_1(void **state)
{
    (void)state;
    static const char *const foreign[] = {
        "https://evil.com/cb",
        "https://claude.ai.evil.com/cb",
        "https://evilclaude.ai/cb",
        "https://www.claude.ai/cb",
        "https://mcp.example.com.evil.com/cb",
        "https://sub.mcp.example.com/cb",
        "https://localhost.evil.com/cb",
        "https://cursor/cb",
        "cursorx://x/cb",
        "vscode://x/cb",
        "claude.ai:/cb",
        "localhost:/cb",
    };
    for (size_t i = 0; i < LENGTH_OF(foreign); i++)
        assert_failure(redirect_uri_check_policy(str_from_cstr(foreign[i]), &WIDE),
                       FAIL_REDIRECT_URI_NOT_ALLOWED, foreign[i]);
}

static void by_default_only_the_domain_is_trusted(void **state)
{
    (void)state;
    static const char *const foreign[] = {"http://localhost/cb", "http://127.0.0.1:1/cb",
                                          "https://claude.ai/cb", "cursor://x",
                                          "mcp.example.com:/cb"};
    assert_ok(redirect_uri_check_policy(STR("https://mcp.example.com/cb"), &NARROW));
    for (size_t i = 0; i < LENGTH_OF(foreign); i++)
        assert_failure(redirect_uri_check_policy(str_from_cstr(foreign[i]), &NARROW),
                       FAIL_REDIRECT_URI_NOT_ALLOWED, foreign[i]);
}

/* The original's development setting: the domain itself is loopback. */
static void a_loopback_domain_trusts_itself_over_http(void **state)
{
    (void)state;
    struct redirect_policy policy = {.domain = STR("localhost")};
    assert_ok(redirect_uri_check_policy(STR("http://localhost:5173/cb"), &policy));
    assert_failure(redirect_uri_check_policy(STR("http://127.0.0.1:5173/cb"), &policy),
                   FAIL_REDIRECT_URI_NOT_ALLOWED, "another name of this machine");
}

static void redirect_hosts_are_hosts_or_schemes(void **state)
{
    (void)state;
    static const char *const good[] = {"claude.ai", "localhost",        "127.0.0.1",       "[::1]",
                                       "cursor:",   "com.example.app:", "vscode-insiders:"};
    static const char *const bad[] = {
        "",          "Claude.ai",   "claude.ai:443", "https://a", "*.a",    "*",      "http:",
        "https:",    "javascript:", "data:",         "file:",     "blob:",  "about:", ":",
        "cursor:x:", "a b",         "a/b",           "1x:",       "Cursor:"};
    for (size_t i = 0; i < LENGTH_OF(good); i++)
        if (!redirect_policy_host_is_valid(str_from_cstr(good[i])))
            fail_msg("%s is refused", good[i]);
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        if (redirect_policy_host_is_valid(str_from_cstr(bad[i])))
            fail_msg("%s is accepted", bad[i]);
}

static void registered_uris_match_exactly_rfc9700_4_1_3(void **state)
{
    (void)state;
    struct str registered[] = {STR("https://claude.ai/cb?x=1"), STR("cursor://x/cb")};
    struct strs list = {registered, 2};
    static const char *const different[] = {
        "https://claude.ai/cb",
        "https://claude.ai/cb?x=1&y=2",
        "https://claude.ai/cb?x=1/",
        "https://Claude.ai/cb?x=1",
        "https://claude.ai:443/cb?x=1",
        "https://claude.ai/cB?x=1",
        "https://claude.ai/%63b?x=1",
        "http://claude.ai/cb?x=1",
        "cursor://x/cb/",
        "cursor://x:80/cb",
        "",
    };
    assert_true(redirect_uris_contain(list, STR("https://claude.ai/cb?x=1")));
    assert_true(redirect_uris_contain(list, STR("cursor://x/cb")));
    for (size_t i = 0; i < LENGTH_OF(different); i++)
        if (redirect_uris_contain(list, str_from_cstr(different[i])))
            fail_msg("%s matches", different[i]);
    assert_false(redirect_uris_contain(list, STR_ABSENT));
    assert_false(redirect_uri_matches(STR_ABSENT, STR_ABSENT));
}

static void a_loopback_port_may_differ_rfc8252_7_3(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {"http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"},
        {"http://localhost:3000/cb?x=1", "http://localhost:4000/cb?x=1"},
        {"http://localhost:3000", "http://localhost"},
        {"http://[::1]:1/", "http://[::1]:2/"},
        {"http://localhost?x", "http://localhost:1?x"},
    };
    static const char *const different[][2] = {
        {"http://127.0.0.1/cb", "http://localhost/cb"},
        {"http://127.0.0.1/cb", "http://127.0.0.2/cb"},
        {"http://localhost:1/cb", "https://localhost:2/cb"},
        {"http://localhost:1/cb", "http://localhost:2/cb/"},
        {"http://localhost:1/cb", "http://localhost:2/cb?x"},
        {"http://localhost:1/cb", "http://localhost.evil.com:2/cb"},
        {"http://localhost:1/cb", "http://localhost:2@evil.com/cb"},
        {"http://localhost:1/cb", "http://localhost:99999/cb"},
        {"http://localhost:1/cb", "http://localhost:2/cb#f"},
        {"https://claude.ai:1/cb", "https://claude.ai:2/cb"},
    };
    for (size_t i = 0; i < LENGTH_OF(same); i++)
        if (!redirect_uri_matches(str_from_cstr(same[i][0]), str_from_cstr(same[i][1])))
            fail_msg("%s does not match %s", same[i][1], same[i][0]);
    for (size_t i = 0; i < LENGTH_OF(different); i++)
        if (redirect_uri_matches(str_from_cstr(different[i][0]), str_from_cstr(different[i][1])))
            fail_msg("%s matches %s", different[i][1], different[i][0]);
}

/* DESIGN section 7: any local program can use the other kinds (RFC 8252 8.6). */
static void only_web_targets_remember_consent_rfc8252_8_6(void **state)
{
    (void)state;
    static const char *const forgetful[] = {"http://localhost/cb",
                                            "https://localhost/cb",
                                            "https://127.0.0.1/cb",
                                            "https://[::1]/cb",
                                            "http://[::1]/cb",
                                            "cursor://x",
                                            "",
                                            "http://claude.ai/cb",
                                            "javascript:x"};
    assert_true(redirect_uri_remembers_consent(STR("https://claude.ai/cb")));
    for (size_t i = 0; i < LENGTH_OF(forgetful); i++)
        if (redirect_uri_remembers_consent(str_from_cstr(forgetful[i])))
            fail_msg("%s remembers", forgetful[i]);
}

static void people_see_where_they_are_sent(void **state)
{
    static const char *const shown[][2] = {
        {"https://Claude.ai/api/cb?x=evil.com", "claude.ai"},
        {"https://claude.ai:8443/cb", "claude.ai:8443"},
        {"http://LOCALHOST:33418/", "localhost:33418"},
        {"http://[::1]:80/", "[::1]:80"},
        {"Cursor://claude.ai/cb", "cursor:"},
        {"com.example.app:/cb", "com.example.app:"},
    };
    for (size_t i = 0; i < LENGTH_OF(shown); i++)
        assert_str(redirect_uri_shown_host(unit_arena(state), str_from_cstr(shown[i][0])),
                   shown[i][1]);
    assert_absent(redirect_uri_shown_host(unit_arena(state), STR("javascript:x")));
    for (size_t n = 1; n <= 2; n++) {
        arena_fail_at(n);
        assert_absent(redirect_uri_shown_host(unit_arena(state), STR("https://a/")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(there_are_three_kinds),
        UNIT_TEST(malformed_redirect_uris_are_refused_rfc6749_3_1_2),
        UNIT_TEST(schemes_that_act_in_the_browser_are_refused_rfc9700_4_11),
        UNIT_TEST(a_redirect_uri_has_a_limit),
        UNIT_TEST(the_policy_trusts_the_domain_and_its_list),
        UNIT_TEST(the_policy_refuses_all_else_rfc9700_2_1),
        UNIT_TEST(by_default_only_the_domain_is_trusted),
        UNIT_TEST(a_loopback_domain_trusts_itself_over_http),
        UNIT_TEST(redirect_hosts_are_hosts_or_schemes),
        UNIT_TEST(registered_uris_match_exactly_rfc9700_4_1_3),
        UNIT_TEST(a_loopback_port_may_differ_rfc8252_7_3),
        UNIT_TEST(only_web_targets_remember_consent_rfc8252_8_6),
        UNIT_TEST(people_see_where_they_are_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
