/* AES-256-GCM under a key that is used once.
 *
 *     TRY(aead_seal(key, STR("context"), plain, arena, &sealed));
 *     TRY(aead_open(key, STR("context"), sealed, arena, &plain));
 *
 * sealed = salt (16 random bytes) | ciphertext | tag (16). The message key is HKDF(key, salt), and
 * the nonce is 12 zero bytes: GCM breaks when one key meets one nonce twice, and here no message
 * key is used twice while salts differ, which 128 random bits do for some 2^48 messages with odds
 * better than 2^-32. (A random 96-bit nonce under one fixed key would end at 2^32 messages.)
 * The associated data is authenticated, not carried. Results live in the arena. */
#ifndef COMMON_CRYPTO_AEAD_H
#define COMMON_CRYPTO_AEAD_H

#include "common/base/arena.h"
#include "common/base/failure.h"

enum {
    AEAD_KEY_BYTES = 32,
    AEAD_SALT_BYTES = 16,
    AEAD_TAG_BYTES = 16,
    AEAD_OVERHEAD_BYTES = AEAD_SALT_BYTES + AEAD_TAG_BYTES,
    AEAD_MESSAGE_BYTES_MAX = 64 * 1024,
};

/* FAIL_CRYPTO, or FAIL_LIMIT_REACHED when the arena is full. */
enum failure aead_seal(const unsigned char key[static AEAD_KEY_BYTES], struct str associated,
                       struct str plain, struct arena *arena, struct str *ret_sealed) MUST_CHECK;
/* FAIL_CRYPTO for anything that was not sealed so, and never why. */
enum failure aead_open(const unsigned char key[static AEAD_KEY_BYTES], struct str associated,
                       struct str sealed, struct arena *arena, struct str *ret_plain) MUST_CHECK;

#endif
