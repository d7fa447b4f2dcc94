/* The last line is written as it stands here: the log is made with jansson. */
#include "common/base/memory.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn static void memory_gone(void)
{
    static const char line[] = "{\"level\":\"error\",\"event\":\"memory.gone\"}\n";
    if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
        abort(); /* nobody reads; it ends all the same */
    abort();
}

static void *take(size_t size_bytes)
{
    void *at = size_bytes > 0 ? malloc(size_bytes) : NULL;
    if (at == NULL && size_bytes > 0)
        memory_gone();
    return at;
}

static void *crypto_take(size_t size_bytes, const char *file, int line)
{
    (void)file, (void)line;
    return take(size_bytes);
}

static void *crypto_resize(void *at, size_t size_bytes, const char *file, int line)
{
    (void)file, (void)line;
    if (size_bytes == 0) {
        free(at);
        return NULL;
    }
    void *larger = realloc(at, size_bytes);
    if (larger == NULL)
        memory_gone();
    return larger;
}

static void crypto_release(void *at, const char *file, int line)
{
    (void)file, (void)line;
    free(at);
}

void memory_guard_libraries(void)
{
    json_set_alloc_funcs(take, free);
    if (CRYPTO_set_mem_functions(crypto_take, crypto_resize, crypto_release) != 1)
        abort();
}
