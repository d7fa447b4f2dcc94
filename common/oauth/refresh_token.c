/* The payload is JSON by a field table: an unknown member that a newer release adds is ignored, so
 * that both can open each other's tokens during a rolling update. */
#include "common/oauth/refresh_token.h"
#include "common/base/base64url.h"
#include "common/base/fields.h"
#include "common/base/limits.h"
#include "common/oauth/authorization_code.h"

static const struct field REFRESH_TOKEN_FIELDS[] = {
    FIELD(struct refresh_token, g, STR, 2 * GRANT_ID_BYTES, FIELD_REQUIRED),
    FIELD(struct refresh_token, n, I64, 0, FIELD_REQUIRED),
    FIELD(struct refresh_token, client_id, STR, CLIENT_ID_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct refresh_token, sub, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct refresh_token, exp, I64, 0, FIELD_REQUIRED),
};
static const struct fields REFRESH_TOKEN = FIELDS_OF(struct refresh_token, REFRESH_TOKEN_FIELDS);

enum failure refresh_token_to_text(struct arena *arena, const struct refresh_token *token,
                                   struct str *ret_text)
{
    return fields_to_json(&REFRESH_TOKEN, token, arena, ret_text);
}

enum failure refresh_token_from_text(struct arena *arena, struct str text,
                                     struct refresh_token *ret_token)
{
    struct refresh_token token;
    enum failure failure = fields_from_json(&REFRESH_TOKEN, text, arena, &token);
    if (failure != OK)
        return failure == FAIL_MESSAGE_MALFORMED ? FAIL_REFRESH_TOKEN_INVALID : failure;
    if (!grant_id_is_valid(token.g) || str_is_empty(token.client_id) || str_is_empty(token.sub))
        return FAIL_REFRESH_TOKEN_INVALID;
    *ret_token = token;
    return OK;
}

bool refresh_token_version_is_valid(struct str version)
{
    for (size_t i = 0; i < version.len; i++) {
        char c = version.at[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return version.len > 0 && version.len <= KEY_VERSION_BYTES_MAX;
}

struct str refresh_token_associate(struct arena *arena, struct str version)
{
    return arena_printf(arena, REFRESH_TOKEN_PREFIX "%.*s", STR_ARGS(version));
}

struct str refresh_token_wrap(struct arena *arena, struct str version, struct str sealed)
{
    struct str encoded = base64url_encode(arena, sealed);
    return str_is_present(encoded) ? arena_printf(arena, REFRESH_TOKEN_PREFIX "%.*s.%.*s",
                                                  STR_ARGS(version), STR_ARGS(encoded))
                                   : STR_ABSENT;
}

bool refresh_token_is_one(struct str text)
{
    return str_starts_with(text, STR(REFRESH_TOKEN_PREFIX));
}

enum failure refresh_token_unwrap(struct arena *arena, struct str text,
                                  struct refresh_token_envelope *ret_envelope)
{
    struct refresh_token_envelope envelope;
    struct str encoded;
    if (str_is_empty(text))
        return FAIL_REFRESH_TOKEN_MISSING;
    if (text.len > TOKEN_BYTES_MAX || !refresh_token_is_one(text) ||
        !str_cut(text, '.', &envelope.associated, &encoded))
        return FAIL_REFRESH_TOKEN_INVALID;
    envelope.version = str_from(envelope.associated, sizeof(REFRESH_TOKEN_PREFIX) - 1);
    if (!refresh_token_version_is_valid(envelope.version) || encoded.len == 0 ||
        !base64url_decode(arena, encoded, &envelope.sealed))
        return FAIL_REFRESH_TOKEN_INVALID;
    *ret_envelope = envelope;
    return OK;
}
