/* A ring is read once and never changes; its keys are wiped with it. Opening tries the key of the
 * token's version first and then the others: in a list without versions the numbers shift when the
 * oldest key is dropped, and the tokens must go on. */
#include "common/crypto/refresh_ring.h"

#include "common/base/base64url.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/crypto/aead.h"
#include "common/crypto/decode.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum {
    TEXT_KEY_ITERATIONS = 100000, /* as many as the original */
    RING_TEXT_BYTES_MAX = 4096,
    VERSION_DIGITS_MAX = 6,
    SCRATCH_BYTES_MAX = 64 * 1024,
};

static const char SEPARATORS[] = ", \t\r\n";

struct refresh_key {
    unsigned char bytes[AEAD_KEY_BYTES];
    int64_t version; /* 0 until it is known */
    int64_t use_from_s;
    bool is_text;
};

struct refresh_ring {
    struct refresh_key keys[REFRESH_RING_KEYS_MAX]; /* newest first */
    size_t len;
};

void refresh_ring_free(struct refresh_ring *ring)
{
    if (ring == NULL)
        return;
    OPENSSL_cleanse(ring, sizeof(*ring));
    free(ring);
}

/* "2" or "v2". */
static bool read_version(struct str text, int64_t *ret_version)
{
    struct str digits = str_starts_with(text, STR("v")) ? str_from(text, 1) : text;
    int64_t version;
    if (digits.len > VERSION_DIGITS_MAX || str_starts_with(digits, STR("0")) ||
        !str_to_i64(digits, &version))
        return false;
    *ret_version = version;
    return true;
}

/* Takes "version:" from the front of the text, when it is there. */
static struct str cut_version(struct str text, int64_t *version)
{
    struct str before, after;
    bool has_version = str_cut(text, ':', &before, &after) && read_version(before, version);
    return has_version ? after : text;
}

/* [version:]base64[@use_from]; false when the middle is not 32 bytes of base64. */
static bool read_key(struct str text, struct arena *scratch, struct refresh_key *ret_key)
{
    struct refresh_key key = {0};
    struct str before, after, bytes;
    text = cut_version(text, &key.version);
    if (str_cut(text, '@', &before, &after)) {
        if (!str_to_i64(after, &key.use_from_s))
            return false;
        text = before;
    }
    if (!base64_decode_any(scratch, text, &bytes) || bytes.len != sizeof(key.bytes))
        return false;
    memcpy(key.bytes, bytes.at, bytes.len);
    *ret_key = key;
    return true;
}

/* Any text, as the original took it; stretched, because a text holds less than it is long. */
static const char *read_text_key(struct str text, struct refresh_key *ret_key)
{
    static const unsigned char SALT[] = "mcp-oauth refresh ring";
    struct refresh_key key = {.is_text = true};
    text = cut_version(text, &key.version);
    if (text.len < REFRESH_RING_TEXT_KEY_BYTES_MIN)
        return "A refresh-token key is too short to be safe; give 32 random bytes in base64 "
               "(openssl rand -base64 32).";
    if (PKCS5_PBKDF2_HMAC(text.at, (int)text.len, SALT, sizeof(SALT) - 1, TEXT_KEY_ITERATIONS,
                          EVP_sha256(), sizeof(key.bytes), key.bytes) != 1)
        return "The refresh-token key could not be derived from its text.";
    *ret_key = key;
    return NULL;
}

static bool next_part(struct str *rest, struct str *ret_part)
{
    size_t start = 0, end;
    while (start < rest->len && strchr(SEPARATORS, rest->at[start]) != NULL)
        start++;
    for (end = start; end < rest->len && strchr(SEPARATORS, rest->at[end]) == NULL;)
        end++;
    *ret_part = (struct str){.at = rest->at + start, .len = end - start};
    *rest = str_from(*rest, end);
    return ret_part->len > 0;
}

static bool has_proper_key(struct str text, struct arena *scratch)
{
    struct refresh_key key;
    bool is_proper = false;
    for (struct str part; !is_proper && next_part(&text, &part);)
        is_proper = read_key(part, scratch, &key);
    OPENSSL_cleanse(&key, sizeof(key));
    return is_proper;
}

