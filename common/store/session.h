/* mcp:session:{s}: one authorization request on its way (RFC 6749 4.1.1 to 4.1.2), 30 minutes. The
 * registry creates it, the broker continues it. s is the SHA-256 of the session id, in hex. Nothing in
 * it is a secret: the browser's cookie is stored hashed, and GitHub's state, the CSRF token, the PKCE
 * verifier towards GitHub and the authorization code are derived from that cookie by HKDF whenever
 * they are needed. */
#ifndef COMMON_STORE_SESSION_H
#define COMMON_STORE_SESSION_H

#include "common/base/fields.h"
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
    int64_t attempt;            /* how often GitHub has been asked; part of what is derived */
    struct str claim;           /* request id of the callback that asks GitHub now */
    int64_t claim_until;        /* seconds, Redis time */
    struct str user_id;         /* GitHub's numeric id, in decimal */
    struct str login;
    struct str email;
    struct str rule;            /* what admitted the user: user:octocat, id:1, org:x, team:x/y */
    struct str denial;          /* why the user was not admitted; absent: admitted */
    int64_t signed_in_at;
    struct str decision; /* approve or deny, once made */
};

extern const struct fields SESSION_RECORD;

#endif
