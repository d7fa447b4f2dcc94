/* mcp:refresh:{g}: what a person granted to a client, and the counters of what was issued from it.
 * 30 days, renewed by every rotation, at most GRANT_TTL_S in all; the signer alone writes it. It is
 * created by code_record_redeem.
 *
 *     grant_record_get(store, g, arena, deadline_ms, on_record, context);
 *     grant_record_rotate(store, &rotation, arena, deadline_ms, on_rotated, context);
 *     grant_record_revoke(store, &revocation, arena, deadline_ms, on_done, context);
 *
 * n counts refresh tokens, m access tokens. The record is small on purpose: some hundred bytes for
 * each grant, of which there are millions; which server it is for is said by scope alone. */
#ifndef COMMON_STORE_GRANT_H
#define COMMON_STORE_GRANT_H

#include "common/base/fields.h"
#include "common/store/record.h"
#include "common/store/store.h"

enum {
    /* Rotations whose time is remembered, to tell a race from a theft. A client that chains more of
     * them within the grace and then shows the oldest token is taken for a thief. */
    GRANT_ROTATIONS_MAX = 8,
};

struct grant_record {
    struct str client_id;
    struct str scope; /* granted, mcp scope first */
    struct str user_id;
    struct str login;
    struct str email; /* absent unless scope has it */
    struct str rule;  /* what admitted the user */
    int64_t signed_in_at;
    int64_t n;         /* of the newest refresh token */
    int64_t m;         /* of the newest access token */
    int64_t issued_at; /* of the newest access token, Redis time */
    /* When the newest refresh token was issued, and before it, newest first and separated by
     * spaces, the earlier ones that were still within the grace then. */
    struct str rotated_at;
    /* The last 16 digits of the id of the request that issued last: its repetition gets the same.
     */
    struct str request_id;
};

extern const struct fields GRANT_RECORD;

/* record lives in the arena; NULL when there is no such grant. */
typedef void grant_record_cb(void *context, enum failure failure,
                             const struct grant_record *record);
void grant_record_get(struct store *store, struct str g, struct arena *arena, int64_t deadline_ms,
                      grant_record_cb *on_record, void *context);

struct grant_rotation {
    struct str g;
    struct str request_id;
    int64_t n; /* of the refresh token that was shown */
    int64_t refresh_grace_s;
    int64_t refresh_token_ttl_s;
    int64_t grant_end_at;
    int64_t revoked_ttl_s;
};

/* What may be issued now. */
struct grant_issue {
    int64_t n;
    int64_t m;
    int64_t issued_at;  /* of access token m */
    int64_t rotated_at; /* of refresh token n */
    bool is_adopted;    /* the token was newer than the record: Redis had lost a write */
};

/* One atomic step on {g}, decided by the number that was shown (RFC 9700 4.14.2):
 *   the newest              rotated: a successor
 *   the one before          within the grace the same successor again, with another access token
 *   older, within the grace FAIL_REFRESH_TOKEN_SUPERSEDED; nothing is revoked
 *   any, after the grace    FAIL_REFRESH_TOKEN_REPLAYED: now the whole grant is revoked
 *   newer than the record   adopted, then rotated
 *   by the same request     the same again
 * FAIL_REFRESH_TOKEN_INVALID for a missing, revoked or ended grant. issue is NULL on failure. */
typedef void grant_rotated_cb(void *context, enum failure failure, const struct grant_issue *issue);
void grant_record_rotate(struct store *store, const struct grant_rotation *rotation,
                         struct arena *arena, int64_t deadline_ms, grant_rotated_cb *on_rotated,
                         void *context);

/* Deletes the grant and remembers it as revoked for the rest of its tokens' lives, at least
 * revoked_ttl_s. Repeatable. on_done may be NULL. */
void grant_record_revoke(struct store *store, struct str g, int64_t revoked_ttl_s,
                         struct arena *arena, int64_t deadline_ms, record_done_cb *on_done,
                         void *context);

#endif
