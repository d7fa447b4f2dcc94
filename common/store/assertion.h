/* mcp:assertion:{h}: a client assertion that has been used (RFC 7523 3, item 7), for the rest of
 * its life. h is the SHA-256 of client and jti.
 *
 *     assertion_use(store, &use, arena, deadline_ms, on_used, context); */
#ifndef COMMON_STORE_ASSERTION_H
#define COMMON_STORE_ASSERTION_H

#include "common/store/record.h"
#include "common/store/store.h"

struct assertion_use {
    struct str client_id;
    struct str jti;
    struct str request_id; /* its repetition is no replay */
    int64_t ttl_s;         /* 1 or more */
};

/* FAIL_CLIENT_ASSERTION_REPLAYED when another request has used it. */
void assertion_use(struct store *store, const struct assertion_use *use, struct arena *arena,
                   int64_t deadline_ms, record_done_cb *on_used, void *context);

#endif
