/* A field table describes all claims but aud, which is a string or a list, and token_type, which
 * has one value; those two are carried as JSON and text of an inner struct. */
#include "common/oauth/access_token.h"
#include "common/base/fields.h"
#include "common/base/limits.h"
#include "common/oauth/audience.h"
#include "common/oauth/authorization_code.h"

enum { AUDIENCES_BYTES_MAX = AUDIENCES_MAX * RESOURCE_BYTES_MAX };

struct claims {
    struct str iss, sub, aud;
    int64_t exp, iat;
    struct str jti, client_id, scope, token_type, email, preferred_username;
};

static const struct field CLAIM_FIELDS[] = {
    FIELD(struct claims, iss, STR, RESOURCE_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct claims, sub, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct claims, aud, JSON, AUDIENCES_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct claims, exp, I64, 0, FIELD_REQUIRED),
    FIELD(struct claims, iat, I64, 0, FIELD_REQUIRED),
    FIELD(struct claims, jti, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct claims, client_id, STR, CLIENT_ID_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct claims, scope, STR, SCOPE_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct claims, token_type, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct claims, email, STR, EMAIL_BYTES_MAX, 0),
    FIELD(struct claims, preferred_username, STR, GITHUB_LOGIN_BYTES_MAX, 0),
};
static const struct fields CLAIMS = FIELDS_OF(struct claims, CLAIM_FIELDS);

enum failure access_token_to_json(struct arena *arena, const struct access_token *token,
                                  struct str *ret_text)
{
    struct claims claims = {
        .iss = token->iss,
        .sub = token->sub,
        .exp = token->exp,
        .iat = token->iat,
        .jti = token->jti,
        .client_id = token->client_id,
        .scope = token->scope,
        .token_type = STR("access"),
        .email = token->email,
        .preferred_username = token->preferred_username,
    };
    TRY(audience_to_json(arena, token->aud, &claims.aud));
    return fields_to_json(&CLAIMS, &claims, arena, ret_text);
}

enum failure access_token_from_json(struct arena *arena, struct str text,
                                    struct access_token *ret_token)
{
    struct claims claims;
    struct strs aud;
    enum failure failure = fields_from_json(&CLAIMS, text, arena, &claims);
    if (failure != OK)
        return failure == FAIL_MESSAGE_MALFORMED ? FAIL_TOKEN_INVALID : failure;
    if (!str_equals(claims.token_type, STR("access")))
        return FAIL_TOKEN_INVALID;
    TRY(audience_from_json(arena, claims.aud, &aud));
    *ret_token = (struct access_token){
        .iss = claims.iss,
        .sub = claims.sub,
        .aud = aud,
        .exp = claims.exp,
        .iat = claims.iat,
        .jti = claims.jti,
        .client_id = claims.client_id,
        .scope = claims.scope,
        .email = claims.email,
        .preferred_username = claims.preferred_username,
    };
    return OK;
}

enum failure access_token_check(const struct access_token *token, struct str issuer, int64_t now_s)
{
    if (!str_equals(token->iss, issuer) || token->iat > now_s + CLOCK_SKEW_S)
        return FAIL_TOKEN_INVALID;
    /* RFC 9068 4: the current time must be before exp. */
    return token->exp > now_s - CLOCK_SKEW_S ? OK : FAIL_TOKEN_EXPIRED;
}

bool access_token_is_for(const struct access_token *token, struct str audience)
{
    return strs_contain(token->aud, audience);
}

struct str access_token_make_jti(struct arena *arena, struct str g, int64_t m)
{
    return ARENA_JOIN(arena, g, STR("."), arena_decimal(arena, m));
}

enum failure access_token_parse_jti(struct str jti, struct str *ret_g, int64_t *ret_m)
{
    struct str g, number;
    int64_t m;
    if (!str_cut(jti, '.', &g, &number) || !grant_id_is_valid(g) || !str_to_i64(number, &m) ||
        (number.len > 1 && number.at[0] == '0'))
        return FAIL_TOKEN_INVALID;
    *ret_g = g;
    *ret_m = m;
    return OK;
}
