/* The policy looks at one thing per kind: the host of web URIs, loopback or not, the scheme of
 * private-use ones. Everything finer is the exact comparison with what the client registered. */
#include "common/oauth/redirect_uri.h"
#include "common/base/limits.h"
#include "common/oauth/uri.h"

/* Targets that run or read something in the browser itself instead of leaving it. */
static const char *const FORBIDDEN_SCHEMES[] = {"javascript", "data", "file", "blob", "about"};

static bool scheme_is_forbidden(struct str scheme)
{
    for (size_t i = 0; i < sizeof(FORBIDDEN_SCHEMES) / sizeof(FORBIDDEN_SCHEMES[0]); i++)
        if (str_equals_ignoring_case(scheme, str_from_cstr(FORBIDDEN_SCHEMES[i])))
            return true;
    return false;
}

static enum failure split(struct str text, struct uri *ret_uri, enum redirect_uri_kind *ret_kind)
{
    struct uri uri;
    if (text.len > REDIRECT_URI_BYTES_MAX || !uri_split(text, &uri) ||
        str_is_present(uri.fragment) || str_is_present(uri.userinfo) ||
        scheme_is_forbidden(uri.scheme))
        return FAIL_REDIRECT_URI_MALFORMED;
    enum redirect_uri_kind kind = REDIRECT_URI_PRIVATE_USE;
    bool is_https = uri_has_scheme(&uri, STR("https"));
    if (is_https || uri_has_scheme(&uri, STR("http")))
        kind = uri_host_is_loopback(uri.host) ? REDIRECT_URI_LOOPBACK : REDIRECT_URI_WEB;
    if (kind == REDIRECT_URI_WEB && !is_https)
        return FAIL_REDIRECT_URI_MALFORMED;
    *ret_uri = uri;
    *ret_kind = kind;
    return OK;
}

enum failure redirect_uri_classify(struct str text, enum redirect_uri_kind *ret_kind)
{
    struct uri uri;
    return split(text, &uri, ret_kind);
}

enum failure redirect_uri_check(struct str text)
{
    enum redirect_uri_kind kind;
    return redirect_uri_classify(text, &kind);
}

static bool host_trusts(struct str entry, const struct uri *uri, enum redirect_uri_kind kind)
{
    bool is_scheme = str_ends_with(entry, STR(":"));
    if (kind == REDIRECT_URI_PRIVATE_USE)
        return is_scheme && uri_has_scheme(uri, str_first(entry, entry.len - 1));
    if (kind == REDIRECT_URI_LOOPBACK && str_equals_ignoring_case(entry, STR("localhost")))
        return true;
    return !is_scheme && uri_hosts_are_equal(entry, uri->host);
}

enum failure redirect_uri_check_policy(struct str text, const struct redirect_policy *policy)
{
    struct uri uri;
    enum redirect_uri_kind kind;
    TRY(split(text, &uri, &kind));
    if (kind != REDIRECT_URI_PRIVATE_USE && uri_hosts_are_equal(policy->domain, uri.host))
        return OK;
    for (size_t i = 0; i < policy->hosts.len; i++)
        if (host_trusts(policy->hosts.at[i], &uri, kind))
            return OK;
    return FAIL_REDIRECT_URI_NOT_ALLOWED;
}

bool redirect_policy_host_is_valid(struct str host)
{
    struct uri uri;
    for (size_t i = 0; i < host.len; i++)
        if (host.at[i] >= 'A' && host.at[i] <= 'Z')
            return false;
    if (!str_ends_with(host, STR(":")))
        return uri_host_is_valid(host);
    /* http: and https: are trusted by host, never as a whole; they do not split without one. */
    return uri_split(host, &uri) && uri.scheme.len + 1 == host.len &&
           !scheme_is_forbidden(uri.scheme);
}

/* The text without its port: what stands before and behind it. */
static bool split_around_port(struct str text, struct str *ret_before, struct str *ret_after)
{
    struct uri uri;
    enum redirect_uri_kind kind;
    if (split(text, &uri, &kind) != OK || kind != REDIRECT_URI_LOOPBACK)
        return false;
    size_t host_end = (size_t)(uri.host.at + uri.host.len - text.at);
    *ret_before = str_first(text, host_end);
    *ret_after = str_from(text, (size_t)(uri.path.at - text.at));
    return true;
}

bool redirect_uri_matches(struct str registered, struct str requested)
{
    struct str registered_before, registered_after, requested_before, requested_after;
    if (str_equals(registered, requested))
        return str_is_present(registered);
    return split_around_port(registered, &registered_before, &registered_after) &&
           split_around_port(requested, &requested_before, &requested_after) &&
           str_equals(registered_before, requested_before) &&
           str_equals(registered_after, requested_after);
}

bool redirect_uris_contain(struct strs registered, struct str requested)
{
    for (size_t i = 0; i < registered.len; i++)
        if (redirect_uri_matches(registered.at[i], requested))
            return true;
    return false;
}

bool redirect_uri_remembers_consent(struct str text)
{
    enum redirect_uri_kind kind;
    return redirect_uri_classify(text, &kind) == OK && kind == REDIRECT_URI_WEB;
}

struct str redirect_uri_shown_host(struct arena *arena, struct str text)
{
    struct uri uri;
    enum redirect_uri_kind kind;
    if (split(text, &uri, &kind) != OK)
        return STR_ABSENT;
    struct str shown = arena_printf(
        arena, "%.*s%s%.*s", STR_ARGS(kind == REDIRECT_URI_PRIVATE_USE ? uri.scheme : uri.host),
        kind == REDIRECT_URI_PRIVATE_USE || uri.port.len > 0 ? ":" : "",
        STR_ARGS(kind == REDIRECT_URI_PRIVATE_USE ? STR("") : uri.port));
    return str_is_present(shown) ? uri_lower(arena, shown) : STR_ABSENT;
}
