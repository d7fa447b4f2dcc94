/* Clients control this input: their JWK set (first line; registered, in a metadata document or
 * fetched from jwks_uri) and, at /token, the assertion that it is to prove (a header and, behind
 * it, claims). Attacks jwk_set_open, public_key_from_jwk, jwt_verify_assertion and what follows
 * it: client_assertion_from_json and client_assertion_check. */
#include "common/base/base64url.h"
#include "common/crypto/jwk_set.h"
#include "common/crypto/jwt.h"
#include "common/oauth/client_assertion.h"
#include "common/oauth/client_jwks.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/common/crypto/rfc_keys.h"

#include <jansson.h>

static struct signing_key *our_key(void)
{
    static struct signing_key *key;
    const char *problem;
    if (key == NULL)
        FUZZ_CHECK(signing_key_new(STR(RFC8037_A1_PEM), &key, &problem) == OK);
    return key;
}

static struct str sign(struct arena *arena, struct str header, struct str claims)
{
    unsigned char signature[PUBLIC_KEY_SIGNATURE_BYTES_MAX];
    size_t len;
    struct str text = arena_printf(arena, "%.*s.%.*s", STR_ARGS(base64url_encode(arena, header)),
                                   STR_ARGS(base64url_encode(arena, claims)));
    FUZZ_CHECK(signing_key_sign(our_key(), text, signature, &len) == OK);
    return arena_printf(arena, "%.*s.%.*s", STR_ARGS(text),
                        STR_ARGS(base64url_encode(arena, str_from_bytes(signature, len))));
}

/* What is read of a key is what is published of it, and it verifies nothing that it did not sign.
 */
static void check_key(struct public_key *key)
{
    struct public_key *again = NULL;
    FUZZ_CHECK(public_key_from_jwk(public_key_jwk(key), &again) == OK);
    FUZZ_CHECK(str_equals(public_key_thumbprint(key), public_key_thumbprint(again)));
    FUZZ_CHECK(str_equals(public_key_kid(key), public_key_kid(again)));
    FUZZ_CHECK(public_key_verify(key, STR("text"), STR("signature")) != OK);
    public_key_free(again);
}

static void check_set(struct str text)
{
    struct jwk_set set;
    if (jwk_set_open(text, &set) != OK)
        return;
    FUZZ_CHECK(set.len <= JWK_SET_KEYS_MAX);
    for (size_t i = 0; i < set.len; i++)
        check_key(set.at[i]);
    jwk_set_close(&set);
}

static void check_assertion(struct arena *arena, struct str header, struct str claims)
{
    struct public_key *ours = signing_key_public(our_key());
    const struct public_keys set = {&ours, 1};
    struct str proven = STR_ABSENT, audience = STR("https://auth.example/token");
    struct client_assertion assertion;
    bool key_is_unknown = false;
    FUZZ_CHECK(jwt_verify_assertion(set, header, arena, &proven, &key_is_unknown) != OK);
    if (jwt_verify_assertion(set, sign(arena, header, claims), arena, &proven, &key_is_unknown) !=
        OK)
        return;
    FUZZ_CHECK(str_equals(proven, claims));
    json_t *json = json_loadb(header.at, header.len, JSON_REJECT_DUPLICATES, NULL);
    json_t *alg = json_object_get(json, "alg");
    FUZZ_CHECK(json_is_string(alg) && strcmp(json_string_value(alg), "EdDSA") == 0);
    FUZZ_CHECK(json_object_get(json, "crit") == NULL ||
               json_is_null(json_object_get(json, "crit")));
    json_decref(json);
    if (client_assertion_from_json(arena, proven, &assertion) == OK &&
        client_assertion_check(&assertion, STR("app"), (struct strs){&audience, 1}, 1700000000) ==
            OK)
        FUZZ_CHECK(str_equals(assertion.iss, STR("app")) && str_equals(assertion.sub, STR("app")));
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct str set = fuzz_line(&input), header = fuzz_line(&input);
    if (client_jwks_check_text(set) == OK) /* what the registry lets in */
        check_set(set);
    if (str_is_present(header))
        check_assertion(arena, header, str_is_present(input) ? input : STR(""));
}
