/* What lies in Redis, family by family: how many keys, how much memory, how long they will live.
 *
 *     keyspace_count_start(store, 10000, on_counted, context);
 *     static void on_counted(void *context, enum failure failure, const struct keyspace_count *c)
 *     {
 *         c->families[KEY_FAMILY_REFRESH].keys ...
 *
 * Every key's TTL is asked. MEMORY USAGE is asked of all keys while there are at most weighed_max,
 * else of every n-th of each family, and stands for the others. */
#ifndef COMMON_STORE_KEYSPACE_COUNT_H
#define COMMON_STORE_KEYSPACE_COUNT_H

#include "common/store/key.h"
#include "common/store/store.h"

enum { KEYSPACE_LIVES_COUNT = 7 };
/* The upper ends of all but the last, in seconds: a minute, ten, an hour, a day, 7 days, 30 days.
 */
extern const int64_t KEYSPACE_LIVES_S[KEYSPACE_LIVES_COUNT - 1];

struct keyspace_family {
    int64_t keys;
    int64_t keys_weighed;
    int64_t bytes; /* of the weighed ones */
    int64_t lives[KEYSPACE_LIVES_COUNT];
    int64_t endless; /* without a TTL */
};

struct keyspace_count {
    struct keyspace_family families[KEY_FAMILIES_COUNT];
    int64_t foreign;     /* keys that are none of ours; nothing is asked about them */
    int64_t weigh_every; /* 1: all */
};

/* Estimated from the weighed ones; exact when those are all. */
int64_t keyspace_family_bytes(const struct keyspace_family *family);
/* A family whose keys must have a TTL has some without. */
bool keyspace_family_is_wrong(const struct keyspace_count *count, enum key_family family);

/* count is borrowed; NULL on failure. Called once, at once when memory is gone. */
typedef void keyspace_counted_cb(void *context, enum failure failure,
                                 const struct keyspace_count *count);
void keyspace_count_start(struct store *store, int64_t weighed_max, keyspace_counted_cb *on_counted,
                          void *context);

#endif
