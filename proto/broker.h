/* What the edge asks the broker: proto/README.md, as structs. All texts are borrowed from the arena
 * that the message was decoded into. */
#ifndef PROTO_BROKER_H
#define PROTO_BROKER_H

#include "common/base/fields.h"

/* Where the browser goes to sign in, for a session that the registry has just made. */
struct login_request {
    struct str session; /* the session id */
    struct str browser; /* the cookie's value */
    struct str address; /* of the client, for limits and audit; so in all three */
};

/* GET /auth/github/callback: what GitHub sent back (RFC 6749 4.1.2). */
struct callback_request {
    struct str state;
    struct str code;
    struct str error;
    struct str browser;
    struct str address;
};

/* POST /authorize: the consent form. */
struct decide_request {
    struct str session; /* s: the SHA-256 of the session id, in hex; no secret */
    struct str csrf_token;
    struct str decision; /* approve, deny or switch */
    struct str browser;
    struct str address;
};

/* What follows any of the three. outcome says which members are there:
 * redirect   location
 * consent    session, csrf_token and everything that the page shows
 * denied     the same, and location (back to the app, with access_denied), reason and, when the
 *            person may change it somewhere, help_url
 * connected  client_name */
struct sign_in_reply {
    struct str outcome;
    struct str location;
    struct str session;
    struct str csrf_token;
    struct str client_id;
    struct str client_name;
    struct str client_host; /* where the client's metadata document lies; absent without one */
    struct str redirect_host;
    bool redirect_is_loopback;
    struct str server_name;
    struct str server_description;
    struct str scope;
    struct str login;
    struct str reason;
    struct str help_url;
};

extern const struct fields LOGIN_REQUEST;
extern const struct fields CALLBACK_REQUEST, DECIDE_REQUEST, SIGN_IN_REPLY;

#endif
