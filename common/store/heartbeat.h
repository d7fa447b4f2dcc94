/* mcp:worker:{kind}:id: a worker that lives, for eyes and `doctor`; gone HEARTBEAT_TTL_S after its
 * last beat. Nothing depends on it.
 *
 *     struct heartbeat *heartbeat = heartbeat_start(loop, store, STR("signer"), instance);
 *     heartbeat_set_in_flight(heartbeat, 3);
 *     heartbeat_stop(heartbeat);                             removes the key
 *
 * The store outlives it. */
#ifndef COMMON_STORE_HEARTBEAT_H
#define COMMON_STORE_HEARTBEAT_H

#include "common/base/fields.h"
#include "common/store/store.h"

enum { HEARTBEAT_KEYS_BYTES_MAX = 64 };

struct heartbeat;

/* NULL when memory is gone. Beats at once when the store is ready, then every HEARTBEAT_EVERY_S. */
struct heartbeat *heartbeat_start(struct loop *loop, struct store *store, struct str kind,
                                  struct str instance);
void heartbeat_stop(struct heartbeat *heartbeat); /* accepts NULL */
void heartbeat_set_in_flight(struct heartbeat *heartbeat, int64_t in_flight);
/* The version of the keys that it works with, for a kind that has some. Copied, cut to fit. */
void heartbeat_set_keys(struct heartbeat *heartbeat, struct str keys);
/* Beats now: the store has become ready. */
void heartbeat_beat(struct heartbeat *heartbeat);

/* What a beat says, for whoever looks. */
struct heartbeat_record {
    struct str release;
    struct str keys; /* absent: it has none */
    int64_t started_at;
    int64_t in_flight;
    int64_t pid;
};

extern const struct fields HEARTBEAT_RECORD;

#endif
