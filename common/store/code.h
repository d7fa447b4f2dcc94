/* mcp:code:{g}: an authorization code (RFC 6749 4.1.2), 10 minutes; a used one stays as tombstone
 * until then. The broker creates it, the signer redeems it.
 *
 *     code_record_create(store, g, &record, arena, deadline_ms, on_done, context);    broker
 *     code_record_get(store, g, arena, deadline_ms, on_record, context);
 *     code_record_redeem(store, &redemption, arena, deadline_ms, on_redeemed, context); signer
 *
 * Everything but used_by and used_at never changes once it is created, so what was checked on a
 * record that was read still holds when it is redeemed. */
#ifndef COMMON_STORE_CODE_H
#define COMMON_STORE_CODE_H

#include "common/base/fields.h"
#include "common/store/record.h"
#include "common/store/store.h"

struct code_record {
    /* by the broker */
    struct str secret_sha256; /* hex */
    struct str client_id;
    struct str client_secret_sha256;
    struct str token_endpoint_auth_method;
    struct str redirect_uri;
    bool redirect_uri_is_explicit;
    struct str scope;    /* granted, mcp scope first */
    struct str resource; /* absent: none */
    struct str user_id;
    struct str login;
    struct str email;
    struct str rule;
    struct str code_challenge;
    struct str nonce;
    struct str traceparent; /* of the sign-in, for the logs of its exchange */
    int64_t signed_in_at;
    int64_t created_at;
    /* by the signer */
    struct str used_by; /* request id of the exchange that redeemed it */
    int64_t used_at;    /* Redis time, seconds; the issue time of what it became */
};

extern const struct fields CODE_RECORD;

/* Create-only, with CODE_TTL_S. An equal record (created_at does not count) is success, another one
 * FAIL_RECORD_CONFLICT; one that has been redeemed is FAIL_ALREADY_CONNECTED. record is borrowed
 * until this returns; used_by and used_at must be absent. */
void code_record_create(struct store *store, struct str g, const struct code_record *record,
                        struct arena *arena, int64_t deadline_ms, record_done_cb *on_done,
                        void *context);

/* record lives in the arena; NULL when there is no such code. */
typedef void code_record_cb(void *context, enum failure failure, const struct code_record *record);
void code_record_get(struct store *store, struct str g, struct arena *arena, int64_t deadline_ms,
                     code_record_cb *on_record, void *context);

struct code_redemption {
    struct str g;
    struct str request_id;
    const struct code_record *record; /* as read: what the grant is made of */
    int64_t refresh_token_ttl_s;
    int64_t grant_end_at;  /* no refresh token lives longer than this, seconds */
    int64_t revoked_ttl_s; /* how long a revocation is remembered at least */
};

/* One atomic step on {g}: marks the code as used and creates the grant (n = 1, m = 1), or says that
 * this same request has done so before. issued_at is Redis time.
 *   FAIL_CODE_UNKNOWN   expired meanwhile, or the grant has been revoked
 *   FAIL_CODE_REPLAYED  another request has redeemed it (RFC 6749 4.1.2): now everything that was
 *                       issued from it is revoked */
typedef void code_redeemed_cb(void *context, enum failure failure, int64_t issued_at);
void code_record_redeem(struct store *store, const struct code_redemption *redemption,
                        struct arena *arena, int64_t deadline_ms, code_redeemed_cb *on_redeemed,
                        void *context);

#endif
