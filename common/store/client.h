/* mcp:client:{client_id}: a registered client (RFC 7591), 60 days since its last use. The registry
 * writes it; the signer reads it and extends its life. */
#ifndef COMMON_STORE_CLIENT_H
#define COMMON_STORE_CLIENT_H

#include "common/base/fields.h"
#include "common/store/store.h"

struct client_record {
    struct str client_id;
    struct str client_name;
    struct strs redirect_uris;
    struct str scope;                      /* as registered; absent: none */
    struct str token_endpoint_auth_method; /* none, client_secret_post or _basic, private_key_jwt */
    struct str application_type;
    struct str client_secret_sha256; /* hex; only of a client with a secret */
    struct str jwks;                 /* of private_key_jwt: a JWK set as JSON (RFC 7591 2), */
    struct str jwks_uri;             /* or where it is; never both */
    struct str registration_access_token_sha256; /* hex */
    struct str request_id;                       /* of the registration, for its repetition */
    int64_t created_at;                          /* seconds */
    /* not stored */
    int64_t expires_at; /* derived from the key's TTL when read; -1 when it is no registration */
    bool is_configured; /* the operator's, in the servers file */
};

extern const struct fields CLIENT_RECORD; /* what is stored */

/* record is borrowed until the callback returns, made in the arena that was given; NULL when there
 * is no such client. */
typedef void client_record_cb(void *context, enum failure failure,
                              const struct client_record *record);
void client_record_get(struct store *store, struct str client_id, struct arena *arena,
                       int64_t deadline_ms, client_record_cb *on_record, void *context);

typedef void client_done_cb(void *context, enum failure failure);
/* Create-only; an equal record of the same request is success, another one FAIL_RECORD_CONFLICT. */
void client_record_create(struct store *store, const struct client_record *record,
                          struct arena *arena, int64_t deadline_ms, client_done_cb *on_done,
                          void *context);
/* Another CLIENT_TTL_S from now; never creates. Nobody waits for it. */
void client_record_extend(struct store *store, struct str client_id, struct arena *arena,
                          int64_t deadline_ms);

/* Replaces what is stored (RFC 7592 2.2) and keeps the life; never creates. A client that has a
 * secret keeps it when record has a client_secret_sha256; that one is only taken by a client
 * without a secret. client_secret_sha256 of on_updated is the one that holds now, empty without
 * one, and lives until the callback returns. FAIL_RECORD_MISSING: there is no such client. */
typedef void client_updated_cb(void *context, enum failure failure,
                               struct str client_secret_sha256);
void client_record_update(struct store *store, const struct client_record *record,
                          struct arena *arena, int64_t deadline_ms, client_updated_cb *on_updated,
                          void *context);
struct client_delete {
    struct str client_id;
    struct str registration_access_token_sha256; /* checked once more */
    struct str request_id;
};
/* RFC 7592 2.3. FAIL_RECORD_MISSING: there is no such client, and this request deleted none. */
void client_record_delete(struct store *store, const struct client_delete *client,
                          struct arena *arena, int64_t deadline_ms, client_done_cb *on_done,
                          void *context);

/* By the operator: no token is asked for. Repeatable. */
void client_record_remove(struct store *store, struct str client_id, struct arena *arena,
                          int64_t deadline_ms, client_done_cb *on_done, void *context);

/* How the client authenticates, and nothing else: for the token endpoint, where every microsecond
 * counts. Of record only client_id, token_endpoint_auth_method and client_secret_sha256 are set. */
void client_record_get_authentication(struct store *store, struct str client_id,
                                      struct arena *arena, int64_t deadline_ms,
                                      client_record_cb *on_record, void *context);

#endif
