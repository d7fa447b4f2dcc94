#include "common/oauth/document_policy.h"
#include "common/oauth/document_url.h"
#include "tests/unit/common/base/unit.h"

static struct uri uri_of(const char *url)
{
    struct uri uri;
    assert_failure(document_url_check(str_from_cstr(url), &uri), OK, url);
    return uri;
}

static void without_a_list_every_domain_is_trusted(void **state)
{
    (void)state;
    const struct document_policy policy = {{NULL, 0}, {NULL, 0}};
    struct uri uri = uri_of("https://anything.example/client");
    bool is_private = true;
    assert_ok(document_policy_check_client(&policy, &uri));
    assert_ok(document_policy_check_target(&policy, &uri, &is_private));
    assert_false(is_private);
}

static void a_trusted_domain_covers_itself_and_what_is_below(void **state)
{
    (void)state;
    struct str domains[] = {STR_INIT("example.com"), STR_INIT("Apps.example.org"),
                            STR_INIT("8.8.8.8")};
    const struct document_policy policy = {{domains, LENGTH_OF(domains)}, {NULL, 0}};
    static const char *const good[] = {
        "https://example.com/c",     "https://EXAMPLE.com/c",      "https://a.example.com/c",
        "https://a.b.example.com/c", "https://apps.example.org/c", "https://8.8.8.8/c",
    };
    static const char *const bad[] = {
        "https://example.org/c",
        "https://badexample.com/c",
        "https://example.com.evil.org/c",
        "https://evil/example.com/",
        "https://com/c",
        "https://xample.com/c",
        "https://example.org/c",
        "https://a.8.8.8.8.net/c",
        "https://evil/c?.example.com",
    };
    for (size_t i = 0; i < LENGTH_OF(good); i++) {
        struct uri uri = uri_of(good[i]);
        assert_failure(document_policy_check_client(&policy, &uri), OK, good[i]);
    }
    for (size_t i = 0; i < LENGTH_OF(bad); i++) {
        struct uri uri = uri_of(bad[i]);
        assert_failure(document_policy_check_client(&policy, &uri), FAIL_DOCUMENT_DOMAIN_UNTRUSTED,
                       bad[i]);
    }
}

static void a_private_host_is_named_with_its_port(void **state)
{
    (void)state;
    struct str hosts[] = {STR_INIT("app.internal"), STR_INIT("App.localhost:8443"),
                          STR_INIT("[::1]:9443"), STR_INIT("10.0.0.1")};
    const struct document_policy policy = {{NULL, 0}, {hosts, LENGTH_OF(hosts)}};
    static const struct {
        const char *url;
        enum failure failure;
        bool is_private;
    } cases[] = {
        {"https://app.internal/c", OK, true},
        {"https://APP.internal:443/c", OK, true},
        {"https://app.internal:8443/c", FAIL_DOCUMENT_URL_INVALID, false},
        {"https://b.app.internal/c", OK, false},
        {"https://app.localhost:8443/c", OK, true},
        {"https://app.localhost/c", OK, false},
        {"https://app.localhost:443/c", OK, false},
        {"https://app.localhost:8444/c", FAIL_DOCUMENT_URL_INVALID, false},
        {"https://[::1]:9443/c", OK, true},
        {"https://[::1]/c", OK, false},
        {"https://10.0.0.1/c", OK, true},
        {"https://10.0.0.2/c", OK, false},
        {"https://example.com:80/c", FAIL_DOCUMENT_URL_INVALID, false},
        {"https://example.com:443/c", OK, false},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct uri uri = uri_of(cases[i].url);
        bool is_private = false;
        assert_failure(document_policy_check_target(&policy, &uri, &is_private), cases[i].failure,
                       cases[i].url);
        if (is_private != cases[i].is_private)
            fail_msg("%s", cases[i].url);
    }
}

static void lists_that_cannot_be_read_are_told(void **state)
{
    (void)state;
    static const char *const bad_domains[] = {"https://example.com", "example.com/",
                                              "*.example.com",       ".example.com",
                                              "example.com:1",       ""};
    static const char *const bad_hosts[] = {"https://a.internal",
                                            "a.internal:",
                                            "a.internal:x",
                                            "a.internal:0",
                                            "a.internal:65536",
                                            ":443",
                                            "a/b",
                                            "[::1",
                                            "*",
                                            "a.internal:0443"};
    for (size_t i = 0; i < LENGTH_OF(bad_domains); i++) {
        struct str domain = str_from_cstr(bad_domains[i]), problem = STR_ABSENT;
        const struct document_policy policy = {{&domain, 1}, {NULL, 0}};
        assert_failure(document_policy_check(&policy, &problem), FAIL_CONFIGURATION_INVALID,
                       bad_domains[i]);
        assert_true(str_starts_with(problem, STR("DOCUMENT_TRUSTED_DOMAINS")));
    }
    for (size_t i = 0; i < LENGTH_OF(bad_hosts); i++) {
        struct str host = str_from_cstr(bad_hosts[i]), problem = STR_ABSENT;
        const struct document_policy policy = {{NULL, 0}, {&host, 1}};
        assert_failure(document_policy_check(&policy, &problem), FAIL_CONFIGURATION_INVALID,
                       bad_hosts[i]);
        assert_true(str_starts_with(problem, STR("DOCUMENT_PRIVATE_HOSTS")));
    }
    struct str good[] = {STR_INIT("localhost"), STR_INIT("[::1]"), STR_INIT("a.b")}, problem;
    const struct document_policy policy = {{good, 3}, {good, 3}};
    assert_ok(document_policy_check(&policy, &problem));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(without_a_list_every_domain_is_trusted),
        UNIT_TEST(a_trusted_domain_covers_itself_and_what_is_below),
        UNIT_TEST(a_private_host_is_named_with_its_port),
        UNIT_TEST(lists_that_cannot_be_read_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
