/* What a sign-in needs and nobody stores: everything here is HKDF of the browser's cookie, so that
 * every step can be repeated by any broker and gives the same again, and so that nothing in Redis
 * lets its reader continue a sign-in.
 *
 *     const struct derive from = {.browser = cookie, .s = s, .attempt = session->attempt};
 *     struct str state = derive_state(arena, &from);
 *     if (!derive_state_is_valid(arena, &from, state)) ...
 *
 * s is the SHA-256 of the session id in hex. attempt counts how often GitHub has been asked: another
 * attempt makes all of these anew. Texts live in the arena; the absent text when it is full. */
#ifndef SERVICES_BROKER_DERIVE_H
#define SERVICES_BROKER_DERIVE_H

#include "common/base/arena.h"

struct derive {
    struct str browser; /* the cookie's value, never stored */
    struct str s;
    int64_t attempt;
};

/* GitHub's state parameter (RFC 6749 10.12): "s.mac", so that the callback finds its session. */
struct str derive_state(struct arena *arena, const struct derive *from);
/* Splits a state that came back; false for any other shape. */
bool derive_state_split(struct str state, struct str *ret_s);
bool derive_state_is_valid(struct arena *arena, const struct derive *from, struct str state);
/* PKCE towards GitHub (RFC 7636 4.1, 4.2). */
struct str derive_code_verifier(struct arena *arena, const struct derive *from);
struct str derive_code_challenge(struct arena *arena, const struct derive *from);
struct str derive_csrf_token(struct arena *arena, const struct derive *from);
bool derive_csrf_token_is_valid(struct arena *arena, const struct derive *from, struct str token);
/* The authorization code that this sign-in ends with, its public part g, and the SHA-256 of its
 * secret in hex, which is what the record keeps. */
struct str derive_g(struct arena *arena, const struct derive *from);
struct str derive_code(struct arena *arena, const struct derive *from);
struct str derive_code_secret_sha256(struct arena *arena, const struct derive *from);

bool derive_s_is_valid(struct str s); /* 64 lower-case hex digits */

#endif
