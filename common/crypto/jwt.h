/* Compact JWS (RFC 7515 3.1) around JSON claims (RFC 7519).
 *
 *     TRY(jwt_sign(signing_ring_signer(ring), JWT_TYP_AT_JWT, claims, arena, &token));
 *     TRY(jwt_verify(signing_ring_public_keys(ring), token, JWT_TYP_AT_JWT, arena, &claims));
 *
 * Verifying proves who signed and what kind of token it is; iss, aud, exp and the rest are the
 * caller's to check. Results live in the arena. Tokens are at most TOKEN_BYTES_MAX long. */
#ifndef COMMON_CRYPTO_JWT_H
#define COMMON_CRYPTO_JWT_H

#include "common/base/arena.h"
#include "common/crypto/signing_key.h"

/* claims is the text of a JSON object, taken as it is. FAIL_CRYPTO, or FAIL_LIMIT_REACHED when the
 * arena is full or the token would be too long. */
enum failure jwt_sign(struct signing_key *key, enum jwt_typ typ, struct str claims,
                      struct arena *arena, struct str *ret_token) MUST_CHECK;
/* FAIL_TOKEN_INVALID unless all of this holds: exactly three parts in strict base64url; a header
 * that is a JSON object without duplicate members, whose kid names a key of the set, whose alg is
 * that key's (RFC 8725 3.1), whose typ is the expected one (RFC 8725 3.11), without crit (RFC 7515
 * 4.1.11: none is understood); a right signature; claims that are a JSON object without duplicate
 * members (RFC 7519 4). FAIL_LIMIT_REACHED when the arena is full. A set with a memory verifies a
 * token once. */
enum failure jwt_verify(struct public_keys keys, struct str token, enum jwt_typ typ,
                        struct arena *arena, struct str *ret_claims) MUST_CHECK;
/* A client's assertion (RFC 7523 3), under the same rules but two: typ may be missing, JWT or
 * client-authentication+jwt, and kid may be missing when the set has exactly one key of that alg.
 * *ret_key_is_unknown when no key of the set is the one: a newer set may have it. */
enum failure jwt_verify_assertion(struct public_keys keys, struct str token, struct arena *arena,
                                  struct str *ret_claims, bool *ret_key_is_unknown) MUST_CHECK;

#endif
