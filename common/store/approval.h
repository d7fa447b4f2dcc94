/* mcp:approval:{user}:h: that a person has agreed to exactly this before, 30 days. h is a digest of
 * what was agreed to: client, its fingerprint, redirect URI, scope. The broker writes it.
 *
 *     approval_get(store, user_id, h, arena, deadline_ms, on_approval, context); */
#ifndef COMMON_STORE_APPROVAL_H
#define COMMON_STORE_APPROVAL_H

#include "common/store/record.h"
#include "common/store/store.h"

struct approval_record {
    struct str client_id;
    struct str scope;
    int64_t approved_at; /* seconds */
};

extern const struct fields APPROVAL_RECORD;

typedef void approval_cb(void *context, enum failure failure, bool is_approved);
void approval_get(struct store *store, struct str user_id, struct str h, struct arena *arena,
                  int64_t deadline_ms, approval_cb *on_approval, void *context);
/* Remembers it for APPROVAL_TTL_S from now. Nobody waits for it. */
void approval_remember(struct store *store, struct str user_id, struct str h,
                       const struct approval_record *record, struct arena *arena,
                       int64_t deadline_ms);

#endif
