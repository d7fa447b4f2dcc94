/* OpenSSL's coder knows neither this alphabet nor strictness; both matter, because a second
 * spelling of one value would pass a comparison that it should not pass. */
#include "common/base/base64url.h"

#include <string.h>

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct str base64url_encode(struct arena *arena, struct str bytes)
{
    size_t len = (bytes.len * 8 + 5) / 6;
    char *out = arena_take(arena, len + 1);
    if (out == NULL)
        return STR_ABSENT;
    uint32_t bits = 0;
    unsigned have = 0;
    size_t at = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        bits = bits << 8 | (unsigned char)bytes.at[i];
        for (have += 8; have >= 6; have -= 6)
            out[at++] = ALPHABET[bits >> (have - 6) & 63];
    }
    if (have > 0)
        out[at++] = ALPHABET[bits << (6 - have) & 63];
    return str_from_bytes(out, at);
}

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool base64url_decode(struct arena *arena, struct str text, struct str *ret_bytes)
{
    if (text.len % 4 == 1)
        return false;
    size_t len = text.len * 6 / 8;
    char *out = arena_take(arena, len + 1);
    if (out == NULL)
        return false;
    uint32_t bits = 0;
    unsigned have = 0;
    size_t at = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = value_of(text.at[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (unsigned)value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[at++] = (char)(bits >> have & 0xff);
        }
    }
    if ((bits & ((1u << have) - 1)) != 0)
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
