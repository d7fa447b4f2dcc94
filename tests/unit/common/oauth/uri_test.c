#include "common/oauth/uri.h"
#include "tests/unit/common/base/unit.h"

#include <string.h>

static void a_uri_is_split_into_its_parts_rfc3986_3(void **state)
{
    (void)state;
    struct uri uri;
    assert_true(uri_split(STR("HTTPS://user:pw@Example.COM:8443/a/b%20c?x=1&y=/?#frag/?"), &uri));
    assert_str(uri.scheme, "HTTPS");
    assert_str(uri.userinfo, "user:pw");
    assert_str(uri.host, "Example.COM");
    assert_str(uri.port, "8443");
    assert_str(uri.path, "/a/b%20c");
    assert_str(uri.query, "x=1&y=/?");
    assert_str(uri.fragment, "frag/?");
    assert_true(uri_has_scheme(&uri, STR("https")));
}

static void parts_that_are_not_there_are_absent(void **state)
{
    (void)state;
    struct uri uri;
    assert_true(uri_split(STR("https://a"), &uri));
    assert_str(uri.host, "a");
    assert_str(uri.path, "");
    assert_absent(uri.userinfo);
    assert_absent(uri.port);
    assert_absent(uri.query);
    assert_absent(uri.fragment);
    assert_true(uri_split(STR("https://a?#"), &uri));
    assert_true(str_is_present(uri.query) && str_is_present(uri.fragment));
    assert_true(uri_split(STR("com.example.app:/oauth"), &uri));
    assert_absent(uri.host);
    assert_str(uri.path, "/oauth");
}

static void real_redirect_uris_are_well_formed(void **state)
{
    (void)state;
    static const char *const good[] = {
        "https://claude.ai/api/mcp/auth_callback",
        "http://127.0.0.1:33418/",
        "http://localhost:6274/oauth/callback/debug",
        "http://[::1]:3000/cb",
        "https://vscode.dev/redirect",
        "https://insiders.vscode.dev/redirect?target=a%3Ab",
        "cursor://anysphere.cursor-retrieval/oauth/user-mcp/callback",
        "vscode://vscode.github-authentication/did-authenticate",
        "com.example.app:/oauth2redirect/example-provider",
        "myapp:///callback",
        "urn:example:server",
        "https://xn--bcher-kva.example/cb",
        "https://my_host.example/cb",
        "https://a:1/",
        "https://a:65535/",
    };
    for (size_t i = 0; i < LENGTH_OF(good); i++) {
        struct uri uri;
        if (!uri_split(str_from_cstr(good[i]), &uri))
            fail_msg("%s is refused", good[i]);
    }
}

/* Each is read in two ways by somebody. */
static void what_readers_may_read_differently_is_refused_rfc3986_2(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        ":",
        "//claude.ai/cb",
        "/cb",
        "claude.ai/cb",
        "1https://a",
        "ht tp://a",
        " https://a",
        "https://a ",
        "https://a/b c",
        "https://a/\tb",
        "https://a/\r\nSet-Cookie:x",
        "https://a/\x7f",
        "https://good.com\\@evil.com",
        "https://good.com\\.evil.com/",
        "https:\\\\evil.com",
        "https:/evil.com",
        "https:evil.com",
        "https:///evil.com",
        "https://",
        "https://?x",
        "https://@",
        "https://user@",
        "https://a@b@c/",
        "https://user name@a/",
        "https://good.com%2eevil.com/",
        "https://good.com%00.evil.com/",
        "https://%6cocalhost/",
        "https://b\xc3\xbc"
        "cher.example/",
        "https://evil.com\xef\xbc\x8f"
        "good.com/",
        "https://good.com\xe3\x80\x82"
        "evil.com",
        "https://a..b/",
        "https://.a/",
        "https://a./",
        "https://a,b/",
        "https://a*b/",
        "https://a!b/",
        "https://a|b/",
        "https://[::1/",
        "https://::1/",
        "https://[::1]x/",
        "https://[::1%25eth0]/",
        "https://[fe80::1%eth0]/",
        "https://[v1.x]/",
        "https://[]/",
        "https://[127.0.0.1]/",
        "https://[1:2:3]/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://127.0.0.0x1/",
        "https://0177.0.0.1/",
        "https://127.0.0.01/",
        "https://256.0.0.1/",
        "https://1.2.3.4.5/",
        "https://evil.0x/",
        "https://a:/",
        "https://a:0/",
        "https://a:080/",
        "https://a:65536/",
        "https://a:99999/",
        "https://a:999999999999999999999/",
        "https://a:-1/",
        "https://a:80:80/",
        "https://a:8o/",
        "https://:80/",
        "myapp://:80/",
        "myapp://user@/",
        "https://a/%",
        "https://a/%4",
        "https://a/%zz",
        "https://a/%4z",
        "https://a/%z4",
        "https://a/?%4",
        "https://a/#%4",
        "https://a/#b#c",
        "https://a/[",
        "https://a/{x}",
        "https://a/<script>",
        "https://a/\"",
        "https://a/^",
        "https://a/`",
        "https://a/?q=\xc3\xa4",
    };
    struct uri uri = {.host = STR_INIT("untouched")};
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        if (uri_split(str_from_cstr(bad[i]), &uri))
            fail_msg("%s is accepted", bad[i]);
    assert_false(uri_split(STR_ABSENT, &uri));
    assert_false(uri_split(str_from_bytes("https://a/%41", 12), &uri));
    assert_false(uri_split(str_from_bytes("https://a\0b/", 12), &uri));
    assert_false(uri_split(str_from_bytes("https://a/\0", 11), &uri));
    assert_false(uri_split(str_from_bytes("http://127.0.0.1\0.evil.com/", 28), &uri));
    assert_false(uri_split(str_from_bytes("http://[::1\0]/", 14), &uri));
    assert_str(uri.host, "untouched");
}

