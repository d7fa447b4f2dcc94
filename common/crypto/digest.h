/* SHA-256, in the three spellings that this system uses.
 *
 *     struct str s = digest_hex(arena, session_id);              in Redis key names
 *     struct str challenge = digest_base64url(arena, verifier);  RFC 7636 4.2
 *
 * Texts live in the arena. The absent text has the absent text for its digest: a secret that could
 * not be made for want of room would otherwise have the digest of "", which everybody knows.
 * Hashing itself cannot fail: a process whose OpenSSL has no SHA-256 ends, as random_fill does. For
 * one thread. */
#ifndef COMMON_CRYPTO_DIGEST_H
#define COMMON_CRYPTO_DIGEST_H

#include "common/base/arena.h"

enum {
    DIGEST_BYTES = 32,
    DIGEST_HEX_CHARACTERS = 64,
    DIGEST_BASE64URL_CHARACTERS = 43,
};

void digest_sha256(struct str bytes, unsigned char ret_digest[static DIGEST_BYTES]);
/* The absent text when the arena is full. */
struct str digest_hex(struct arena *arena, struct str bytes);
struct str digest_base64url(struct arena *arena, struct str bytes);

/* HMAC-SHA-256 (RFC 2104) over the two parts, one behind the other. */
void digest_hmac(struct str key, struct str first, struct str second,
                 unsigned char ret_digest[static DIGEST_BYTES]);

#endif
