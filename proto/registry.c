#include "proto/registry.h"
#include "common/base/limits.h"

#define MEMBER(member, kind, max, flags) FIELD(struct authorize_request, member, kind, max, flags)
static const struct field AUTHORIZE_REQUEST_FIELDS[] = {
    MEMBER(response_type, STR, STATE_BYTES_MAX, 0),
    MEMBER(client_id, STR, STATE_BYTES_MAX, 0),
    MEMBER(redirect_uri, STR, STATE_BYTES_MAX, 0),
    MEMBER(scope, STR, STATE_BYTES_MAX, 0),
    MEMBER(state, STR, HTTP_HEAD_BYTES_MAX, 0),
    MEMBER(code_challenge, STR, STATE_BYTES_MAX, 0),
    MEMBER(code_challenge_method, STR, STATE_BYTES_MAX, 0),
    MEMBER(resource, STRS, STATE_BYTES_MAX, 0),
    MEMBER(nonce, STR, STATE_BYTES_MAX, 0),
    MEMBER(prompt, STR, STATE_BYTES_MAX, 0),
    MEMBER(login_hint, STR, STATE_BYTES_MAX, 0),
    MEMBER(max_age, I64, 0, 0),
    MEMBER(browser, STR, NAME_BYTES_MAX, FIELD_SECRET),
    MEMBER(seed, STR, NAME_BYTES_MAX, FIELD_SECRET | FIELD_REQUIRED),
    MEMBER(address, STR, NAME_BYTES_MAX, 0),
};
#undef MEMBER
const struct fields AUTHORIZE_REQUEST =
    FIELDS_OF(struct authorize_request, AUTHORIZE_REQUEST_FIELDS);

static const struct field AUTHORIZE_REPLY_FIELDS[] = {
    FIELD(struct authorize_reply, session, STR, NAME_BYTES_MAX, FIELD_SECRET),
    FIELD(struct authorize_reply, browser, STR, NAME_BYTES_MAX, FIELD_SECRET),
    FIELD(struct authorize_reply, redirect_uri, STR, REDIRECT_URI_BYTES_MAX, 0),
    FIELD(struct authorize_reply, state, STR, STATE_BYTES_MAX, 0),
};
const struct fields AUTHORIZE_REPLY = FIELDS_OF(struct authorize_reply, AUTHORIZE_REPLY_FIELDS);

static const struct field REGISTER_REQUEST_FIELDS[] = {
    FIELD(struct register_request, metadata, JSON, HTTP_BODY_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct register_request, seed, STR, NAME_BYTES_MAX, FIELD_SECRET | FIELD_REQUIRED),
    FIELD(struct register_request, address, STR, NAME_BYTES_MAX, 0),
};
const struct fields REGISTER_REQUEST = FIELDS_OF(struct register_request, REGISTER_REQUEST_FIELDS);

static const struct field REGISTER_REPLY_FIELDS[] = {
    FIELD(struct register_reply, registration, JSON, 2 * HTTP_BODY_BYTES_MAX, FIELD_SECRET),
};
const struct fields REGISTER_REPLY = FIELDS_OF(struct register_reply, REGISTER_REPLY_FIELDS);

static const struct field CLIENT_REQUEST_FIELDS[] = {
    FIELD(struct client_request, client_id, STR, CLIENT_ID_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct client_request, registration_access_token, STR, TOKEN_BYTES_MAX, FIELD_SECRET),
};
const struct fields CLIENT_REQUEST = FIELDS_OF(struct client_request, CLIENT_REQUEST_FIELDS);

static const struct field CLIENT_REPLY_FIELDS[] = {
    FIELD(struct client_reply, client, JSON, 2 * HTTP_BODY_BYTES_MAX, FIELD_SECRET),
};
const struct fields CLIENT_REPLY = FIELDS_OF(struct client_reply, CLIENT_REPLY_FIELDS);

static const struct field RESOLVE_REQUEST_FIELDS[] = {
    FIELD(struct resolve_request, client_id, STR, CLIENT_ID_BYTES_MAX, FIELD_REQUIRED),
};
const struct fields RESOLVE_REQUEST = FIELDS_OF(struct resolve_request, RESOLVE_REQUEST_FIELDS);

#define MEMBER(member, kind, max, flags)                                                           \
    FIELD(struct client_update_request, member, kind, max, flags)
static const struct field CLIENT_UPDATE_REQUEST_FIELDS[] = {
    MEMBER(client_id, STR, CLIENT_ID_BYTES_MAX, FIELD_REQUIRED),
    MEMBER(registration_access_token, STR, TOKEN_BYTES_MAX, FIELD_SECRET | FIELD_REQUIRED),
    MEMBER(metadata, JSON, HTTP_BODY_BYTES_MAX, FIELD_SECRET | FIELD_REQUIRED),
    MEMBER(seed, STR, NAME_BYTES_MAX, FIELD_SECRET | FIELD_REQUIRED),
    MEMBER(address, STR, NAME_BYTES_MAX, 0),
};
#undef MEMBER
const struct fields CLIENT_UPDATE_REQUEST =
    FIELDS_OF(struct client_update_request, CLIENT_UPDATE_REQUEST_FIELDS);

static const struct field CLIENT_UPDATE_REPLY_FIELDS[] = {
    FIELD(struct client_update_reply, client, JSON, 2 * HTTP_BODY_BYTES_MAX, FIELD_SECRET),
};
const struct fields CLIENT_UPDATE_REPLY =
    FIELDS_OF(struct client_update_reply, CLIENT_UPDATE_REPLY_FIELDS);

#define MEMBER(member, kind, max, flags)                                                           \
    FIELD(struct client_delete_request, member, kind, max, flags)
static const struct field CLIENT_DELETE_REQUEST_FIELDS[] = {
    MEMBER(client_id, STR, CLIENT_ID_BYTES_MAX, FIELD_REQUIRED),
    MEMBER(registration_access_token, STR, TOKEN_BYTES_MAX, FIELD_SECRET | FIELD_REQUIRED),
    MEMBER(address, STR, NAME_BYTES_MAX, 0),
};
#undef MEMBER
const struct fields CLIENT_DELETE_REQUEST =
    FIELDS_OF(struct client_delete_request, CLIENT_DELETE_REQUEST_FIELDS);

static const struct field PROTECTED_RESOURCE_REQUEST_FIELDS[] = {
    FIELD(struct protected_resource_request, path, STR, RESOURCE_BYTES_MAX, FIELD_REQUIRED),
};
const struct fields PROTECTED_RESOURCE_REQUEST =
    FIELDS_OF(struct protected_resource_request, PROTECTED_RESOURCE_REQUEST_FIELDS);

static const struct field PROTECTED_RESOURCE_REPLY_FIELDS[] = {
    FIELD(struct protected_resource_reply, metadata, JSON, 2 * HTTP_BODY_BYTES_MAX, 0),
};
const struct fields PROTECTED_RESOURCE_REPLY =
    FIELDS_OF(struct protected_resource_reply, PROTECTED_RESOURCE_REPLY_FIELDS);
