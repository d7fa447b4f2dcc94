/* A JWK set (RFC 7517 5) that somebody else publishes, to verify with.
 *
 *     struct jwk_set set;
 *     TRY(jwk_set_open(json, &set));
 *     TRY(jwt_verify_assertion(jwk_set_keys(&set), token, arena, &claims, &key_is_unknown));
 *     jwk_set_close(&set);
 *
 * Keys that cannot verify here (of other types, uses or algorithms) are left out (RFC 7517 5), and
 * so are those beyond JWK_SET_KEYS_MAX. */
#ifndef COMMON_CRYPTO_JWK_SET_H
#define COMMON_CRYPTO_JWK_SET_H

#include "common/crypto/public_key.h"

enum { JWK_SET_KEYS_MAX = 16 };

struct jwk_set {
    struct public_key *at[JWK_SET_KEYS_MAX];
    size_t len; /* may be 0 */
};

/* FAIL_CRYPTO for what is no JWK set; FAIL_LIMIT_REACHED without memory. Nothing is to be closed
 * then. */
enum failure jwk_set_open(struct str json, struct jwk_set *ret_set) MUST_CHECK;
void jwk_set_close(struct jwk_set *set);
/* Borrowed. */
struct public_keys jwk_set_keys(const struct jwk_set *set);

#endif
