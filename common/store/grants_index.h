/* mcp:grants:{user}: the grant ids of one person, scored by when they end; it lives as long as the
 * longest of them. The broker adds a grant before its code exists, the signer extends and removes.
 *
 *     grants_index_add(store, user_id, g, CODE_TTL_S, arena, deadline_ms, on_done, context);
 *     grants_index_remove(store, user_id, g, arena, deadline_ms);
 *
 * An index, not the truth: it may name grants that never came to be or are gone. All steps are
 * repeatable. */
#ifndef COMMON_STORE_GRANTS_INDEX_H
#define COMMON_STORE_GRANTS_INDEX_H

#include "common/store/record.h"
#include "common/store/store.h"

/* Adds, or moves its end to ttl_s from now (never nearer). on_done may be NULL: nobody waits
 * then. */
void grants_index_add(struct store *store, struct str user_id, struct str g, int64_t ttl_s,
                      struct arena *arena, int64_t deadline_ms, record_done_cb *on_done,
                      void *context);
/* Drops the grants that have ended. Nobody waits for these two. */
void grants_index_prune(struct store *store, struct str user_id, struct arena *arena,
                        int64_t deadline_ms);
void grants_index_remove(struct store *store, struct str user_id, struct str g, struct arena *arena,
                         int64_t deadline_ms);

/* What the index names, the longest-lived last. grants lives in the arena. */
struct grants_index_entry {
    struct str g;
    int64_t end_at; /* seconds since 1970 */
};
typedef void grants_index_cb(void *context, enum failure failure,
                             const struct grants_index_entry *grants, size_t len);
void grants_index_get(struct store *store, struct str user_id, struct arena *arena,
                      int64_t deadline_ms, grants_index_cb *on_grants, void *context);

#endif
