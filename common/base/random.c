#include "common/base/random.h"

#include <openssl/rand.h>
#include <stdlib.h>

static unsigned long fixed_state;

void random_fix(unsigned long seed)
{
    fixed_state = seed;
}

void random_fill(void *ret_bytes, size_t len)
{
    unsigned char *out = ret_bytes;
    if (fixed_state != 0) {
        for (size_t i = 0; i < len; i++) {
            fixed_state = fixed_state * 6364136223846793005ul + 1442695040888963407ul;
            out[i] = (unsigned char)(fixed_state >> 56);
        }
        return;
    }
    if (RAND_bytes(out, (int)len) != 1)
        abort();
}
