/* Anyone on the net controls this input: a client_id or jwks_uri. Attacks document_url_check and
 * the policy, and compares what they read with what libcurl, which connects, makes of the same
 * text. */
#include "common/base/limits.h"
#include "common/oauth/document_policy.h"
#include "common/oauth/document_url.h"
#include "tests/fuzz/fuzz.h"

#include <curl/curl.h>

static bool part_is(CURLU *curl, CURLUPart part, struct str expected)
{
    char *value = NULL;
    CURLUcode code = curl_url_get(curl, part, &value, 0);
    struct str found = code == CURLUE_OK ? str_from_cstr(value) : STR_ABSENT;
    bool is_same = str_is_present(expected) ? str_equals_ignoring_case(found, expected)
                                            : !str_is_present(found);
    curl_free(value);
    return is_same;
}

static bool host_is_number(struct str host)
{
    for (size_t i = 0; i < host.len; i++)
        if (host.at[i] != '.' && host.at[i] != ':' && (host.at[i] < '0' || host.at[i] > '9'))
            return false;
    return true;
}

static void check_against_curl(struct arena *arena, struct str url, const struct uri *uri)
{
    const char *text = arena_dup_cstr(arena, url);
    CURLU *curl = curl_url();
    if (text == NULL || curl == NULL) {
        curl_url_cleanup(curl);
        return;
    }
    if (curl_url_set(curl, CURLUPART_URL, text, CURLU_DISALLOW_USER) == CURLUE_OK) {
        FUZZ_CHECK(part_is(curl, CURLUPART_SCHEME, STR("https")));
        /* libcurl spells an IPv6 address anew */
        if (!str_starts_with(uri->host, STR("[")))
            FUZZ_CHECK(part_is(curl, CURLUPART_HOST, uri->host));
        FUZZ_CHECK(part_is(curl, CURLUPART_PORT, uri->port));
        FUZZ_CHECK(part_is(curl, CURLUPART_USER, STR_ABSENT));
        FUZZ_CHECK(part_is(curl, CURLUPART_PATH, uri->path));
    }
    curl_url_cleanup(curl);
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct str domains[] = {STR_INIT("example.com")}, hosts[] = {STR_INIT("app.internal:8443")};
    const struct document_policy policy = {{domains, 1}, {hosts, 1}};
    struct uri uri;
    bool is_private;
    struct str entries[] = {input}, problem;
    const struct document_policy stranger = {{entries, 1}, {entries, 1}};
    bool is_readable = document_policy_check(&stranger, &problem) == OK;
    FUZZ_CHECK(!is_readable || uri_host_is_valid(input));
    if (document_url_check(input, &uri) != OK)
        return;
    FUZZ_CHECK(input.len <= CLIENT_ID_BYTES_MAX && uri.path.len > 1);
    FUZZ_CHECK(!str_is_present(uri.userinfo) && !str_is_present(uri.fragment));
    check_against_curl(arena, input, &uri);
    if (document_policy_check_target(&policy, &uri, &is_private) == OK && !is_private)
        FUZZ_CHECK(!str_is_present(uri.port) || str_equals(uri.port, STR("443")));
    if (document_policy_check_client(&policy, &uri) == OK)
        FUZZ_CHECK(uri.host.len >= domains[0].len && !host_is_number(uri.host));
}
