/* Lower case only: an id has one spelling, because it becomes part of a key name. */
#include "common/base/hex.h"

void hex_write(char *out, const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[at[i] >> 4];
        out[2 * i + 1] = digits[at[i] & 15];
    }
    out[2 * len] = '\0';
}

struct str hex_encode(struct arena *arena, struct str bytes)
{
    char *out = arena_take(arena, 2 * bytes.len + 1);
    if (out == NULL)
        return STR_ABSENT;
    hex_write(out, bytes.at, bytes.len);
    return str_from_bytes(out, 2 * bytes.len);
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_is_valid(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (digit_of(text.at[i]) < 0)
            return false;
    return true;
}

bool hex_read(struct str text, void *ret_bytes, size_t len)
{
    unsigned char *out = ret_bytes;
    if (text.len != 2 * len || !hex_is_valid(text))
        return false;
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)(digit_of(text.at[2 * i]) << 4 | digit_of(text.at[2 * i + 1]));
    return true;
}
