/* The client at the token endpoint: is there such a one, and is it who it says (RFC
 * 6749 2.3, 3.2.1, RFC 7523 2.2)?
 *
 *     TRY(token_client_init(&client, task, &said));
 *     token_client_find(&client, on_client, context);
 *     TRY(token_client_check(&client));                       in on_client or later
 *     token_client_extend(&client);                           it has been used
 *
 * Clients of the servers file need no store. `client` is the caller's and must live as long as the
 * task. */
#ifndef SERVICES_SIGNER_TOKEN_CLIENT_H
#define SERVICES_SIGNER_TOKEN_CLIENT_H

#include "common/oauth/client_authentication.h"
#include "common/store/client.h"
#include "proto/worker.h"

struct token_client {
    struct client_authentication said;
    bool is_known;
    bool is_registered; /* it lives in the store: each use prolongs its life */
    struct str method;  /* the registered one; this and the rest in the task's arena */
    struct str secret_sha256;
    struct str jwks;     /* of private_key_jwt: its keys, */
    struct str jwks_uri; /* or where the registry fetches them */
    /* private */
    int64_t fetched_at;           /* its document or keys; absent: they were registered */
    enum failure assertion_check; /* of private_key_jwt, once on_client comes */
    struct task *task;
    void (*on_client)(void *context, enum failure failure);
    void *context;
};

typedef void token_client_cb(void *context, enum failure failure);

/* FAIL_CLIENT_ID_MISSING or FAIL_CLIENT_UNKNOWN for a client_id that cannot be one; checked before
 * anything is asked. */
enum failure token_client_init(struct token_client *client, struct task *task,
                               const struct client_authentication *said) MUST_CHECK;
/* on_client comes once: OK also when there is no such client, FAIL_STORE_UNAVAILABLE when nobody
 * knows, FAIL_CLIENT_NEEDED when its document or keys must be fetched (anew). A client assertion is
 * used up here. It may come before this returns. */
void token_client_find(struct token_client *client, token_client_cb *on_client, void *context);
/* FAIL_CLIENT_UNKNOWN, FAIL_CLIENT_AUTHENTICATION_FAILED, FAIL_CLIENT_ASSERTION_INVALID,
 * FAIL_CLIENT_ASSERTION_REPLAYED */
enum failure token_client_check(const struct token_client *client) MUST_CHECK;
/* It has been used: another 60 days. Nobody waits for it. */
void token_client_extend(const struct token_client *client);

#endif
