/* What a signature costs by itself: the CPU time of one, with the product's own code and a key from
 * standard input (PEM). Prints microseconds.
 *
 *     sign_floor SECONDS <key.pem */
#include "common/crypto/signing_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PEM_BYTES_MAX = 16384 };

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    static char pem[PEM_BYTES_MAX], input[512];
    unsigned char signature[PUBLIC_KEY_SIGNATURE_BYTES_MAX];
    struct signing_key *key = NULL;
    const char *problem;
    size_t len = fread(pem, 1, sizeof(pem), stdin), signature_len, signatures = 0;
    memset(input, 'x', sizeof(input));
    if (argc != 2 || signing_key_new(str_from_bytes(pem, len), &key, &problem) != OK) {
        fprintf(stderr, "usage: sign_floor SECONDS <key.pem\n");
        return 2;
    }
    double seconds = strtod(argv[1], NULL), started_s = cpu_s(), now_s;
    do {
        if (signing_key_sign(key, str_from_bytes(input, sizeof(input)), signature,
                             &signature_len) != OK)
            return 1;
        signatures++;
        now_s = cpu_s();
    } while (now_s - started_s < seconds);
    printf("%.2f\n", (now_s - started_s) * 1e6 / (double)signatures);
    signing_key_free(key);
    return 0;
}
