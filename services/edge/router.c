#include "services/edge/router.h"

static bool matches(const struct route *route, struct str path, struct str *ret_tail)
{
    struct str own = str_from_cstr(route->path);
    *ret_tail = STR("");
    if (str_equals(path, own))
        return route->match != ROUTE_SEGMENT;
    if (route->match == ROUTE_SEGMENT && str_starts_with(path, own)) {
        *ret_tail = str_from(path, own.len);
        return ret_tail->len > 0 && str_index_of(*ret_tail, '/') == ret_tail->len;
    }
    if (route->match == ROUTE_WELL_KNOWN && path.len > own.len)
        return (str_starts_with(path, own) && path.at[own.len] == '/') || str_ends_with(path, own);
    return false;
}

const struct route *router_find(const struct route *routes, size_t routes_len, struct str path,
                                struct str *ret_tail)
{
    for (size_t i = 0; i < routes_len; i++)
        if (matches(&routes[i], path, ret_tail))
            return &routes[i];
    return NULL;
}

struct str router_strip(struct str path, struct str base_path)
{
    if (base_path.len == 0 || !str_starts_with(path, base_path))
        return path;
    if (path.len == base_path.len)
        return STR("/");
    return path.at[base_path.len] == '/' ? str_from(path, base_path.len) : path;
}

const char *router_allow(const struct route *route)
{
    if (route->get == NULL)
        return "POST, OPTIONS";
    if (route->flags & ROUTE_NO_HEAD)
        return route->post != NULL ? "GET, POST, OPTIONS" : "GET, OPTIONS";
    return route->post != NULL ? "GET, HEAD, POST, OPTIONS" : "GET, HEAD, OPTIONS";
}
