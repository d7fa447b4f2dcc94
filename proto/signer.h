/* What the edge asks the signer: proto/README.md, as structs. All texts are borrowed from the arena
 * that the message was decoded into. */
#ifndef PROTO_SIGNER_H
#define PROTO_SIGNER_H

#include "common/base/fields.h"
#include "common/oauth/client_authentication.h"

/* POST /token with grant_type=authorization_code (RFC 6749 4.1.3, RFC 7636 4.5). */
struct exchange_request {
    struct client_authentication client;
    struct str code;
    struct str redirect_uri;
    struct str code_verifier;
    struct strs resource;
    struct str address; /* for limits */
};

/* POST /token with grant_type=refresh_token (RFC 6749 6). */
struct refresh_request {
    struct client_authentication client;
    struct str refresh_token;
    struct str scope;
    struct strs resource;
    struct str address; /* for limits */
};

/* RFC 6749 5.1 */
struct token_reply {
    struct str access_token;
    struct str token_type;
    int64_t expires_in;
    struct str refresh_token;
    struct str scope;
    struct str id_token;
};

/* POST /validate */
struct validate_request {
    struct str token;
    struct str address; /* for limits */
};

struct validate_reply {
    struct str payload; /* the claims, JSON */
};

/* POST /admin/revoke: possession of the token is the authorization. The reply has no members. */
struct revoke_request {
    struct str token; /* an access token or a refresh token */
};

/* POST /revoke (RFC 7009 2.1): a client ends a token of its own. The reply has no members. */
struct client_revoke_request {
    struct client_authentication client;
    struct str token; /* an access token or a refresh token */
};

/* POST /introspect (RFC 7662). client_id is a client's, or <domain>/<server> for a resource server.
 */
struct introspect_request {
    struct client_authentication client;
    struct str token; /* an access token or a refresh token */
};

struct introspect_reply {
    struct str introspection; /* the 200 body, JSON */
};

/* GET /userinfo (OpenID Connect Core 5.3) */
struct userinfo_request {
    struct str token;
};

struct userinfo_reply {
    struct str sub;
    struct str preferred_username;
    struct str email;
    bool email_verified;
};

/* GET /verify: may whoever shows this token reach this MCP server now? */
struct verify_request {
    struct str domain;
    struct str server;
    struct str token;
};

struct verify_reply {
    struct str user_id;
    struct str login;
    struct str email;
    struct str scope;
    struct str client_id;
};

extern const struct fields INTROSPECT_REQUEST, INTROSPECT_REPLY, USERINFO_REQUEST, USERINFO_REPLY;
extern const struct fields VERIFY_REQUEST, VERIFY_REPLY;
extern const struct fields EXCHANGE_REQUEST, REFRESH_REQUEST, TOKEN_REPLY;
extern const struct fields VALIDATE_REQUEST, VALIDATE_REPLY, REVOKE_REQUEST, CLIENT_REVOKE_REQUEST;

#endif
