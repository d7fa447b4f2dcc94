/* The checks of a token stand in the order of their price: shape, header, key, and only then the
 * signature; the claims are looked at last, because before that they are a stranger's text. */
#include "common/crypto/jwt.h"

#include "common/base/base64url.h"
#include "common/base/fields.h"
#include "common/base/limits.h"
#include "common/crypto/decode.h"

struct jws_header {
    struct str alg;
    struct str crit; /* JSON; present in any form is a refusal */
    struct str kid;
    struct str typ;
};

static const struct field HEADER_FIELDS[] = {
    FIELD(struct jws_header, alg, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct jws_header, crit, JSON, NAME_BYTES_MAX, 0),
    FIELD(struct jws_header, kid, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct jws_header, typ, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
};
static const struct fields JWS_HEADER = FIELDS_OF(struct jws_header, HEADER_FIELDS);

/* Claims are only asked to be a JSON object without duplicates; their members are the caller's. */
struct any_object {
    struct str nothing;
};
static const struct fields ANY_OBJECT = {.size_bytes = sizeof(struct any_object)};

/* a.b: by memcpy, because a formatted print of a token costs as much as encoding it. */
static struct str join(struct arena *arena, struct str a, struct str b)
{
    char *at = a.at != NULL && b.at != NULL ? arena_take(arena, a.len + 1 + b.len) : NULL;
    if (at == NULL)
        return STR_ABSENT;
    memcpy(at, a.at, a.len);
    at[a.len] = '.';
    memcpy(at + a.len + 1, b.at, b.len);
    return str_from_bytes(at, a.len + 1 + b.len);
}

enum failure jwt_sign(struct signing_key *key, enum jwt_typ typ, struct str claims,
                      struct arena *arena, struct str *ret_token)
{
    unsigned char signature[PUBLIC_KEY_SIGNATURE_BYTES_MAX];
    size_t signature_len;
    struct str header = signing_key_jws_header(key, typ);
    struct str signing_input = join(arena, header, base64url_encode(arena, claims));
    if (!str_is_present(signing_input))
        return FAIL_LIMIT_REACHED;
    TRY(signing_key_sign(key, signing_input, signature, &signature_len));
    struct str encoded = base64url_encode(arena, str_from_bytes(signature, signature_len));
    struct str token = join(arena, signing_input, encoded);
    if (!str_is_present(token) || token.len > TOKEN_BYTES_MAX)
        return FAIL_LIMIT_REACHED;
    *ret_token = token;
    return OK;
}

/* What does not decode or parse is an invalid token; a full arena stays what it is. */
static enum failure as_token_failure(enum failure failure)
{
    return failure == OK || failure == FAIL_LIMIT_REACHED ? failure : FAIL_TOKEN_INVALID;
}

static enum failure decode_object(const struct fields *fields, struct str part, struct arena *arena,
                                  void *ret_record, struct str *ret_json)
{
    struct str json;
    TRY(as_token_failure(decode_base64url(arena, part, &json)));
    TRY(as_token_failure(fields_from_json(fields, json, arena, ret_record)));
    *ret_json = json;
    return OK;
}

static const struct public_key *find_key(struct public_keys keys, struct str kid)
{
    for (size_t i = 0; i < keys.len; i++)
        if (str_equals(public_key_kid(keys.at[i]), kid))
            return keys.at[i];
    return NULL;
}

static enum failure check_header(struct public_keys keys, struct str part, enum jwt_typ typ,
                                 struct arena *arena, const struct public_key **ret_key)
{
    struct jws_header header;
    struct str json;
    TRY(decode_object(&JWS_HEADER, part, arena, &header, &json));
    const struct public_key *key = find_key(keys, header.kid);
    if (key == NULL || !str_equals(header.alg, public_key_alg_name(key)) ||
        !str_equals(header.typ, signing_key_typ_name(typ)) || str_is_present(header.crit))
        return FAIL_TOKEN_INVALID;
    *ret_key = key;
    return OK;
}

enum failure jwt_verify(struct public_keys keys, struct str token, enum jwt_typ typ,
                        struct arena *arena, struct str *ret_claims)
{
    struct str header, rest, payload, encoded, signature, claims;
    const struct public_key *key;
    struct any_object object;
    if (token.len > TOKEN_BYTES_MAX || !str_cut(token, '.', &header, &rest) ||
        !str_cut(rest, '.', &payload, &encoded) || str_index_of(encoded, '.') != encoded.len)
        return FAIL_TOKEN_INVALID;
    TRY(check_header(keys, header, typ, arena, &key));
    TRY(as_token_failure(decode_base64url(arena, encoded, &signature)));
    struct str signing_input = str_first(token, header.len + 1 + payload.len);
    TRY(as_token_failure(public_key_verify(key, signing_input, signature)));
    TRY(decode_object(&ANY_OBJECT, payload, arena, &object, &claims));
    *ret_claims = claims;
    return OK;
}