static struct str trim(struct str text)
{
    while (text.len > 0 && strchr(SEPARATORS, text.at[0]) != NULL)
        text = str_from(text, 1);
    while (text.len > 0 && strchr(SEPARATORS, text.at[text.len - 1]) != NULL)
        text.len--;
    return text;
}

/* All keys carry a version, falling, or none does and the last is v1. */
static const char *set_versions(struct refresh_ring *ring)
{
    size_t with_version = 0;
    for (size_t i = 0; i < ring->len; i++)
        with_version += ring->keys[i].version != 0;
    if (with_version != 0 && with_version != ring->len)
        return "Give every refresh-token key a version (2:<key>,1:<key>), or none.";
    for (size_t i = 0; i < ring->len; i++)
        if (with_version == 0)
            ring->keys[i].version = (int64_t)(ring->len - i);
    for (size_t i = 1; i < ring->len; i++)
        if (ring->keys[i].version >= ring->keys[i - 1].version)
            return "List the refresh-token keys newest first, each version once (2:<key>,1:<key>).";
    return NULL;
}

static const char *read_ring(struct refresh_ring *ring, struct str text, struct arena *scratch)
{
    const char *problem = NULL;
    if (text.len > RING_TEXT_BYTES_MAX || memchr(text.at, 0, text.len) != NULL)
        return "The text of the refresh-token keys is too long or holds a NUL.";
    if (!has_proper_key(text, scratch)) {
        ring->len = 1;
        problem = read_text_key(text, &ring->keys[0]);
        return problem != NULL ? problem : set_versions(ring);
    }
    for (struct str part; problem == NULL && next_part(&text, &part);) {
        if (ring->len == REFRESH_RING_KEYS_MAX)
            return "There are more than 16 refresh-token keys; drop the oldest.";
        struct refresh_key *key = &ring->keys[ring->len++];
        if (!read_key(part, scratch, key))
            problem = read_text_key(part, key);
    }
    return problem != NULL ? problem : set_versions(ring);
}

enum failure refresh_ring_new(struct str text, struct refresh_ring **ret_ring, const char **problem)
{
    struct refresh_ring *ring = calloc(1, sizeof(*ring));
    struct arena *scratch = arena_new(SCRATCH_BYTES_MAX);
    struct str trimmed = trim(text);
    const char *why = "There is no memory for the refresh-token keys.";
    if (trimmed.len == 0)
        why = "There is no refresh-token key; give 32 random bytes in base64 "
              "(openssl rand -base64 32).";
    else if (ring != NULL && scratch != NULL)
        why = read_ring(ring, trimmed, scratch);
    arena_free(scratch);
    if (why != NULL) {
        refresh_ring_free(ring);
        *problem = why;
        return FAIL_CONFIGURATION_INVALID;
    }
    *ret_ring = ring;
    return OK;
}

size_t refresh_ring_keys_count(const struct refresh_ring *ring)
{
    return ring->len;
}

size_t refresh_ring_text_keys_count(const struct refresh_ring *ring)
{
    size_t count = 0;
    for (size_t i = 0; i < ring->len; i++)
        count += ring->keys[i].is_text;
    return count;
}

/* The newest in force. When none is, the oldest: it is the one that everyone has had longest. */
static const struct refresh_key *sealing_key(const struct refresh_ring *ring)
{
    int64_t now_s = clock_wall_s();
    for (size_t i = 0; i < ring->len; i++)
        if (ring->keys[i].use_from_s <= now_s)
            return &ring->keys[i];
    return &ring->keys[ring->len - 1];
}

int64_t refresh_ring_sealing_version(const struct refresh_ring *ring)
{
    return sealing_key(ring)->version;
}

int64_t refresh_ring_newest_version(const struct refresh_ring *ring)
{
    return ring->keys[0].version;
}

bool refresh_ring_equals(const struct refresh_ring *a, const struct refresh_ring *b)
{
    bool is_equal = a->len == b->len;
    for (size_t i = 0; is_equal && i < a->len; i++)
        is_equal = a->keys[i].version == b->keys[i].version &&
                   a->keys[i].use_from_s == b->keys[i].use_from_s &&
                   CRYPTO_memcmp(a->keys[i].bytes, b->keys[i].bytes, AEAD_KEY_BYTES) == 0;
    return is_equal;
}

