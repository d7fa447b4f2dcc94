/* Anyone controls this input: the token at /validate and /admin/revoke. Attacks jwt_verify,
 * access_token_from_json, access_token_check and access_token_parse_jti.
 *
 * Nobody can sign but us, so the input is also taken as a header (first line) and claims (the rest)
 * that our own key has signed: then what stands behind the signature is reached too. */
#include "common/crypto/jwt.h"
#include "common/base/base64url.h"
#include "common/base/limits.h"
#include "common/crypto/token_memory.h"
#include "common/oauth/access_token.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/common/crypto/rfc_keys.h"

#include <jansson.h>

struct keys {
    struct signing_key *signing;
    struct public_key *at[3];
    struct token_memory *memory;
};

static const struct keys *keys_get(void)
{
    static struct keys keys;
    const char *problem;
    if (keys.signing != NULL)
        return &keys;
    FUZZ_CHECK(signing_key_new(STR(RFC8037_A1_PEM), &keys.signing, &problem) == OK);
    FUZZ_CHECK(public_key_from_jwk(STR(RFC7515_A2_JWK), &keys.at[0]) == OK);
    FUZZ_CHECK(public_key_from_jwk(STR(RFC7515_A3_JWK), &keys.at[1]) == OK);
    keys.at[2] = signing_key_public(keys.signing);
    keys.memory = token_memory_new();
    return &keys;
}

static bool member_is(json_t *object, const char *name, struct str value)
{
    json_t *member = json_object_get(object, name);
    return json_is_string(member) &&
           str_equals(value, str_from_bytes(json_string_value(member), json_string_length(member)));
}

/* RFC 8725 3.1, 3.11; RFC 7515 4.1.11 */
static void check_header(struct str header, const struct keys *keys)
{
    json_t *json = json_loadb(header.at, header.len, JSON_REJECT_DUPLICATES, NULL);
    FUZZ_CHECK(member_is(json, "alg", STR("EdDSA")) && member_is(json, "typ", STR("at+jwt")));
    FUZZ_CHECK(member_is(json, "kid", signing_key_kid(keys->signing)));
    FUZZ_CHECK(json_object_get(json, "crit") == NULL ||
               json_is_null(json_object_get(json, "crit")));
    json_decref(json);
}

static void check_claims(struct arena *arena, struct str claims)
{
    struct access_token token, again;
    struct str text, g;
    int64_t m;
    if (access_token_from_json(arena, claims, &token) != OK)
        return;
    if (access_token_check(&token, STR("https://auth.example"), 1000) == OK)
        FUZZ_CHECK(str_equals(token.iss, STR("https://auth.example")) &&
                   token.exp > 1000 - 2 * CLOCK_SKEW_S);
    if (access_token_parse_jti(token.jti, &g, &m) == OK)
        FUZZ_CHECK(str_equals(access_token_make_jti(arena, g, m), token.jti));
    FUZZ_CHECK(access_token_to_json(arena, &token, &text) == OK);
    FUZZ_CHECK(access_token_from_json(arena, text, &again) == OK);
    FUZZ_CHECK(str_equals(token.sub, again.sub) && token.exp == again.exp);
}

static struct str sign(struct arena *arena, const struct keys *keys, struct str header,
                       struct str claims)
{
    unsigned char signature[PUBLIC_KEY_SIGNATURE_BYTES_MAX];
    size_t len;
    struct str text = arena_printf(arena, "%.*s.%.*s", STR_ARGS(base64url_encode(arena, header)),
                                   STR_ARGS(base64url_encode(arena, claims)));
    FUZZ_CHECK(signing_key_sign(keys->signing, text, signature, &len) == OK);
    return arena_printf(arena, "%.*s.%.*s", STR_ARGS(text),
                        STR_ARGS(base64url_encode(arena, str_from_bytes(signature, len))));
}

void fuzz_one(struct str input, struct arena *arena)
{
    const struct keys *keys = keys_get();
    const struct public_keys set = {keys->at, 3, keys->memory};
    struct str rest = input, claims, token;
    FUZZ_CHECK(jwt_verify(set, input, JWT_TYP_AT_JWT, arena, &claims) != OK);
    struct str header = fuzz_line(&rest);
    struct str signed_by_us = sign(arena, keys, header, rest);
    if (jwt_verify(set, signed_by_us, JWT_TYP_AT_JWT, arena, &claims) != OK)
        return;
    check_header(header, keys);
    FUZZ_CHECK(str_equals(claims, rest));
    FUZZ_CHECK(jwt_verify(set, signed_by_us, JWT_TYP_AT_JWT, arena, &claims) == OK &&
               str_equals(claims, rest)); /* out of its memory */
    FUZZ_CHECK(jwt_verify(set, signed_by_us, JWT_TYP_JWT, arena, &claims) != OK);
    FUZZ_CHECK(jwt_sign(keys->signing, JWT_TYP_JWT, rest, arena, &token) != OK ||
               jwt_verify(set, token, JWT_TYP_AT_JWT, arena, &claims) != OK);
    check_claims(arena, rest);
}
