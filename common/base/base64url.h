/* base64url without padding (RFC 4648 section 5), as PKCE, JOSE and our own codes use it; and plain
 * base64, in which operators write keys.
 *
 *     struct str text = base64url_encode(arena, bytes);
 *     struct str back;
 *     if (base64url_decode(arena, text, &back)) ... */
#ifndef COMMON_BASE_BASE64URL_H
#define COMMON_BASE_BASE64URL_H

#include "common/base/arena.h"

/* The absent text when the arena is full. */
struct str base64url_encode(struct arena *arena, struct str bytes);
/* False for padding, for a foreign character, for an impossible length, for bits that no encoder
 * sets (so that each value has one spelling), and when the arena is full. */
bool base64url_decode(struct arena *arena, struct str text, struct str *ret_bytes);
/* Accepts both alphabets, with or without padding: keys that people paste. */
bool base64_decode_any(struct arena *arena, struct str text, struct str *ret_bytes);

#endif
