#include "common/base/value_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Of gcc and clang; one instruction for each comparison on every 64-bit processor. */
enum { VECTOR_BYTES = 16 };
typedef signed char bytes __attribute__((vector_size(VECTOR_BYTES)));

/* Signed, so that bytes beyond ASCII are below zero. */
static bool has_special(const char *at)
{
    bytes sixteen;
    uint64_t halves[VECTOR_BYTES / sizeof(uint64_t)];
    memcpy(&sixteen, at, sizeof(sixteen));
    sixteen = (sixteen < ' ') | (sixteen == '"') | (sixteen == '\\');
    memcpy(halves, &sixteen, sizeof(halves));
    return (halves[0] | halves[1]) != 0;
}

static bool is_special(signed char c)
{
    return c < ' ' || c == '"' || c == '\\';
}

const char *value_text_skip(const char *at, const char *end)
{
    while (end - at >= VECTOR_BYTES && !has_special(at))
        at += VECTOR_BYTES;
    while (at < end && !is_special((signed char)*at))
        at++;
    return at;
}
