/* The entry that libFuzzer calls. */
#include "tests/fuzz/fuzz.h"
#include "common/base/limits.h"
#include "common/base/random.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    if (arena == NULL)
        return 0;
    random_fix(1); /* the same input does the same again */
    fuzz_one(str_from_bytes(data, size), arena);
    arena_free(arena);
    return 0;
}

void fuzz_fail(const char *file, int line, const char *claim)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, claim);
    abort();
}

struct str fuzz_line(struct str *rest)
{
    struct str line = *rest;
    if (!str_is_present(line) || str_cut(*rest, '\n', &line, rest))
        return line;
    *rest = STR_ABSENT;
    return line;
}
