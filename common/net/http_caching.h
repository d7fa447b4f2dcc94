/* How long a fetched text may be kept (RFC 9111 4.2), and whether it is JSON at all.
 *
 *     const struct http_caching caching = {.cache_control = reply->cache_control, ...};
 *     int64_t ttl_s = http_caching_lifetime_s(&caching, clock_wall_s());
 *
 * This is a private cache: s-maxage and proxy-revalidate do not concern it. */
#ifndef COMMON_NET_HTTP_CACHING_H
#define COMMON_NET_HTTP_CACHING_H

#include "common/base/str.h"

enum {
    HTTP_CACHING_S_MIN = 5 * 60, /* also for no-store and no-cache: each use would ask anew */
    HTTP_CACHING_S_MAX = 24 * 3600,
};

struct http_caching { /* header values; absent when not sent */
    struct str cache_control;
    struct str expires;
    struct str date;
    struct str age;
};

/* Seconds from now on, between the two limits: max-age, else Expires, less Age. Without any of
 * them, and for what cannot be read, the least (RFC 9111 4.2.1, 5.3). */
int64_t http_caching_lifetime_s(const struct http_caching *caching, int64_t now_s);

/* application/json, or any application type with the suffix +json (RFC 6839 3.1), whatever its
 * parameters. */
bool http_content_type_is_json(struct str content_type);

#endif
