#include "common/base/value_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <endian.h>
#include <string.h>

/* Of gcc and clang; one instruction for each comparison on every 64-bit processor. */
enum { VECTOR_BYTES = 16 };
typedef signed char bytes __attribute__((vector_size(VECTOR_BYTES)));

/* How many bytes stand before the first one whose mark is set. */
static size_t bytes_before(uint64_t marks)
{
    return (size_t)__builtin_ctzll(le64toh(marks)) / 8;
}

/* Of sixteen bytes; 16 when all stand for themselves. Signed, so that bytes beyond ASCII are below
 * zero. */
static size_t plain_count(const char *at)
{
    bytes sixteen;
    uint64_t halves[VECTOR_BYTES / sizeof(uint64_t)];
    memcpy(&sixteen, at, sizeof(sixteen));
    sixteen = (sixteen < ' ') | (sixteen == '"') | (sixteen == '\\');
    memcpy(halves, &sixteen, sizeof(halves));
    return halves[0] != 0   ? bytes_before(halves[0])
           : halves[1] != 0 ? sizeof(halves[0]) + bytes_before(halves[1])
                            : VECTOR_BYTES;
}

static bool is_special(signed char c)
{
    return c < ' ' || c == '"' || c == '\\';
}

const char *value_text_skip(const char *at, const char *end)
{
    while (end - at >= VECTOR_BYTES) {
        size_t plain = plain_count(at);
        at += plain;
        if (plain < VECTOR_BYTES)
            return at;
    }
    while (at < end && !is_special((signed char)*at))
        at++;
    return at;
}
