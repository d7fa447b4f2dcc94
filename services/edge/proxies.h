/* The proxies whose X-Forwarded-For and traceparent are believed, and the address of a client
 * behind them.
 *
 *     struct proxies proxies;
 *     if (!proxies_read(config.trusted_proxies, &proxies)) ...       "10.0.0.0/8, ::1"
 *     struct str address = proxies_client_address(&proxies, arena, peer, x_forwarded_for);
 *
 * Plain data in the caller's memory. Nothing here changes the issuer: no header does. */
#ifndef SERVICES_EDGE_PROXIES_H
#define SERVICES_EDGE_PROXIES_H

#include "common/base/arena.h"

struct sockaddr;

enum { PROXIES_MAX = 64, ADDRESS_BYTES = 16 };

/* An IPv6 address; IPv4 ones are mapped (::ffff:a.b.c.d). */
struct address {
    unsigned char bytes[ADDRESS_BYTES];
};

struct proxies {
    struct {
        struct address address;
        unsigned prefix_bits; /* of ADDRESS_BYTES * 8 */
    } at[PROXIES_MAX];
    size_t len;
};

bool address_read(struct str text, struct address *ret_address);
/* Of a peer; false when it has no internet address. */
bool address_from_socket(const struct sockaddr *peer, struct address *ret_address);
/* The usual spelling; the absent text when the arena is full. */
struct str address_write(struct arena *arena, const struct address *address);

/* False when one is no address and no network in CIDR form, or when there are too many. */
bool proxies_read(struct strs texts, struct proxies *ret_proxies);
bool proxies_trust(const struct proxies *proxies, const struct address *address);
/* The peer's own address, unless the peer is a trusted proxy: then the last entry of
 * X-Forwarded-For that is not a trusted proxy. Entries in front of that one, which the client wrote
 * itself, are never believed; at an unreadable entry the search ends with the last good one. */
struct str proxies_client_address(const struct proxies *proxies, struct arena *arena,
                                  const struct address *peer, struct str x_forwarded_for);

#endif
