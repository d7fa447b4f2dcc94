/* What is sealed in a refresh token; sealing it, and the token's outer form, are refresh_ring's.
 *
 *     TRY(refresh_token_to_text(arena, &token, &payload));
 *     TRY(refresh_ring_seal(ring, payload, arena, &text));
 *
 *     TRY(refresh_ring_open(ring, text, arena, &payload));
 *     TRY(refresh_token_from_text(arena, payload, &token)); */
#ifndef COMMON_OAUTH_REFRESH_TOKEN_H
#define COMMON_OAUTH_REFRESH_TOKEN_H

#include "common/base/arena.h"
#include "common/base/failure.h"

struct refresh_token {
    struct str g; /* grant id, 32 hex digits */
    int64_t n;    /* rotation counter */
    struct str client_id;
    struct str sub;
    int64_t exp; /* seconds since 1970 */
};

enum failure refresh_token_to_text(struct arena *arena, const struct refresh_token *token,
                                   struct str *ret_text) MUST_CHECK;
/* FAIL_REFRESH_TOKEN_INVALID for anything that refresh_token_to_text does not write. */
enum failure refresh_token_from_text(struct arena *arena, struct str text,
                                     struct refresh_token *ret_token) MUST_CHECK;

/* Tells a refresh token from an access token by its prefix. */
bool refresh_token_is_one(struct str text);

#endif
