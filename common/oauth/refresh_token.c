/* The payload is JSON by a field table: an unknown member that a newer release adds is ignored, so
 * that both can open each other's tokens during a rolling update. */
#include "common/oauth/refresh_token.h"
#include "common/base/fields.h"
#include "common/base/limits.h"
#include "common/crypto/refresh_ring.h"
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

bool refresh_token_is_one(struct str text)
{
    return str_starts_with(text, STR(REFRESH_TOKEN_PREFIX));
}