void refresh_ring_describe(const struct refresh_ring *ring, size_t index, int64_t *ret_version,
                           int64_t *ret_use_from_s)
{
    *ret_version = ring->keys[index].version;
    *ret_use_from_s = ring->keys[index].use_from_s;
}

struct str refresh_ring_ids(const struct refresh_ring *ring, struct arena *arena)
{
    struct str text = STR("");
    for (size_t i = 0; str_is_present(text) && i < ring->len; i++) {
        const struct refresh_key *key = &ring->keys[i];
        text = arena_printf(arena, "%.*s%sv%lld", STR_ARGS(text), i > 0 ? " " : "",
                            (long long)key->version);
        if (key->use_from_s != 0 && str_is_present(text))
            text = arena_printf(arena, "%.*s@%lld", STR_ARGS(text), (long long)key->use_from_s);
    }
    return text;
}

enum failure refresh_ring_seal(const struct refresh_ring *ring, struct str payload,
                               struct arena *arena, struct str *ret_token)
{
    const struct refresh_key *key = sealing_key(ring);
    struct str sealed;
    struct str prefix = ARENA_JOIN(arena, STR(REFRESH_TOKEN_PREFIX "v"),
                                   arena_decimal(arena, key->version), STR("."));
    if (!str_is_present(prefix))
        return FAIL_LIMIT_REACHED;
    TRY(aead_seal(key->bytes, prefix, payload, arena, &sealed));
    struct str encoded = base64url_encode(arena, sealed);
    struct str token = ARENA_JOIN(arena, prefix, encoded);
    if (!str_is_present(token) || token.len > TOKEN_BYTES_MAX)
        return FAIL_LIMIT_REACHED;
    *ret_token = token;
    return OK;
}

/* mcp_refresh__v<version>.<rest>, in exactly the spelling that seal writes. */
static bool read_token(struct str token, int64_t *ret_version, struct str *ret_prefix,
                       struct str *ret_rest)
{
    struct str version, rest;
    if (token.len > TOKEN_BYTES_MAX || !str_starts_with(token, STR(REFRESH_TOKEN_PREFIX "v")) ||
        !str_cut(str_from(token, sizeof(REFRESH_TOKEN_PREFIX "v") - 1), '.', &version, &rest) ||
        str_starts_with(version, STR("v")) || !read_version(version, ret_version))
        return false;
    *ret_prefix = str_first(token, token.len - rest.len);
    *ret_rest = rest;
    return true;
}

static enum failure open_with_any(const struct refresh_ring *ring, int64_t version,
                                  struct str prefix, struct str sealed, struct arena *arena,
                                  struct str *ret_payload)
{
    for (int is_other_version = 0; is_other_version <= 1; is_other_version++) {
        for (size_t i = 0; i < ring->len; i++) {
            const struct refresh_key *key = &ring->keys[i];
            if ((key->version != version) != is_other_version)
                continue;
            enum failure failure = aead_open(key->bytes, prefix, sealed, arena, ret_payload);
            if (failure != FAIL_CRYPTO)
                return failure;
        }
    }
    return FAIL_CRYPTO;
}

enum failure refresh_ring_open(const struct refresh_ring *ring, struct str token,
                               struct arena *arena, struct str *ret_payload)
{
    struct str prefix, rest, sealed;
    int64_t version;
    if (!read_token(token, &version, &prefix, &rest))
        return FAIL_REFRESH_TOKEN_INVALID;
    enum failure failure = decode_base64url(arena, rest, &sealed);
    if (failure == FAIL_CRYPTO) /* no key, however new, seals such a text */
        return FAIL_REFRESH_TOKEN_INVALID;
    if (failure == OK)
        failure = open_with_any(ring, version, prefix, sealed, arena, ret_payload);
    if (failure != FAIL_CRYPTO)
        return failure;
    return version > ring->keys[0].version ? FAIL_CONFIGURATION_BEHIND : FAIL_REFRESH_TOKEN_INVALID;
}

bool refresh_ring_version_is_newer(const struct refresh_ring *ring, struct str token)
{
    struct str prefix, rest;
    int64_t version;
    return read_token(token, &version, &prefix, &rest) && version > ring->keys[0].version;
}
