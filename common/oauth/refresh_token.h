/* A refresh token: what is sealed in it, and its outer form mcp_refresh__<version>.<base64url>.
 * Sealing is common/crypto's.
 *
 *     TRY(refresh_token_to_text(arena, &token, &plain));
 *     text = refresh_token_wrap(arena, version, sealed_bytes);
 *
 *     struct refresh_token_envelope envelope;
 *     TRY(refresh_token_unwrap(arena, text, &envelope));
 *     open envelope.sealed with the key of envelope.version and envelope.associated
 *     TRY(refresh_token_from_text(arena, plain, &token)); */
#ifndef COMMON_OAUTH_REFRESH_TOKEN_H
#define COMMON_OAUTH_REFRESH_TOKEN_H

#include "common/base/arena.h"
#include "common/base/failure.h"

#define REFRESH_TOKEN_PREFIX "mcp_refresh__"

struct refresh_token {
    struct str g; /* grant id, 32 hex digits */
    int64_t n;    /* rotation counter */
    struct str client_id;
    struct str sub;
    int64_t exp; /* seconds since 1970 */
};

struct refresh_token_envelope {
    struct str version;    /* of the key; borrowed from the text */
    struct str associated; /* prefix and version: authenticated, not secret; borrowed */
    struct str sealed;     /* bytes, in the arena */
};

enum failure refresh_token_to_text(struct arena *arena, const struct refresh_token *token,
                                   struct str *ret_text) MUST_CHECK;
/* FAIL_REFRESH_TOKEN_INVALID for anything that refresh_token_to_text does not write. */
enum failure refresh_token_from_text(struct arena *arena, struct str text,
                                     struct refresh_token *ret_token) MUST_CHECK;

/* A key version is 1 to KEY_VERSION_BYTES_MAX letters, digits, '-' or '_'. */
bool refresh_token_version_is_valid(struct str version);
/* The absent text when the arena is full. */
struct str refresh_token_wrap(struct arena *arena, struct str version, struct str sealed);
/* What to authenticate when sealing: prefix and version. */
struct str refresh_token_associate(struct arena *arena, struct str version);
/* FAIL_REFRESH_TOKEN_MISSING when absent or empty, FAIL_REFRESH_TOKEN_INVALID for a foreign form
 * or more than TOKEN_BYTES_MAX. */
enum failure refresh_token_unwrap(struct arena *arena, struct str text,
                                  struct refresh_token_envelope *ret_envelope) MUST_CHECK;
/* Tells a refresh token from an access token by its prefix. */
bool refresh_token_is_one(struct str text);

#endif
