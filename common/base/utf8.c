#include "common/base/utf8.h"

#include <string.h>

/* Bytes of a character by its first one; 0 for what begins none. */
static size_t length_of(unsigned char first)
{
    return first < 0x80   ? 1
           : first < 0xc2 ? 0
           : first < 0xe0 ? 2
           : first < 0xf0 ? 3
           : first < 0xf5 ? 4
                          : 0;
}

/* The second byte tells overlong forms, surrogates and what lies beyond U+10FFFF. */
static bool second_is_allowed(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xe0:
        return second >= 0xa0;
    case 0xed:
        return second < 0xa0;
    case 0xf0:
        return second >= 0x90;
    case 0xf4:
        return second < 0x90;
    default:
        return true;
    }
}

bool utf8_next(struct str *rest, uint32_t *ret_character)
{
    const unsigned char *at = (const unsigned char *)rest->at;
    size_t len = length_of(at[0]);
    if (len == 0 || rest->len < len)
        return false;
    uint32_t character = len == 1 ? at[0] : at[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return false;
        character = character << 6 | (at[i] & 0x3f);
    }
    if (len > 1 && !second_is_allowed(at[0], at[1]))
        return false;
    *rest = str_from(*rest, len);
    *ret_character = character;
    return true;
}

/* Nearly all text is ASCII, which eight bytes tell at a time. */
static size_t ascii_len(struct str text)
{
    uint64_t eight;
    size_t len = 0;
    for (; text.len - len >= sizeof(eight); len += sizeof(eight)) {
        memcpy(&eight, text.at + len, sizeof(eight));
        if (eight & UINT64_C(0x8080808080808080))
            break;
    }
    while (len < text.len && (unsigned char)text.at[len] < 0x80)
        len++;
    return len;
}

bool utf8_is_valid(struct str text)
{
    uint32_t character;
    for (;;) {
        text = str_from(text, ascii_len(text));
        if (text.len == 0)
            return true;
        if (!utf8_next(&text, &character))
            return false;
    }
}

size_t utf8_write(char *out, uint32_t character)
{
    size_t len = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    if (len == 1) {
        out[0] = (char)character;
        return 1;
    }
    for (size_t i = len - 1; i > 0; i--, character >>= 6)
        out[i] = (char)(0x80 | (character & 0x3f));
    out[0] = (char)(0xf00u >> len | character);
    return len;
}
