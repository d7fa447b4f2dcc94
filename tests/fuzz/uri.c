/* Clients control this input (redirect_uri, resource, client_id); the operator's files are read by
 * it too. Attacks uri_split and the functions on hosts. */
#include "common/oauth/uri.h"
#include "tests/fuzz/fuzz.h"

/* RFC 3986 5.3: the parts together are the text, not a byte more or less. */
static struct str recompose(struct arena *arena, const struct uri *uri)
{
    return arena_printf(arena, "%.*s:%s%.*s%s%.*s%s%.*s%.*s%s%.*s%s%.*s", STR_ARGS(uri->scheme),
                        str_is_present(uri->host) ? "//" : "", STR_ARGS(uri->userinfo),
                        str_is_present(uri->userinfo) ? "@" : "", STR_ARGS(uri->host),
                        str_is_present(uri->port) ? ":" : "", STR_ARGS(uri->port),
                        STR_ARGS(uri->path), str_is_present(uri->query) ? "?" : "",
                        STR_ARGS(uri->query), str_is_present(uri->fragment) ? "#" : "",
                        STR_ARGS(uri->fragment));
}

static void check_host(struct arena *arena, struct str host)
{
    struct str lower = uri_lower(arena, host);
    if (!str_is_present(lower))
        return;
    FUZZ_CHECK(uri_hosts_are_equal(host, lower));
    FUZZ_CHECK(uri_host_is_valid(host) == uri_host_is_valid(lower));
    FUZZ_CHECK(uri_host_is_loopback(host) == uri_host_is_loopback(lower));
    FUZZ_CHECK(!uri_host_is_loopback(host) || uri_host_is_valid(host));
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct uri uri;
    check_host(arena, input);
    if (!uri_split(input, &uri))
        return;
    for (size_t i = 0; i < input.len; i++)
        FUZZ_CHECK(input.at[i] > ' ' && input.at[i] < 0x7f && input.at[i] != '\\');
    struct str whole = recompose(arena, &uri);
    FUZZ_CHECK(!str_is_present(whole) || str_equals(whole, input));
    FUZZ_CHECK(str_is_empty(uri.host) || uri_host_is_valid(uri.host));
    if (uri_has_scheme(&uri, STR("https")) || uri_has_scheme(&uri, STR("http")))
        FUZZ_CHECK(!str_is_empty(uri.host));
}
