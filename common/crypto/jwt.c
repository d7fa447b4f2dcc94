/* The checks of a token stand in the order of their price: shape, header, key, and only then the
 * signature; the claims are looked at last, because before that they are a stranger's text. */
#include "common/crypto/jwt.h"

#include "common/base/base64url.h"
#include "common/base/fields.h"
#include "common/base/limits.h"
#include "common/crypto/decode.h"
#include "common/crypto/token_memory.h"

struct jws_header {
    struct str alg;
    struct str crit; /* JSON; present in any form is a refusal */
    struct str kid;
    struct str typ;
};

static const struct field HEADER_FIELDS[] = {
    FIELD(struct jws_header, alg, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct jws_header, crit, JSON, NAME_BYTES_MAX, 0),
    FIELD(struct jws_header, kid, STR, NAME_BYTES_MAX, 0),
    FIELD(struct jws_header, typ, STR, NAME_BYTES_MAX, 0),
};
static const struct fields JWS_HEADER = FIELDS_OF(struct jws_header, HEADER_FIELDS);

/* Claims are only asked to be a JSON object without duplicates; their members are the caller's. */
struct any_object {
    struct str nothing;
};
static const struct fields ANY_OBJECT = {.size_bytes = sizeof(struct any_object)};

enum failure jwt_sign(struct signing_key *key, enum jwt_typ typ, struct str claims,
                      struct arena *arena, struct str *ret_token)
{
    unsigned char signature[PUBLIC_KEY_SIGNATURE_BYTES_MAX];
    size_t signature_len;
    struct str header = signing_key_jws_header(key, typ);
    struct str signing_input = ARENA_JOIN(arena, header, STR("."), base64url_encode(arena, claims));
    if (!str_is_present(signing_input))
        return FAIL_LIMIT_REACHED;
    TRY(signing_key_sign(key, signing_input, signature, &signature_len));
    struct str encoded = base64url_encode(arena, str_from_bytes(signature, signature_len));
    struct str token = ARENA_JOIN(arena, signing_input, STR("."), encoded);
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

/* What a header may say. */
struct expectation {
    struct strs typs;
    bool needs_all; /* typ and kid must be there */
};

/* By kid; without one, the only key of that alg. */
static const struct public_key *find_key(struct public_keys keys, const struct jws_header *header)
{
    const struct public_key *found = NULL;
    for (size_t i = 0; i < keys.len; i++) {
        if (str_is_present(header->kid)) {
            if (str_equals(public_key_kid(keys.at[i]), header->kid))
                return keys.at[i];
        } else if (str_equals(public_key_alg_name(keys.at[i]), header->alg)) {
            if (found != NULL)
                return NULL;
            found = keys.at[i];
        }
    }
    return found;
}

static enum failure read_header(struct str part, const struct expectation *expected,
                                struct arena *arena, struct jws_header *ret_header)
{
    struct jws_header header;
    struct str json;
    TRY(decode_object(&JWS_HEADER, part, arena, &header, &json));
    /* "crit": null is not absent (RFC 7515 4.1.11), though the table takes it so. */
    if (str_is_present(header.crit) || memmem(json.at, json.len, "\"crit\"", 6) != NULL)
        return FAIL_TOKEN_INVALID;
    bool lacks_any = !str_is_present(header.typ) || !str_is_present(header.kid);
    if ((expected->needs_all && lacks_any) ||
        (str_is_present(header.typ) && !strs_contain(expected->typs, header.typ)))
        return FAIL_TOKEN_INVALID;
    *ret_header = header;
    return OK;
}

/* Compact serialization (RFC 7515 3.1), each part still encoded. */
struct parts {
    struct str header, payload, signature;
    struct str signing_input; /* the first two and the dot between them */
};

static bool split(struct str token, struct parts *ret_parts)
{
    struct parts parts;
    struct str rest;
    if (token.len > TOKEN_BYTES_MAX || !str_cut(token, '.', &parts.header, &rest) ||
        !str_cut(rest, '.', &parts.payload, &parts.signature) ||
        str_index_of(parts.signature, '.') != parts.signature.len)
        return false;
    parts.signing_input = str_first(token, parts.header.len + 1 + parts.payload.len);
    *ret_parts = parts;
    return true;
}

static enum failure verify(struct public_keys keys, const struct parts *parts,
                           const struct expectation *expected, struct arena *arena,
                           struct str *ret_claims, bool *ret_key_is_unknown)
{
    struct str signature, claims;
    struct jws_header header;
    struct any_object object;
    *ret_key_is_unknown = false;
    TRY(read_header(parts->header, expected, arena, &header));
    const struct public_key *key = find_key(keys, &header);
    *ret_key_is_unknown = key == NULL;
    if (key == NULL || !str_equals(header.alg, public_key_alg_name(key)))
        return FAIL_TOKEN_INVALID;
    TRY(as_token_failure(decode_base64url(arena, parts->signature, &signature)));
    TRY(as_token_failure(public_key_verify(key, parts->signing_input, signature)));
    TRY(decode_object(&ANY_OBJECT, parts->payload, arena, &object, &claims));
    *ret_claims = claims;
    return OK;
}

enum failure jwt_verify(struct public_keys keys, struct str token, enum jwt_typ typ,
                        struct arena *arena, struct str *ret_claims)
{
    struct str name = signing_key_typ_name(typ);
    const struct expectation expected = {.typs = {&name, 1}, .needs_all = true};
    struct parts parts;
    bool key_is_unknown;
    if (!split(token, &parts))
        return FAIL_TOKEN_INVALID;
    if (token_memory_has(keys.memory, typ, token))
        return as_token_failure(decode_base64url(arena, parts.payload, ret_claims));
    TRY(verify(keys, &parts, &expected, arena, ret_claims, &key_is_unknown));
    token_memory_add(keys.memory, typ, token);
    return OK;
}

enum failure jwt_verify_assertion(struct public_keys keys, struct str token, struct arena *arena,
                                  struct str *ret_claims, bool *ret_key_is_unknown)
{
    static struct str typs[] = {STR_INIT("JWT"), STR_INIT("client-authentication+jwt")};
    static const struct expectation expected = {.typs = {typs, 2}, .needs_all = false};
    struct parts parts;
    *ret_key_is_unknown = false;
    return split(token, &parts)
               ? verify(keys, &parts, &expected, arena, ret_claims, ret_key_is_unknown)
               : FAIL_TOKEN_INVALID;
}
