/* A public key as JSON (RFC 7517, RFC 7518 6, RFC 8037 2), to and from OpenSSL's form.
 *
 *     struct jwk jwk;
 *     TRY(jwk_from_pkey(pkey, arena, &jwk));
 *     TRY(jwk_get_thumbprint(&jwk, arena, &jwk.kid));
 *     TRY(jwk_to_json(&jwk, arena, &text));
 *
 * Knows RSA, EC on P-256 and OKP with Ed25519. Texts live in the arena. */
#ifndef COMMON_CRYPTO_JWK_H
#define COMMON_CRYPTO_JWK_H

#include "common/base/arena.h"
#include "common/base/failure.h"

#include <openssl/types.h>

struct jwk { /* all texts; absent when the key's type has no such member */
    struct str alg;
    struct str crv; /* EC, OKP */
    struct str e;   /* RSA */
    struct str kid;
    struct str kty;
    struct str n; /* RSA */
    struct str use;
    struct str x; /* EC, OKP */
    struct str y; /* EC */
};

/* FAIL_CRYPTO for what is no JWK; FAIL_LIMIT_REACHED when the arena is full, as in all of these. */
enum failure jwk_from_json(struct str json, struct arena *arena, struct jwk *ret_jwk) MUST_CHECK;
enum failure jwk_to_json(const struct jwk *jwk, struct arena *arena,
                         struct str *ret_json) MUST_CHECK;

/* The public half; alg, kid and use stay absent. FAIL_CRYPTO for a type that is not known here. */
enum failure jwk_from_pkey(EVP_PKEY *pkey, struct arena *arena, struct jwk *ret_jwk) MUST_CHECK;
/* The caller frees *ret_pkey. */
enum failure jwk_to_pkey(const struct jwk *jwk, struct arena *arena,
                         EVP_PKEY **ret_pkey) MUST_CHECK;

/* RFC 7638 3: base64url of the SHA-256 of the required members. */
enum failure jwk_get_thumbprint(const struct jwk *jwk, struct arena *arena,
                                struct str *ret_thumbprint) MUST_CHECK;

#endif
