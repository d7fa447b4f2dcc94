#include "services/edge/router.h"

#include <stdio.h>

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
    if (route->match == ROUTE_BELOW && str_starts_with(path, own) && path.at[own.len] == '/') {
        *ret_tail = str_from(path, own.len);
        return true;
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

/* The methods of a route, in the order in which Allow names them. */
enum { METHODS_COUNT = 5 };
struct method {
    const char *name;
    route_handler *handler;
};

static void methods_list(const struct route *route, struct method ret_methods[METHODS_COUNT])
{
    ret_methods[0] = (struct method){"GET", route->get};
    ret_methods[1] = (struct method){"HEAD", route->flags & ROUTE_NO_HEAD ? NULL : route->get};
    ret_methods[2] = (struct method){"POST", route->post};
    ret_methods[3] = (struct method){"PUT", route->put};
    ret_methods[4] = (struct method){"DELETE", route->delete};
}

route_handler *router_handler(const struct route *route, struct str method)
{
    struct method methods[METHODS_COUNT];
    methods_list(route, methods);
    for (size_t i = 0; i < METHODS_COUNT; i++)
        if (str_equals_cstr(method, methods[i].name))
            return methods[i].handler;
    return NULL;
}

const char *router_allow(const struct route *route)
{
    static char text[sizeof("GET, HEAD, POST, PUT, DELETE, OPTIONS")];
    struct method methods[METHODS_COUNT];
    int len = 0;
    methods_list(route, methods);
    for (size_t i = 0; i < METHODS_COUNT; i++)
        if (methods[i].handler != NULL)
            len += snprintf(text + len, sizeof(text) - (size_t)len, "%s, ", methods[i].name);
    snprintf(text + len, sizeof(text) - (size_t)len, "OPTIONS");
    return text;
}
