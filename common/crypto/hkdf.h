/* HKDF-SHA256 (RFC 5869): ids and secrets that a request makes come from its one random seed, so
 * that a repeated request makes the same ones again.
 *
 *     struct str secret = hkdf_base64url(arena, seed, STR("code"), 32);
 *     TRY(hkdf_derive(ring_key, salt, label, key, sizeof(key)));
 *
 * Two labels give independent results; a label may hold any bytes. An absent salt means the zero
 * salt of RFC 5869 2.2. The secret must be random itself: this is no password hash. */
#ifndef COMMON_CRYPTO_HKDF_H
#define COMMON_CRYPTO_HKDF_H

#include "common/base/arena.h"
#include "common/base/failure.h"

enum {
    HKDF_OUTPUT_BYTES_MAX = 255 * 32, /* RFC 5869 2.3 */
    HKDF_LABEL_BYTES_MAX = 512,       /* ours are a word and an id */
};

/* FAIL_CRYPTO when secret is empty, label too long, or len 0 or too large. */
enum failure hkdf_derive(struct str secret, struct str salt, struct str label, void *ret_out,
                         size_t len) MUST_CHECK;
/* len bytes without salt, spelled out; the absent text when the arena is full or on misuse. */
struct str hkdf_hex(struct arena *arena, struct str secret, struct str label, size_t len);
struct str hkdf_base64url(struct arena *arena, struct str secret, struct str label, size_t len);

#endif
