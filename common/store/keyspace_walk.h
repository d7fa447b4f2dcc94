/* All keys, page by page, on every master: for eyes. Never blocks Redis (SCAN, never KEYS), and
 * holds one page at a time, whatever the number of keys.
 *
 *     struct str glob = STR("mcp:worker:*");
 *     walk = keyspace_walk_start(store, glob, STR("hash"), on_page, on_done, context);
 *
 *     static void on_page(void *context, size_t master, struct strs names)
 *     {
 *         ask with store_send_to(store, master, ...) what you want to know about these;
 *         keyspace_walk_next(walk) when you know it, or at once
 *     }
 *
 * A key that lives throughout the walk is seen at least once; while Redis resizes its table one may
 * be seen twice. Redis looks at every key, whatever the pattern: a walk over a million keys takes
 * it some 0.3 s in slices of well below a millisecond. */
#ifndef COMMON_STORE_KEYSPACE_WALK_H
#define COMMON_STORE_KEYSPACE_WALK_H

#include "common/store/store.h"

enum {
    KEYSPACE_PAGE_KEYS = 128, /* about: Redis may give a few more; what others wait for is a page */
    KEYSPACE_COMMAND_MS = 10000, /* for each question */
};

struct keyspace_walk;

/* names is borrowed until it returns. */
typedef void keyspace_page_cb(void *context, size_t master, struct strs names);
/* The walk is gone when this returns. */
typedef void keyspace_walked_cb(void *context, enum failure failure);

/* glob: absent for all names. type: as TYPE tells it, absent for all. Both are copied. NULL when
 * memory is gone; else on_done is called once, later. */
struct keyspace_walk *keyspace_walk_start(struct store *store, struct str glob, struct str type,
                                          keyspace_page_cb *on_page, keyspace_walked_cb *on_done,
                                          void *context);
/* Once for each page. */
void keyspace_walk_next(struct keyspace_walk *walk);
/* In place of keyspace_walk_next: ends it, and on_done is called with this failure. */
void keyspace_walk_end(struct keyspace_walk *walk, enum failure failure);

#endif
