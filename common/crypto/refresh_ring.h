/* The keys that seal refresh tokens: any opens, the newest in force seals.
 *
 *     TRY(refresh_ring_new(text, &ring, &problem));
 *     TRY(refresh_ring_seal(ring, payload, arena, &token));    mcp_refresh__v2.<base64url>
 *     TRY(refresh_ring_open(ring, token, arena, &payload));
 *
 * The text (REFRESH_ENCRYPTION_KEY) lists keys, newest first, separated by commas or white space:
 * [version:]base64-of-32-bytes[@use_from], version a number ("2" or "v2"), use_from Unix seconds
 * before which the key only opens (secrets reach processes at different moments). Versions are
 * given for all keys, newest highest, or for none: then the last is v1. Without any key of that
 * form the whole text is one key, as in the original (stretched by PBKDF2); such a text may also
 * stand in a list as an old key, if it holds no separator. The ring owns its keys, wipes them, and
 * never changes. The token's prefix and version are authenticated. */
#ifndef COMMON_CRYPTO_REFRESH_RING_H
#define COMMON_CRYPTO_REFRESH_RING_H

#include "common/base/arena.h"
#include "common/base/failure.h"

#define REFRESH_TOKEN_PREFIX "mcp_refresh__"

enum {
    REFRESH_RING_KEYS_MAX = 16,
    REFRESH_RING_TEXT_KEY_BYTES_MIN = 16, /* below, anyone who holds a token could guess the key */
    REFRESH_RING_VERSION_MAX = 999999,
};

struct refresh_ring;

/* FAIL_CONFIGURATION_INVALID, and *problem is a sentence (static) that says what to change. */
enum failure refresh_ring_new(struct str text, struct refresh_ring **ret_ring,
                              const char **problem) MUST_CHECK;
void refresh_ring_free(struct refresh_ring *ring); /* accepts NULL */

size_t refresh_ring_keys_count(const struct refresh_ring *ring);
/* Keys that are not 32 bytes of base64: worth a warning in the log, with the advice to rotate. */
size_t refresh_ring_text_keys_count(const struct refresh_ring *ring);
/* The version that seals now, and the newest one known. */
int64_t refresh_ring_sealing_version(const struct refresh_ring *ring);
int64_t refresh_ring_newest_version(const struct refresh_ring *ring);
/* The key at this place, newest first: its version, and Unix seconds (0: not given). */
void refresh_ring_describe(const struct refresh_ring *ring, size_t index, int64_t *ret_version,
                           int64_t *ret_use_from_s);
/* The same keys, versions and use_from. */
bool refresh_ring_equals(const struct refresh_ring *a, const struct refresh_ring *b);
/* "v2@<use_from> v1"; no secret. Absent when the arena is full. */
struct str refresh_ring_ids(const struct refresh_ring *ring, struct arena *arena);

/* FAIL_CRYPTO, or FAIL_LIMIT_REACHED when the arena is full. */
enum failure refresh_ring_seal(const struct refresh_ring *ring, struct str payload,
                               struct arena *arena, struct str *ret_token) MUST_CHECK;
/* FAIL_REFRESH_TOKEN_INVALID; FAIL_CONFIGURATION_BEHIND (503) when the token names a version newer
 * than any known, because this process may not have read the newest secret yet; or
 * FAIL_LIMIT_REACHED when the arena is full. */
enum failure refresh_ring_open(const struct refresh_ring *ring, struct str token,
                               struct arena *arena, struct str *ret_payload) MUST_CHECK;
bool refresh_ring_version_is_newer(const struct refresh_ring *ring, struct str token);

#endif
