/* Anyone who registers a client or sends a browser to /authorize controls this input: two redirect
 * URIs, and (the operator) one entry of redirect_hosts. Attacks redirect_uri_classify,
 * redirect_uri_matches, redirect_uri_check_policy, redirect_policy_host_is_valid,
 * redirect_uri_shown_host and redirect_uri_remembers_consent. */
#include "common/base/limits.h"
#include "common/oauth/redirect_uri.h"
#include "tests/fuzz/fuzz.h"

static bool has_scheme(struct str text, struct str scheme_and_colon)
{
    return str_equals_ignoring_case(str_first(text, scheme_and_colon.len), scheme_and_colon);
}

static void check_accepted(struct arena *arena, struct str text, enum redirect_uri_kind kind)
{
    static const char *const forbidden[] = {"javascript:", "data:", "file:", "blob:", "about:"};
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
        FUZZ_CHECK(!has_scheme(text, str_from_cstr(forbidden[i])));
    FUZZ_CHECK(text.len <= REDIRECT_URI_BYTES_MAX);
    FUZZ_CHECK(!has_scheme(text, STR("http:")) || kind == REDIRECT_URI_LOOPBACK);
    FUZZ_CHECK(kind != REDIRECT_URI_WEB || has_scheme(text, STR("https:")));
    FUZZ_CHECK(redirect_uri_remembers_consent(text) == (kind == REDIRECT_URI_WEB));
    FUZZ_CHECK(!str_is_empty(redirect_uri_shown_host(arena, text)));
}

static void check_pair(struct str a, struct str b)
{
    enum redirect_uri_kind kind_a, kind_b;
    FUZZ_CHECK(redirect_uri_matches(a, b) == redirect_uri_matches(b, a));
    FUZZ_CHECK(redirect_uri_matches(a, a) == str_is_present(a));
    if (!redirect_uri_matches(a, b) || redirect_uri_classify(a, &kind_a) != OK)
        return;
    FUZZ_CHECK(redirect_uri_classify(b, &kind_b) == OK && kind_a == kind_b);
    FUZZ_CHECK(kind_a == REDIRECT_URI_LOOPBACK || str_equals(a, b));
}

static void check_policy(struct str text, struct str entry, bool is_accepted)
{
    struct redirect_policy policy = {.domain = STR("one.example")};
    bool is_allowed_before = redirect_uri_check_policy(text, &policy) == OK;
    if (!redirect_policy_host_is_valid(entry))
        return;
    policy.hosts = (struct strs){&entry, 1};
    bool is_allowed = redirect_uri_check_policy(text, &policy) == OK;
    FUZZ_CHECK(is_accepted || !is_allowed);
    FUZZ_CHECK(is_allowed || !is_allowed_before);
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct str rest = input;
    struct str a = fuzz_line(&rest), b = fuzz_line(&rest), entry = fuzz_line(&rest);
    enum redirect_uri_kind kind;
    b = str_is_present(b) ? b : STR("");
    bool is_accepted = redirect_uri_classify(a, &kind) == OK;
    if (is_accepted)
        check_accepted(arena, a, kind);
    else
        FUZZ_CHECK(!str_is_present(redirect_uri_shown_host(arena, a)));
    check_pair(a, b);
    check_policy(a, entry, is_accepted);
}
