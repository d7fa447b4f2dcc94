#include "proto/signer.h"
#include "common/base/limits.h"

/* How a client authenticates, as its messages carry it. */
#define CLIENT_MEMBERS(type)                                                                       \
    FIELD_AT(type, client.client_id, "client_id", STR, CLIENT_ID_BYTES_MAX, 0),                    \
        FIELD_AT(type, client.method, "client_authentication_method", STR, NAME_BYTES_MAX, 0),     \
        FIELD_AT(type, client.secret, "client_secret", STR, TOKEN_BYTES_MAX, FIELD_SECRET),        \
        FIELD_AT(type, client.assertion, "client_assertion", STR, TOKEN_BYTES_MAX, FIELD_SECRET)

static const struct field EXCHANGE_REQUEST_FIELDS[] = {
    CLIENT_MEMBERS(struct exchange_request),
    FIELD(struct exchange_request, code, STR, TOKEN_BYTES_MAX, FIELD_SECRET),
    FIELD(struct exchange_request, redirect_uri, STR, TOKEN_BYTES_MAX, 0),
    FIELD(struct exchange_request, code_verifier, STR, TOKEN_BYTES_MAX, FIELD_SECRET),
    FIELD(struct exchange_request, resource, STRS, TOKEN_BYTES_MAX, 0),
    FIELD(struct exchange_request, address, STR, NAME_BYTES_MAX, 0),
};
const struct fields EXCHANGE_REQUEST = FIELDS_OF(struct exchange_request, EXCHANGE_REQUEST_FIELDS);

static const struct field REFRESH_REQUEST_FIELDS[] = {
    CLIENT_MEMBERS(struct refresh_request),
    FIELD(struct refresh_request, refresh_token, STR, TOKEN_BYTES_MAX, FIELD_SECRET),
    FIELD(struct refresh_request, scope, STR, SCOPE_BYTES_MAX, 0),
    FIELD(struct refresh_request, resource, STRS, TOKEN_BYTES_MAX, 0),
    FIELD(struct refresh_request, address, STR, NAME_BYTES_MAX, 0),
};
const struct fields REFRESH_REQUEST = FIELDS_OF(struct refresh_request, REFRESH_REQUEST_FIELDS);

static const struct field TOKEN_REPLY_FIELDS[] = {
    FIELD(struct token_reply, access_token, STR, TOKEN_BYTES_MAX, FIELD_SECRET),
    FIELD(struct token_reply, token_type, STR, NAME_BYTES_MAX, 0),
    FIELD(struct token_reply, expires_in, I64, 0, 0),
    FIELD(struct token_reply, refresh_token, STR, TOKEN_BYTES_MAX, FIELD_SECRET),
    FIELD(struct token_reply, scope, STR, SCOPE_BYTES_MAX, 0),
    FIELD(struct token_reply, id_token, STR, TOKEN_BYTES_MAX, FIELD_SECRET),
};
const struct fields TOKEN_REPLY = FIELDS_OF(struct token_reply, TOKEN_REPLY_FIELDS);

static const struct field VALIDATE_REQUEST_FIELDS[] = {
    FIELD(struct validate_request, token, STR, TOKEN_BYTES_MAX, FIELD_SECRET),
    FIELD(struct validate_request, address, STR, NAME_BYTES_MAX, 0),
};
const struct fields VALIDATE_REQUEST = FIELDS_OF(struct validate_request, VALIDATE_REQUEST_FIELDS);

static const struct field VALIDATE_REPLY_FIELDS[] = {
    FIELD(struct validate_reply, payload, JSON, TOKEN_BYTES_MAX, 0),
};
const struct fields VALIDATE_REPLY = FIELDS_OF(struct validate_reply, VALIDATE_REPLY_FIELDS);

static const struct field REVOKE_REQUEST_FIELDS[] = {
    FIELD(struct revoke_request, token, STR, TOKEN_BYTES_MAX, FIELD_SECRET),
};
const struct fields REVOKE_REQUEST = FIELDS_OF(struct revoke_request, REVOKE_REQUEST_FIELDS);

static const struct field CLIENT_REVOKE_REQUEST_FIELDS[] = {
    CLIENT_MEMBERS(struct client_revoke_request),
    FIELD(struct client_revoke_request, token, STR, TOKEN_BYTES_MAX, FIELD_SECRET),
};
const struct fields CLIENT_REVOKE_REQUEST =
    FIELDS_OF(struct client_revoke_request, CLIENT_REVOKE_REQUEST_FIELDS);

static const struct field INTROSPECT_REQUEST_FIELDS[] = {
    CLIENT_MEMBERS(struct introspect_request),
    FIELD(struct introspect_request, token, STR, TOKEN_BYTES_MAX, FIELD_SECRET),
};
const struct fields INTROSPECT_REQUEST =
    FIELDS_OF(struct introspect_request, INTROSPECT_REQUEST_FIELDS);

static const struct field INTROSPECT_REPLY_FIELDS[] = {
    FIELD(struct introspect_reply, introspection, JSON, 2 * TOKEN_BYTES_MAX, FIELD_REQUIRED),
};
const struct fields INTROSPECT_REPLY = FIELDS_OF(struct introspect_reply, INTROSPECT_REPLY_FIELDS);

static const struct field USERINFO_REQUEST_FIELDS[] = {
    FIELD(struct userinfo_request, token, STR, TOKEN_BYTES_MAX, FIELD_SECRET),
};
const struct fields USERINFO_REQUEST = FIELDS_OF(struct userinfo_request, USERINFO_REQUEST_FIELDS);

static const struct field USERINFO_REPLY_FIELDS[] = {
    FIELD(struct userinfo_reply, sub, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct userinfo_reply, preferred_username, STR, GITHUB_LOGIN_BYTES_MAX, 0),
    FIELD(struct userinfo_reply, email, STR, EMAIL_BYTES_MAX, 0),
    FIELD(struct userinfo_reply, email_verified, BOOL, 0, 0),
};
const struct fields USERINFO_REPLY = FIELDS_OF(struct userinfo_reply, USERINFO_REPLY_FIELDS);

static const struct field VERIFY_REQUEST_FIELDS[] = {
    FIELD(struct verify_request, domain, STR, SERVER_KEY_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct verify_request, server, STR, SERVER_KEY_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct verify_request, token, STR, TOKEN_BYTES_MAX, FIELD_SECRET),
};
const struct fields VERIFY_REQUEST = FIELDS_OF(struct verify_request, VERIFY_REQUEST_FIELDS);

static const struct field VERIFY_REPLY_FIELDS[] = {
    FIELD(struct verify_reply, user_id, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct verify_reply, login, STR, GITHUB_LOGIN_BYTES_MAX, 0),
    FIELD(struct verify_reply, email, STR, EMAIL_BYTES_MAX, 0),
    FIELD(struct verify_reply, scope, STR, SCOPE_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct verify_reply, client_id, STR, CLIENT_ID_BYTES_MAX, FIELD_REQUIRED),
};
const struct fields VERIFY_REPLY = FIELDS_OF(struct verify_reply, VERIFY_REPLY_FIELDS);
