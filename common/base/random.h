/* Random bytes for ids and secrets.
 *
 *     unsigned char seed[32];
 *     random_fill(seed, sizeof(seed)); */
#ifndef COMMON_BASE_RANDOM_H
#define COMMON_BASE_RANDOM_H

#include <stddef.h>

/* From the kernel by OpenSSL's generator; ends the process when there is none, because nothing safe
 * can be done without. */
void random_fill(void *ret_bytes, size_t len);

/* For tests: every later byte comes from this counter-fed stream; 0 goes back to real ones. */
void random_fix(unsigned long seed);

#endif
