/* Compared in parts, without making a normal form: nothing is allocated, and nothing but the
 * spellings that DESIGN names is tolerated. */
#include "common/oauth/resource.h"
#include "common/base/limits.h"
#include "common/oauth/uri.h"

static bool split(struct str resource, struct uri *ret_uri)
{
    struct uri uri;
    if (resource.len > RESOURCE_BYTES_MAX || !uri_split(resource, &uri) ||
        str_is_present(uri.fragment) || str_is_present(uri.userinfo))
        return false;
    *ret_uri = uri;
    return true;
}

enum failure resource_check(struct str resource)
{
    struct uri uri;
    return split(resource, &uri) ? OK : FAIL_RESOURCE_MALFORMED;
}

/* MCP clients send a server's URL with and without its last slash; a query may end in one that
 * means something. */
static struct str without_trailing_slash(const struct uri *uri)
{
    bool drops = !str_is_present(uri->query) && str_ends_with(uri->path, STR("/"));
    return drops ? str_first(uri->path, uri->path.len - 1) : uri->path;
}

static bool parts_are_equal(struct str a, struct str b)
{
    return str_is_present(a) == str_is_present(b) && str_equals(a, b);
}

bool resource_equals(struct str a, struct str b)
{
    struct uri left, right;
    if (!split(a, &left) || !split(b, &right))
        return false;
    return uri_has_scheme(&left, right.scheme) &&
           str_is_present(left.host) == str_is_present(right.host) &&
           uri_hosts_are_equal(left.host, right.host) && parts_are_equal(left.port, right.port) &&
           str_equals(without_trailing_slash(&left), without_trailing_slash(&right)) &&
           parts_are_equal(left.query, right.query);
}
