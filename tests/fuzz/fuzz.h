/* What the fuzz targets share: each one defines fuzz_one, which libFuzzer calls with inputs that it
 * invents from the seeds in corpus/, keeping those that reach new code.
 *
 *     void fuzz_one(struct str input, struct arena *arena)
 *     {
 *         struct uri uri;
 *         if (uri_split(input, &uri))
 *             FUZZ_CHECK(uri.scheme.len > 0);
 *     }
 *
 * Not crashing is checked by the sanitizers; FUZZ_CHECK says what must hold besides. The input has
 * exactly its length on the heap, so that reading one byte beyond it is seen. Everything in the
 * arena is gone after fuzz_one. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "common/base/arena.h"
#include "common/base/failure.h"

#define FUZZ_CHECK(claim)                                                                          \
    do {                                                                                           \
        if (!(claim))                                                                              \
            fuzz_fail(__FILE__, __LINE__, #claim);                                                 \
    } while (0)

void fuzz_one(struct str input, struct arena *arena);

_Noreturn void fuzz_fail(const char *file, int line, const char *claim);

/* Cuts the next line off, for targets that take several texts. Without one left: the absent text.
 */
struct str fuzz_line(struct str *rest);

#endif
