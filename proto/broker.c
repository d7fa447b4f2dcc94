#include "proto/broker.h"
#include "common/base/limits.h"

enum {
    /* a redirect URI with its own query, and code, state and iss behind it */
    LOCATION_BYTES_MAX = REDIRECT_URI_BYTES_MAX + 3 * STATE_BYTES_MAX + 4096,
    SECRET_REQUIRED = FIELD_SECRET | FIELD_REQUIRED,
};

static const struct field LOGIN_REQUEST_FIELDS[] = {
    FIELD(struct login_request, session, STR, NAME_BYTES_MAX, SECRET_REQUIRED),
    FIELD(struct login_request, browser, STR, NAME_BYTES_MAX, SECRET_REQUIRED),
    FIELD(struct login_request, address, STR, NAME_BYTES_MAX, 0),
};
const struct fields LOGIN_REQUEST = FIELDS_OF(struct login_request, LOGIN_REQUEST_FIELDS);

static const struct field CALLBACK_REQUEST_FIELDS[] = {
    FIELD(struct callback_request, state, STR, STATE_BYTES_MAX, SECRET_REQUIRED),
    FIELD(struct callback_request, code, STR, STATE_BYTES_MAX, FIELD_SECRET),
    FIELD(struct callback_request, error, STR, STATE_BYTES_MAX, 0),
    FIELD(struct callback_request, browser, STR, NAME_BYTES_MAX, SECRET_REQUIRED),
    FIELD(struct callback_request, address, STR, NAME_BYTES_MAX, 0),
};
const struct fields CALLBACK_REQUEST = FIELDS_OF(struct callback_request, CALLBACK_REQUEST_FIELDS);

static const struct field DECIDE_REQUEST_FIELDS[] = {
    FIELD(struct decide_request, session, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct decide_request, csrf_token, STR, NAME_BYTES_MAX, SECRET_REQUIRED),
    FIELD(struct decide_request, decision, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct decide_request, browser, STR, NAME_BYTES_MAX, SECRET_REQUIRED),
    FIELD(struct decide_request, address, STR, NAME_BYTES_MAX, 0),
};
const struct fields DECIDE_REQUEST = FIELDS_OF(struct decide_request, DECIDE_REQUEST_FIELDS);

#define MEMBER(member, kind, max, flags) FIELD(struct sign_in_reply, member, kind, max, flags)
static const struct field SIGN_IN_REPLY_FIELDS[] = {
    MEMBER(outcome, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    MEMBER(location, STR, LOCATION_BYTES_MAX, FIELD_SECRET),
    MEMBER(session, STR, NAME_BYTES_MAX, 0),
    MEMBER(csrf_token, STR, NAME_BYTES_MAX, FIELD_SECRET),
    MEMBER(client_id, STR, CLIENT_ID_BYTES_MAX, 0),
    MEMBER(client_name, STR, CLIENT_NAME_BYTES_MAX, 0),
    MEMBER(client_host, STR, CLIENT_ID_BYTES_MAX, 0),
    MEMBER(redirect_host, STR, REDIRECT_URI_BYTES_MAX, 0),
    MEMBER(redirect_is_loopback, BOOL, 0, 0),
    MEMBER(server_name, STR, PAGE_TEXT_BYTES_MAX, 0),
    MEMBER(server_description, STR, PAGE_TEXT_BYTES_MAX, 0),
    MEMBER(scope, STR, SCOPE_BYTES_MAX, 0),
    MEMBER(login, STR, GITHUB_LOGIN_BYTES_MAX, 0),
    MEMBER(reason, STR, DENIAL_BYTES_MAX, 0),
    MEMBER(help_url, STR, PAGE_TEXT_BYTES_MAX, 0),
};
#undef MEMBER
const struct fields SIGN_IN_REPLY = FIELDS_OF(struct sign_in_reply, SIGN_IN_REPLY_FIELDS);
