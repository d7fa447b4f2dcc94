/* A public key that verifies JWS signatures: RS256 (RSA of 2048 bits or more), ES256 (P-256) or
 * EdDSA (Ed25519), read from a JWK (RFC 7517) and shown as one.
 *
 *     TRY(public_key_from_jwk(json, &key));
 *     TRY(public_key_verify(key, bytes, signature));
 *     public_key_free(key);
 *
 * The key's type decides the algorithm; no token can choose another one (RFC 8725 3.1). Texts are
 * borrowed and live as long as the key. For one thread. */
#ifndef COMMON_CRYPTO_PUBLIC_KEY_H
#define COMMON_CRYPTO_PUBLIC_KEY_H

#include "common/base/failure.h"

#include <openssl/types.h>

enum {
    PUBLIC_KEY_RSA_BITS_MIN = 2048, /* RFC 7518 3.3 */
    PUBLIC_KEY_RSA_BITS_MAX = 8192, /* a larger one would stop the process at every signature */
    PUBLIC_KEY_SIGNATURE_BYTES_MAX = PUBLIC_KEY_RSA_BITS_MAX / 8,
    PUBLIC_KEY_ES256_SIGNATURE_BYTES = 64, /* RFC 7518 3.4: r and s, 32 bytes each */
};

enum public_key_alg { PUBLIC_KEY_RS256, PUBLIC_KEY_ES256, PUBLIC_KEY_EDDSA };

struct public_key;

struct token_memory;

/* A set to verify with; whoever made it says how long it lives. */
struct public_keys {
    struct public_key *const *at;
    size_t len;
    struct token_memory *memory; /* what this set has verified; NULL: it does not remember */
};

/* FAIL_CRYPTO for a key of another type, a weak one, one meant for another use or algorithm, and
 * for what is no JWK. Its kid is kept; without one it is the thumbprint. */
enum failure public_key_from_jwk(struct str json, struct public_key **ret_key) MUST_CHECK;
/* Borrows pkey for the duration of the call; it may be a private key, of which the public half is
 * taken. FAIL_CRYPTO when the type or size is not one of the three above. */
enum failure public_key_from_pkey(EVP_PKEY *pkey, struct public_key **ret_key) MUST_CHECK;
void public_key_free(struct public_key *key); /* accepts NULL */

enum public_key_alg public_key_alg(const struct public_key *key);
struct str public_key_alg_name(const struct public_key *key); /* "RS256" */
struct str public_key_kid(const struct public_key *key);
struct str public_key_thumbprint(const struct public_key *key); /* RFC 7638, SHA-256, base64url */
struct str public_key_jwk(const struct public_key *key);        /* JSON with kid, use and alg */
EVP_PKEY *public_key_pkey(const struct public_key *key);        /* borrowed */

/* FAIL_CRYPTO when the signature is not this key's over these bytes. */
enum failure public_key_verify(const struct public_key *key, struct str bytes,
                               struct str signature) MUST_CHECK;

#endif
