/* Where Redis is: the URL of the options, and its name resolved off the loop.
 *
 *     struct store_address address;
 *     const char *problem = store_address_parse(url, &address);        NULL: it is good
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
    STORE_PORT_DEFAULT = 6379,
};

struct store_address {
    bool is_unix;
    bool is_numeric;                 /* nothing to look up */
    char host[STORE_HOST_BYTES_MAX]; /* a path when it is a unix socket */
    int port;
};

/* What is wrong with the URL, in a sentence; NULL when nothing is. */
const char *store_address_parse(struct str url, struct store_address *ret_address);

struct store_lookup;
/* numeric: borrowed; NULL when the name is unknown. The lookup is gone when this is called. */
typedef void store_found_cb(void *context, const char *numeric);
/* Of several addresses the one that is `turn`, modulo their number, so that a later attempt tries
 * the next. NULL when no thread can be made. */
struct store_lookup *store_lookup_start(struct loop *loop, const char *host, unsigned turn,
                                        store_found_cb *on_found, void *context);
void store_lookup_cancel(struct store_lookup *lookup); /* accepts NULL */

#endif
