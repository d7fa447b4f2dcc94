/* mcp:session:{s}: one authorization request on its way (RFC 6749 4.1.1 to 4.1.2), 30 minutes. The
 * registry creates it, the broker continues it. s is the SHA-256 of the session id, in hex. Nothing
 * in it is a secret: the browser's cookie is stored hashed, and GitHub's state, the CSRF token, the
 * PKCE verifier towards GitHub and the authorization code are derived from that cookie by HKDF
 * whenever they are needed. */
#ifndef COMMON_STORE_SESSION_H
#define COMMON_STORE_SESSION_H

#include "common/base/fields.h"
#include "common/store/record.h"
#include "common/store/store.h"

struct session_record {
    /* by the registry */
    struct str request_id;
    struct str browser_sha256; /* hex, of the cookie's value */
    struct str client_id;
    struct str client_name;
    struct str client_fingerprint; /* changes when what the person agreed to changes */
    struct str client_secret_sha256;
    struct str token_endpoint_auth_method;
    struct str redirect_uri;
    bool redirect_uri_is_explicit; /* it was in the request, so the token request must repeat it */
    struct str scope;              /* granted, mcp scope first */
    struct str resource;           /* as asked; absent: none */
    struct str state;
    struct str code_challenge;
    struct str nonce;
    struct str prompt;
    struct str login_hint;
    struct str traceparent;
    int64_t created_at;
    /* by the broker */
    struct str consent;  /* before GitHub was asked: approve or deny; absent: not asked then */
    int64_t attempt;     /* how often GitHub has been asked; part of what is derived */
    struct str claim;    /* request id of the callback that asks GitHub, or has; a dot and a mark */
    int64_t claim_until; /* seconds, Redis time; absent: nobody asks GitHub now */
    struct str user_id;  /* GitHub's numeric id, in decimal */
    struct str login;
    struct str email;
    struct str rule;     /* what admitted the user: user:octocat, id:1, org:x, team:x/y */
    struct str denial;   /* why the user was not admitted; absent: admitted */
    struct str help_url; /* where the user may change that; absent: nowhere */
    int64_t signed_in_at;
    struct str decision; /* approve or deny, once made */
};

extern const struct fields SESSION_RECORD;

enum { SESSION_CLAIM_S = 15 }; /* the lease of a claim: the budget of a callback */

typedef void session_done_cb(void *context, enum failure failure);
/* Create-only, for SESSION_TTL_S; an equal record (created_at does not count) is success. */
void session_record_create(struct store *store, struct str s, const struct session_record *record,
                           struct arena *arena, int64_t deadline_ms, session_done_cb *on_done,
                           void *context);

/* record lives in the arena; NULL when there is no such session. */
typedef void session_record_cb(void *context, enum failure failure,
                               const struct session_record *record);
void session_record_get(struct store *store, struct str s, struct arena *arena, int64_t deadline_ms,
                        session_record_cb *on_record, void *context);

enum session_claim {
    SESSION_CLAIM_YOURS,
    SESSION_CLAIM_SIGNED_IN, /* somebody has signed in already: read the session */
    SESSION_CLAIM_OTHERS,    /* another request asks GitHub now: wait */
    SESSION_CLAIM_ABANDONED, /* whoever asked GitHub is gone: another attempt is needed */
    SESSION_CLAIM_OUTDATED,  /* the attempt is over: another one has begun */
};
/* FAIL_SESSION_UNKNOWN when it has expired. */
typedef void session_claim_cb(void *context, enum failure failure, enum session_claim claim);
void session_record_claim(struct store *store, struct str s, struct str request_id, int64_t attempt,
                          struct arena *arena, int64_t deadline_ms, session_claim_cb *on_claim,
                          void *context);

/* Stores user_id, login, email, rule, denial, help_url and signed_in_at of record, and ends the
 * claim. FAIL_SESSION_UNKNOWN when the claim is no longer this request's. */
void session_record_sign_in(struct store *store, struct str s, struct str request_id,
                            const struct session_record *record, struct arena *arena,
                            int64_t deadline_ms, session_done_cb *on_done, void *context);

/* Another attempt at GitHub after the one that was seen; repeatable. attempt is the one to go on
 * with. FAIL_SESSION_UNKNOWN when the session has expired. */
typedef void session_attempt_cb(void *context, enum failure failure, int64_t attempt);
void session_record_again(struct store *store, struct str s, int64_t attempt, struct arena *arena,
                          int64_t deadline_ms, session_attempt_cb *on_attempt, void *context);

/* decision: approve or deny. is_approved is what counts: the first decision that was made.
 * FAIL_SESSION_UNKNOWN when the session has expired or another attempt has begun,
 * FAIL_ALREADY_CONNECTED when it was approved CODE_TTL_S ago or earlier: the code and its tombstone
 * are gone, and a code made anew would look like a replay to the signer, which ends the grant. */
typedef void session_decision_cb(void *context, enum failure failure, bool is_approved);
void session_record_decide(struct store *store, struct str s, struct str decision, int64_t attempt,
                           struct arena *arena, int64_t deadline_ms,
                           session_decision_cb *on_decision, void *context);

/* Before anybody has signed in, for servers that ask then: approve or deny, the first counts.
 * FAIL_SESSION_UNKNOWN when the session has expired. */
void session_record_consent(struct store *store, struct str s, struct str decision,
                            struct arena *arena, int64_t deadline_ms,
                            session_decision_cb *on_decision, void *context);

#endif
