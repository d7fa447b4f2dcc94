/* Characters of UTF-8 (RFC 3629): no overlong form, no surrogate, nothing beyond U+10FFFF.
 *
 *     uint32_t character;
 *     while (name.len > 0 && utf8_next(&name, &character))
 *         length++;
 */
#ifndef COMMON_BASE_UTF8_H
#define COMMON_BASE_UTF8_H

#include "common/base/str.h"

/* The first character of a text that is not empty; *rest moves behind it. False, and nothing
 * written, when it is broken. */
bool utf8_next(struct str *rest, uint32_t *ret_character);

bool utf8_is_valid(struct str text);

enum { UTF8_BYTES_MAX = 4 };
/* Writes a character that is no surrogate; answers the bytes written, 1 to 4. */
size_t utf8_write(char *out, uint32_t character);

#endif
