/* One private key that signs tokens.
 *
 *     TRY(signing_key_new(pem, &key, &problem));
 *     TRY(signing_key_sign(key, bytes, signature, &len));
 *     signing_key_free(key);
 *
 * The PEM text (PKCS #8, or the older RSA and EC forms) may carry literal "\n" instead of line
 * ends, as environment variables do. RSA of 2048 bits or more signs RS256, P-256 ES256, Ed25519
 * EdDSA. The key is tried once when it is read, so that a damaged one stops the start. Its memory
 * comes from OpenSSL's secure heap when the process has made one. For one thread. */
#ifndef COMMON_CRYPTO_SIGNING_KEY_H
#define COMMON_CRYPTO_SIGNING_KEY_H

#include "common/crypto/public_key.h"

struct signing_key;

/* What a JWS header's typ can be here. */
enum jwt_typ {
    JWT_TYP_AT_JWT, /* "at+jwt": access tokens, RFC 9068 2.1 */
    JWT_TYP_JWT,    /* "JWT": ID tokens */
    JWT_TYPS_COUNT,
};

struct str signing_key_typ_name(enum jwt_typ typ);

/* FAIL_CONFIGURATION_INVALID, and *problem is a sentence (static) that says what to change. */
enum failure signing_key_new(struct str pem, struct signing_key **ret_key,
                             const char **problem) MUST_CHECK;
void signing_key_free(struct signing_key *key); /* accepts NULL */

struct public_key *signing_key_public(const struct signing_key *key); /* borrowed */
struct str signing_key_kid(const struct signing_key *key);
/* base64url of {"alg":..,"kid":..,"typ":..}, made once. */
struct str signing_key_jws_header(const struct signing_key *key, enum jwt_typ typ);
/* Is this PEM public key (SPKI) the other half? For JWT_PUBLIC_KEY. */
bool signing_key_matches(const struct signing_key *key, struct str public_pem);

/* A JWS signature (RFC 7518 3.3, 3.4, RFC 8037 3.1) of at most PUBLIC_KEY_SIGNATURE_BYTES_MAX
 * bytes. FAIL_CRYPTO. */
enum failure signing_key_sign(struct signing_key *key, struct str bytes,
                              unsigned char ret_signature[static PUBLIC_KEY_SIGNATURE_BYTES_MAX],
                              size_t *ret_len) MUST_CHECK;

#endif
