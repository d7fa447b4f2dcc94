/* mcp:document:{h}: what was fetched from a URL that a client named: its client ID metadata
 * document, or the JWK set of its jwks_uri. The registry writes it; the signer reads how the client
 * authenticates. h is the SHA-256 of the URL. It lives as long as the HTTP cache headers allow, and
 * when it is gone it must be fetched again; a fetch that failed is remembered for a shorter while.
 *
 *     document_record_get(store, url, arena, deadline_ms, on_document, context);
 *     document_record_put(store, &record, ttl_s, arena, deadline_ms, on_done, context); */
#ifndef COMMON_STORE_DOCUMENT_H
#define COMMON_STORE_DOCUMENT_H

#include "common/base/fields.h"
#include "common/store/record.h"
#include "common/store/store.h"

enum { DOCUMENT_NEW_S = 10 }; /* a younger one is not fetched anew, whoever asks */

struct document_record {
    struct str url;
    struct str failure; /* the failure's name in failure_table.h; absent: it was fetched */
    struct str text;    /* a metadata document as it came; absent for a JWK set */
    struct str token_endpoint_auth_method; /* of a metadata document */
    struct str jwks;                       /* of a metadata document, or the JWK set itself */
    struct str jwks_uri; /* of a metadata document; url itself: the failure of a JWK set */
    int64_t fetched_at;  /* seconds */
};

extern const struct fields DOCUMENT_RECORD;

/* record lives in the arena; NULL when there is none. */
typedef void document_record_cb(void *context, enum failure failure,
                                const struct document_record *record);
void document_record_get(struct store *store, struct str url, struct arena *arena,
                         int64_t deadline_ms, document_record_cb *on_record, void *context);
/* The same without text: how the client authenticates. */
void document_record_get_authentication(struct store *store, struct str url, struct arena *arena,
                                        int64_t deadline_ms, document_record_cb *on_record,
                                        void *context);
/* Replaces what was there, for ttl_s. */
void document_record_put(struct store *store, const struct document_record *record, int64_t ttl_s,
                         struct arena *arena, int64_t deadline_ms, record_done_cb *on_done,
                         void *context);

#endif
