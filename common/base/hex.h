/* Lower-case hexadecimal: request ids, grant ids, digests in key names. */
#ifndef COMMON_BASE_HEX_H
#define COMMON_BASE_HEX_H

#include "common/base/arena.h"

/* The absent text when the arena is full. */
struct str hex_encode(struct arena *arena, struct str bytes);
/* Writes 2 * len characters and a NUL to out. */
void hex_write(char *out, const void *bytes, size_t len);
/* Exactly 2 * len lower-case digits, else false. */
bool hex_read(struct str text, void *ret_bytes, size_t len);
bool hex_is_valid(struct str text); /* lower-case digits only, any length */

#endif
