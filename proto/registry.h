/* What the edge asks the registry: proto/README.md, as structs. All texts are borrowed from the
 * arena that the message was decoded into. */
#ifndef PROTO_REGISTRY_H
#define PROTO_REGISTRY_H

#include "common/base/fields.h"

/* GET /authorize (RFC 6749 4.1.1). Absent parameters stay absent: refusing is the registry's work.
 */
struct authorize_request {
    struct str response_type;
    struct str client_id;
    struct str redirect_uri;
    struct str scope;
    struct str state;
    struct str code_challenge;
    struct str code_challenge_method;
    struct strs resource; /* RFC 8707, may repeat */
    struct str nonce;
    struct str prompt;
    struct str login_hint;
    int64_t max_age;
    struct str browser; /* the cookie, when the browser has one */
    struct str seed;    /* 64 hex digits */
    struct str address; /* of the client, for limits and audit */
};

/* Success: session and browser. Failure: redirect_uri when, and only when, the client and its
 * redirect URI are known good and the failure may be told there (RFC 6749 4.1.2.1). */
struct authorize_reply {
    struct str session; /* the session id */
    struct str browser; /* the cookie's value: the one that came, or a new one */
    struct str redirect_uri;
    struct str state;
};

/* POST /register (RFC 7591). */
struct register_request {
    struct str metadata; /* the body, JSON */
    struct str seed;
    struct str address;
};

struct register_reply {
    struct str registration; /* the 201 body, JSON, with its secrets */
};

/* GET /client/{client_id} (RFC 7592 2.1, and the original's public form). */
struct client_request {
    struct str client_id;
    struct str registration_access_token;
};

struct client_reply {
    struct str client; /* the 200 body, JSON */
};

/* Fetches what is known of a client anew: its metadata document, the JWK set of its jwks_uri. Asked
 * when a signer answered client_needed. The reply has no members: the signer reads the store. */
struct resolve_request {
    struct str client_id;
};

extern const struct fields RESOLVE_REQUEST;
/* PUT /client/{client_id} (RFC 7592 2.2). */
struct client_update_request {
    struct str client_id;
    struct str registration_access_token;
    struct str metadata; /* the body, JSON */
    struct str seed;
    struct str address;
};

struct client_update_reply {
    struct str client; /* the 200 body, JSON, with a secret that is new */
};

/* DELETE /client/{client_id} (RFC 7592 2.3); the reply has no members. */
struct client_delete_request {
    struct str client_id;
    struct str registration_access_token;
    struct str address;
};

/* GET /.well-known/oauth-protected-resource... (RFC 9728 3). */
struct protected_resource_request {
    struct str
        path; /* what stands behind that, with its query: "/example.com/tools"; may be empty */
};

struct protected_resource_reply {
    struct str metadata; /* the 200 body, JSON */
};

extern const struct fields AUTHORIZE_REQUEST, AUTHORIZE_REPLY;
extern const struct fields REGISTER_REQUEST, REGISTER_REPLY;
extern const struct fields CLIENT_REQUEST, CLIENT_REPLY;
extern const struct fields CLIENT_UPDATE_REQUEST, CLIENT_UPDATE_REPLY;
extern const struct fields CLIENT_DELETE_REQUEST;
extern const struct fields PROTECTED_RESOURCE_REQUEST, PROTECTED_RESOURCE_REPLY;

#endif
