/* mcp:revoked:{g}, mcp:revoked:{g}:m, mcp:revoked:{user}: what must no longer be accepted although
 * it is well signed. A grant is revoked by grant_record_revoke.
 *
 *     revoked_add_token(store, g, m, ttl_s, arena, deadline_ms, on_done, context);
 *     revoked_check(store, &subject, arena, deadline_ms, on_checked, context); */
#ifndef COMMON_STORE_REVOKED_H
#define COMMON_STORE_REVOKED_H

#include "common/store/record.h"
#include "common/store/store.h"

/* One access token, for the rest of its life. Repeatable. */
void revoked_add_token(struct store *store, struct str g, int64_t m, int64_t ttl_s,
                       struct arena *arena, int64_t deadline_ms, record_done_cb *on_done,
                       void *context);

/* Everything that was issued to this person before not_before (seconds). */
void revoked_add_user(struct store *store, struct str user_id, int64_t not_before, int64_t ttl_s,
                      struct arena *arena, int64_t deadline_ms, record_done_cb *on_done,
                      void *context);

struct revoked_subject {
    struct str g;
    int64_t m;
    struct str user_id;
    int64_t issued_at; /* before the user's not-before time counts as revoked */
};

/* OK or FAIL_TOKEN_REVOKED; FAIL_STORE_UNAVAILABLE when nobody knows. */
void revoked_check(struct store *store, const struct revoked_subject *subject, struct arena *arena,
                   int64_t deadline_ms, record_done_cb *on_checked, void *context);

/* Nothing of this user's from before not_before (seconds; 0: no such rule) counts. */
typedef void revoked_user_cb(void *context, enum failure failure, int64_t not_before);
void revoked_user_get(struct store *store, struct str user_id, struct arena *arena,
                      int64_t deadline_ms, revoked_user_cb *on_user, void *context);

#endif