static void hosts_have_the_lengths_of_rfc1035_2_3_4(void **state)
{
    (void)state;
    char label[64], host[260];
    memset(label, 'a', sizeof(label));
    memset(host, 'a', sizeof(host));
    for (size_t i = 50; i < sizeof(host); i += 51)
        host[i] = '.';
    assert_true(uri_host_is_valid(str_from_bytes(label, 63)));
    assert_false(uri_host_is_valid(str_from_bytes(label, 64)));
    assert_true(uri_host_is_valid(str_from_bytes(host, 253)));
    assert_false(uri_host_is_valid(str_from_bytes(host, 254)));
    assert_false(uri_host_is_valid(STR("")));
    assert_false(uri_host_is_valid(STR_ABSENT));
}

static void only_this_machine_is_loopback_rfc8252_7_3(void **state)
{
    (void)state;
    static const char *const loopback[] = {"localhost",   "LocalHost", "127.0.0.1",
                                           "127.255.1.2", "[::1]",     "[0:0:0:0:0:0:0:1]",
                                           "[0000::0001]"};
    static const char *const foreign[] = {
        "localhost.evil.com",
        "127.0.0.1.evil.com",
        "localhost.",
        "xlocalhost",
        "foo.localhost",
        "127.1",
        "128.0.0.1",
        "0.0.0.0",
        "[::]",
        "[::2]",
        "::1",
        "[::ffff:127.0.0.1]",
        "[::1",
        "",
        "[]",
        "0127.0.0.1",
        "2130706433",
        "[::1%lo]",
    };
    for (size_t i = 0; i < LENGTH_OF(loopback); i++)
        if (!uri_host_is_loopback(str_from_cstr(loopback[i])))
            fail_msg("%s is loopback", loopback[i]);
    for (size_t i = 0; i < LENGTH_OF(foreign); i++)
        if (uri_host_is_loopback(str_from_cstr(foreign[i])))
            fail_msg("%s is not loopback", foreign[i]);
    assert_false(uri_host_is_loopback(STR_ABSENT));
    assert_false(uri_host_is_loopback(str_from_bytes("localhost\0", 10)));
    assert_false(uri_host_is_loopback(str_from_bytes("127.0.0.1\0.evil", 15)));
    assert_false(uri_host_is_loopback(str_from_bytes("[::1\0x]", 7)));
}

static void hosts_compare_without_case_rfc3986_6_2_2_1(void **state)
{
    assert_true(uri_hosts_are_equal(STR("Claude.AI"), STR("claude.ai")));
    assert_false(uri_hosts_are_equal(STR("claude.ai"), STR("claude.ai.evil.com")));
    assert_str(uri_lower(unit_arena(state), STR("Claude.AI:80")), "claude.ai:80");
    arena_fail_at(1);
    assert_absent(uri_lower(unit_arena(state), STR("A")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_uri_is_split_into_its_parts_rfc3986_3),
        UNIT_TEST(parts_that_are_not_there_are_absent),
        UNIT_TEST(real_redirect_uris_are_well_formed),
        UNIT_TEST(what_readers_may_read_differently_is_refused_rfc3986_2),
        UNIT_TEST(hosts_have_the_lengths_of_rfc1035_2_3_4),
        UNIT_TEST(only_this_machine_is_loopback_rfc8252_7_3),
        UNIT_TEST(hosts_compare_without_case_rfc3986_6_2_2_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
