/* OpenSSL's coder knows neither this alphabet nor strictness; both matter, because a second
 * spelling of one value would pass a comparison that it should not pass. */
#include "common/base/base64url.h"

#include <string.h>

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct str base64url_encode(struct arena *arena, struct str bytes)
{
    const unsigned char *in = (const unsigned char *)bytes.at;
    size_t len = (bytes.len * 8 + 5) / 6, at = 0, i = 0;
    char *out = arena_take(arena, len + 1);
    if (out == NULL)
        return STR_ABSENT;
    for (; i + 3 <= bytes.len; i += 3) {
        uint32_t bits = (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | in[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            out[at++] = ALPHABET[bits >> shift & 63];
    }
    uint32_t bits = i < bytes.len ? (uint32_t)in[i] << 16 : 0;
    if (i + 1 < bytes.len)
        bits |= (uint32_t)in[i + 1] << 8;
    for (int shift = 18; at < len; shift -= 6)
        out[at++] = ALPHABET[bits >> shift & 63];
    return str_from_bytes(out, len);
}

enum { FOREIGN = 64 }; /* this bit: a character that stands for nothing */

static uint32_t value_of(char c)
{
    /* one more than the value, so that what is not named is 0 */
    static const unsigned char values[256] = {
        ['A'] = 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,         12,         13,
        14,         15, 16, 17, 18, 19, 20, 21, 22, 23, 24,         25,         26,
        ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37,         38,         39,
        40,         41, 42, 43, 44, 45, 46, 47, 48, 49, 50,         51,         52,
        ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, ['-'] = 63, ['_'] = 64,
    };
    return (values[(unsigned char)c] - 1u) & 127u;
}

bool base64url_decode(struct arena *arena, struct str text, struct str *ret_bytes)
{
    if (text.len % 4 == 1)
        return false;
    size_t len = text.len * 6 / 8, at = 0, i = 0;
    char *out = arena_take(arena, len + 1);
    if (out == NULL)
        return false;
    uint32_t seen = 0, bits = 0;
    for (; i + 4 <= text.len; i += 4) {
        uint32_t a = value_of(text.at[i]), b = value_of(text.at[i + 1]);
        uint32_t c = value_of(text.at[i + 2]), d = value_of(text.at[i + 3]);
        seen |= a | b | c | d;
        bits = a << 18 | b << 12 | c << 6 | d;
        out[at++] = (char)(bits >> 16 & 0xff);
        out[at++] = (char)(bits >> 8 & 0xff);
        out[at++] = (char)(bits & 0xff);
    }
    unsigned have = 0;
    for (bits = 0; i < text.len; i++, have += 6) {
        uint32_t value = value_of(text.at[i]);
        seen |= value;
        bits = bits << 6 | (value & 63);
    }
    for (; have >= 8; have -= 8)
        out[at++] = (char)(bits >> (have - 8) & 0xff);
    if ((seen & FOREIGN) || (bits & ((1u << have) - 1)) != 0)
        return false;
    *ret_bytes = str_from_bytes(out, at);
    return true;
}

bool base64_decode_any(struct arena *arena, struct str text, struct str *ret_bytes)
{
    struct str copy = arena_dup(arena, text);
    if (!str_is_present(copy))
        return false;
    while (copy.len > 0 && copy.at[copy.len - 1] == '=')
        copy.len--;
    char *out = arena_take(arena, copy.len + 1);
    if (out == NULL)
        return false;
    for (size_t i = 0; i < copy.len; i++)
        out[i] = copy.at[i] == '+' ? '-' : copy.at[i] == '/' ? '_' : copy.at[i];
    return base64url_decode(arena, str_from_bytes(out, copy.len), ret_bytes);
}
