/* Redis Sentinel: which server is the master now, and whether it still is.
 *
 *     sentinel = store_sentinel_new(loop, &url, &credentials);
 *     store_sentinel_ask(sentinel, on_master, context);          before each attempt to connect
 *     store_sentinel_watch(sentinel, &master, on_moved, context);        while connected
 *     store_sentinel_free(sentinel);
 *
 * Both end what the other one has begun. Private to the store. */
#ifndef COMMON_STORE_STORE_SENTINEL_H
#define COMMON_STORE_STORE_SENTINEL_H

#include "common/store/store_connection.h"
#include "common/store/store_url.h"

struct store_sentinel;

/* Both are borrowed while it lives. NULL when memory is gone. */
struct store_sentinel *store_sentinel_new(struct loop *loop, const struct store_url *url,
                                          const struct store_credentials *credentials);
void store_sentinel_free(struct store_sentinel *sentinel); /* accepts NULL */

/* master: NULL when no Sentinel named one, and reason says why. Both are borrowed. */
typedef void store_master_cb(void *context, const struct store_address *master, const char *reason);
/* The first answer counts, beginning with another Sentinel each time; whoever connects verifies it
 * by ROLE, because that Sentinel may be the last to hear of a failover. False when memory is gone.
 */
bool store_sentinel_ask(struct store_sentinel *sentinel, store_master_cb *on_master, void *context);

/* Asks all of them again and again, and calls once when more than half of them name one and the
 * same other master, which the next store_sentinel_ask answers at once. */
void store_sentinel_watch(struct store_sentinel *sentinel, const struct store_address *master,
                          void (*on_moved)(void *context), void *context);
void store_sentinel_unwatch(struct store_sentinel *sentinel);

#endif
