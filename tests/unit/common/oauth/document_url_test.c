#include "common/oauth/document_url.h"
#include "common/base/limits.h"
#include "tests/unit/common/base/unit.h"

#include <string.h>

static void urls_of_documents_are_accepted(void **state)
{
    (void)state;
    static const char *const good[] = {
        "https://app.example.com/client.json", "https://app.example.com/a/b/",
        "https://app.example.com:443/client",  "https://app.example.com:8443/client",
        "https://app.example.com/client?v=1",  "https://app.example.com/.well-known/client",
        "https://app.example.com/...",         "https://app.example.com/a..b",
        "https://app.example.com/%2e%2e%2e",   "https://app.example.com/%2f..x",
        "https://app.example.com//",           "https://93.184.215.14/client",
        "https://[2606:2800::1]/client",       "HTTPS://App.example.com/client",
    };
    for (size_t i = 0; i < LENGTH_OF(good); i++) {
        struct uri uri;
        assert_failure(document_url_check(str_from_cstr(good[i]), &uri), OK, good[i]);
    }
    struct uri uri;
    assert_ok(document_url_check(STR("https://app.example.com:8443/client?v=1"), &uri));
    assert_str(uri.host, "app.example.com");
    assert_str(uri.port, "8443");
}

/* draft-ietf-oauth-client-id-metadata-document 3, each MUST and MUST NOT. */
static void other_urls_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "https",
        "app.example.com/client",
        "http://app.example.com/client",
        "ftp://app.example.com/client",
        "javascript://app.example.com/client",
        "https://app.example.com",
        "https://app.example.com/",
        "https://app.example.com?x=/y",
        "https://user@app.example.com/client",
        "https://user:pw@app.example.com/client",
        "https://@app.example.com/client",
        "https://app.example.com/client#",
        "https://app.example.com/client#x",
        "https://app.example.com/.",
        "https://app.example.com/..",
        "https://app.example.com/a/./b",
        "https://app.example.com/a/../b",
        "https://app.example.com/a/..",
        "https://app.example.com/%2e",
        "https://app.example.com/a/%2E./b",
        "https://app.example.com/a/.%2e/b",
        "https://app.example.com/a/%2e%2E",
        "https://app.example.com:0/client",
        "https://app.example.com:/client",
        "https://app.example.com:65536/client",
        "https://app.example.com:x/client",
        "https:///client",
        "https:client",
        "https:/client",
        "https://app.example.com./client",
        "https://app..example.com/client",
        "https://app.example.com\\@evil.example/client",
        "https://app.example.com/a b",
        "https://app.example.com/a\tb",
        "https://app.example.com/\xc3\xa4",
        "https://app%2eexample.com/client",
        "https://0177.0.0.1/client",
        "https://2130706433/client",
        "https://0x7f.1/client",
        "https://127.1/client",
        "https://127.0.0.1.2/client",
        "https://0x7f000001/client",
        "https://[::1/client",
        "https://[fe80::1%25eth0]/client",
        "https://::1/client",
        "https://[127.0.0.1]/client",
    };
    struct uri uri = {.host = STR("untouched")};
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        assert_failure(document_url_check(str_from_cstr(bad[i]), &uri), FAIL_DOCUMENT_URL_INVALID,
                       bad[i]);
    assert_failure(document_url_check(STR_ABSENT, &uri), FAIL_DOCUMENT_URL_INVALID, "absent");
    assert_str(uri.host, "untouched");
}

static void a_url_has_a_limit(void **state)
{
    (void)state;
    char text[CLIENT_ID_BYTES_MAX + 1];
    struct uri uri;
    memset(text, 'x', sizeof(text));
    memcpy(text, "https://app.example.com/", 24);
    assert_ok(document_url_check(str_from_bytes(text, sizeof(text) - 1), &uri));
    assert_failure(document_url_check(str_from_bytes(text, sizeof(text)), &uri),
                   FAIL_DOCUMENT_URL_INVALID, "too long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(urls_of_documents_are_accepted),
        UNIT_TEST(other_urls_are_refused),
        UNIT_TEST(a_url_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
