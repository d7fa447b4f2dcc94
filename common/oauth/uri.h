/* Splits an absolute URI, strictly (RFC 3986): what a browser might read in another way than we do
 * is refused, not repaired.
 *
 *     struct uri uri;
 *     if (!uri_split(STR("https://claude.ai/callback?x=1"), &uri))
 *         return FAIL_REDIRECT_URI_MALFORMED;
 *     uri.host is "claude.ai", uri.query is "x=1", uri.port and uri.fragment are absent
 *
 * The parts are borrowed from the text. Refused: every byte that RFC 3986 does not list (spaces,
 * controls, backslashes, non-ASCII), broken percent escapes, hosts with percent escapes or empty
 * labels or a trailing dot, IPv6 zones, numbers that only look like IPv4, ports but 1 to 65535, and
 * http or https without a host. */
#ifndef COMMON_OAUTH_URI_H
#define COMMON_OAUTH_URI_H

#include "common/base/arena.h"

struct uri {
    struct str scheme;   /* as written; compare without case */
    struct str userinfo; /* absent without '@' */
    struct str host;     /* as written, IPv6 with its brackets; absent without "//" */
    struct str port;     /* digits without leading zero; absent without ':' */
    struct str path;     /* may be empty */
    struct str query;    /* without '?'; absent without one */
    struct str fragment; /* without '#'; absent without one */
};

bool uri_split(struct str text, struct uri *ret_uri);
bool uri_has_scheme(const struct uri *uri, struct str scheme); /* without case */

/* A name, a dotted quad or a bracketed IPv6 address, as uri_split accepts it. */
bool uri_host_is_valid(struct str host);
/* localhost, 127.0.0.0/8 and every spelling of [::1]; nothing that merely begins like them. */
bool uri_host_is_loopback(struct str host);
bool uri_hosts_are_equal(struct str a, struct str b); /* without case (RFC 3986 6.2.2.1) */
/* ASCII lower case; the absent text when the arena is full. */
struct str uri_lower(struct arena *arena, struct str text);

#endif
