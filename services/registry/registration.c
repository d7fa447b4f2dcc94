#include "services/registry/registration.h"
#include "common/base/limits.h"
#include "common/crypto/digest.h"
#include "common/crypto/hkdf.h"

/* client_secret_expires_at is required whenever a secret is shown (RFC 7591 3.2.1): 0, never. */
struct registration_answer {
    struct str client_id;
    struct str client_name;
    struct strs redirect_uris;
    struct str scope;
    int64_t created_at;
    int64_t last_used;
    int64_t expires_at;
    int64_t client_id_issued_at;
    struct str client_secret;
    int64_t client_secret_expires_at;
    struct str token_endpoint_auth_method;
    struct str jwks;
    struct str jwks_uri;
    struct strs grant_types;
    struct strs response_types;
    struct str application_type;
    struct str registration_client_uri;
    struct str registration_access_token;
};

#define MEMBER(member, kind, max, flags) FIELD(struct registration_answer, member, kind, max, flags)
static const struct field REGISTRATION_FIELDS[] = {
    MEMBER(client_id, STR, CLIENT_ID_BYTES_MAX, 0),
    MEMBER(client_name, STR, CLIENT_NAME_BYTES_MAX, 0),
    MEMBER(redirect_uris, STRS, REDIRECT_URI_BYTES_MAX, 0),
    MEMBER(scope, STR, SCOPE_BYTES_MAX, 0),
    MEMBER(created_at, I64, 0, 0),
    MEMBER(last_used, I64, 0, 0),
    MEMBER(expires_at, I64, 0, 0),
    MEMBER(client_id_issued_at, I64, 0, 0),
    MEMBER(client_secret, STR, TOKEN_BYTES_MAX, FIELD_SECRET),
    MEMBER(client_secret_expires_at, I64, 0, 0),
    MEMBER(token_endpoint_auth_method, STR, NAME_BYTES_MAX, 0),
    MEMBER(jwks, JSON, JWKS_BYTES_MAX, 0),
    MEMBER(jwks_uri, STR, CLIENT_ID_BYTES_MAX, 0),
    MEMBER(grant_types, STRS, NAME_BYTES_MAX, 0),
    MEMBER(response_types, STRS, NAME_BYTES_MAX, 0),
    MEMBER(application_type, STR, NAME_BYTES_MAX, 0),
    MEMBER(registration_client_uri, STR, STATE_BYTES_MAX, 0),
    MEMBER(registration_access_token, STR, TOKEN_BYTES_MAX, FIELD_SECRET),
};
#undef MEMBER
static const struct fields REGISTRATION =
    FIELDS_OF(struct registration_answer, REGISTRATION_FIELDS);

static struct str GRANT_TYPES[] = {STR_INIT("authorization_code"), STR_INIT("refresh_token")};
static struct str RESPONSE_TYPES[] = {STR_INIT("code")};

void registration_apply(const struct client_metadata *metadata, struct client_record *record)
{
    record->client_name = metadata->client_name;
    record->redirect_uris = metadata->redirect_uris;
    record->scope = metadata->scope;
    record->token_endpoint_auth_method = metadata->token_endpoint_auth_method;
    record->jwks = metadata->jwks;
    record->jwks_uri = metadata->jwks_uri;
    record->application_type = metadata->application_type;
}

enum failure registration_make_secret(struct client_record *record, struct str seed,
                                      struct arena *arena, struct str *ret_secret)
{
    struct str secret = STR_ABSENT, digest = STR_ABSENT;
    if (str_starts_with(record->token_endpoint_auth_method, STR("client_secret_"))) {
        secret = hkdf_base64url(arena, seed, STR("client_secret"), REGISTRATION_SECRET_BYTES);
        digest = digest_hex(arena, secret);
        if (!str_is_present(secret) || !str_is_present(digest))
            return FAIL_LIMIT_REACHED;
    }
    record->client_secret_sha256 = digest;
    *ret_secret = secret;
    return OK;
}

/* digest: of the secret that is known, in hex; absent: there is none. */
static enum failure secret_check(struct str digest, struct str secret, struct arena *arena,
                                 enum failure failure)
{
    if (!str_is_present(secret))
        return failure;
    struct str shown = digest_hex(arena, secret);
    if (!str_is_present(shown))
        return FAIL_LIMIT_REACHED;
    return str_is_present(digest) && str_equals_in_constant_time(shown, digest) ? OK : failure;
}

enum failure registration_check_token(const struct client_record *record,
                                      struct str registration_access_token, struct arena *arena)
{
    return secret_check(record != NULL ? record->registration_access_token_sha256 : STR_ABSENT,
                        registration_access_token, arena, FAIL_REGISTRATION_TOKEN_INVALID);
}

enum failure registration_check_secret(const struct client_record *record, struct str client_secret,
                                       struct arena *arena)
{
    return secret_check(record->client_secret_sha256, client_secret, arena,
                        FAIL_CLIENT_SECRET_DIFFERS);
}

enum failure registration_to_json(const struct registration *registration, struct str issuer,
                                  struct arena *arena, struct str *ret_text)
{
    const struct client_record *record = registration->record;
    bool expires = record->expires_at != FIELD_I64_ABSENT;
    struct registration_answer answer = {
        .client_id = record->client_id,
        .client_name = record->client_name,
        .redirect_uris = record->redirect_uris,
        .scope = record->scope,
        .created_at = record->created_at,
        /* Each use moves the end to a whole life from then. */
        .last_used = expires ? record->expires_at - CLIENT_TTL_S : FIELD_I64_ABSENT,
        .expires_at = record->expires_at,
        .client_id_issued_at = FIELD_I64_ABSENT,
        .client_secret_expires_at = FIELD_I64_ABSENT,
    };
    if (registration->shows_all) {
        answer.client_id_issued_at = record->created_at;
        answer.client_secret = registration->client_secret;
        if (str_is_present(record->client_secret_sha256))
            answer.client_secret_expires_at = 0;
        answer.token_endpoint_auth_method = record->token_endpoint_auth_method;
        answer.jwks = record->jwks;
        answer.jwks_uri = record->jwks_uri;
        answer.grant_types = (struct strs){GRANT_TYPES, 2};
        answer.response_types = (struct strs){RESPONSE_TYPES, 1};
        answer.application_type = record->application_type;
        answer.registration_client_uri =
            arena_printf(arena, "%.*s/client/%.*s", STR_ARGS(issuer), STR_ARGS(record->client_id));
        answer.registration_access_token = registration->registration_access_token;
        if (!str_is_present(answer.registration_client_uri))
            return FAIL_LIMIT_REACHED;
    }
    return fields_to_json(&REGISTRATION, &answer, arena, ret_text);
}
