/* OpenSSL's generator asks for the process's id at each call, which is a system call, and derives
 * anew: drawing a block at a time makes an id of 16 bytes cost a copy. No process here forks. */
#include "common/base/random.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1024 };

static unsigned long fixed_state;
/* What has been handed out is wiped; one for each thread. */
static _Thread_local struct {
    unsigned char bytes[BLOCK_BYTES];
    size_t left;
} block;

void random_fix(unsigned long seed)
{
    fixed_state = seed;
}

static void draw(unsigned char *ret_bytes, size_t len)
{
    if (RAND_bytes(ret_bytes, (int)len) != 1)
        abort();
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
    if (len > BLOCK_BYTES) {
        draw(out, len);
        return;
    }
    if (block.left < len) {
        draw(block.bytes, BLOCK_BYTES);
        block.left = BLOCK_BYTES;
    }
    block.left -= len;
    memcpy(out, block.bytes + block.left, len);
    OPENSSL_cleanse(block.bytes + block.left, len);
}
