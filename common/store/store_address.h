/* Where a server is, and its name resolved off the loop.
 *
 *     struct store_address address;
 *     const char *problem = store_address_parse(text, 6379, &address);        NULL: it is good
 *     lookup = store_lookup_start(loop, address.host, attempt, on_found, context);
 *     store_lookup_cancel(lookup);                                     before on_found only
 *
 * The system's resolver may block for seconds, so each lookup is a thread that writes to an
 * eventfd. Private to the store. */
#ifndef COMMON_STORE_STORE_ADDRESS_H
#define COMMON_STORE_STORE_ADDRESS_H

#include "common/base/str.h"
#include "common/process/loop.h"

enum {
    STORE_HOST_BYTES_MAX = 256,
    STORE_NUMERIC_BYTES_MAX = 64, /* an IPv6 address with a scope */
    STORE_ADDRESS_TEXT_BYTES_MAX = STORE_HOST_BYTES_MAX + 8,
};

struct store_address {
    bool is_unix;
    bool is_numeric;                 /* nothing to look up */
    char host[STORE_HOST_BYTES_MAX]; /* a path when it is a unix socket */
    int port;
};

/* host, host:port, [v6] or [v6]:port. What is wrong with it, in words; NULL when nothing is. */
const char *store_address_parse(struct str text, int port_default,
                                struct store_address *ret_address);
/* The path of a unix socket, in the same manner. */
const char *store_address_parse_unix(struct str path, struct store_address *ret_address);
/* As Redis names hosts and ports in its replies; false when that is none. */
bool store_address_set(struct store_address *address, struct str host, int64_t port);
bool store_address_equals(const struct store_address *a, const struct store_address *b);
/* For the log: host:port, or the path. Borrowed from the buffer. */
struct str store_address_print(const struct store_address *address,
                               char buffer[static STORE_ADDRESS_TEXT_BYTES_MAX]);

struct store_lookup;
/* numeric: borrowed; NULL when the name is unknown. The lookup is gone when this is called. */
typedef void store_found_cb(void *context, const char *numeric);
/* Of several addresses the one that is `turn`, modulo their number, so that a later attempt tries
 * the next. NULL when no thread can be made. */
struct store_lookup *store_lookup_start(struct loop *loop, const char *host, unsigned turn,
                                        store_found_cb *on_found, void *context);
void store_lookup_cancel(struct store_lookup *lookup); /* accepts NULL */

#endif
