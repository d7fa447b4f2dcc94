/* Tokens that have been verified: a proxy shows the same one with each request of its client, and a
 * SHA-256 costs a tenth of a signature's verification.
 *
 *     struct token_memory *memory = token_memory_new();
 *     if (!token_memory_has(memory, typ, token)) {
 *         ...verify it, and only when it is right:
 *         token_memory_add(memory, typ, token);
 *     }
 *     token_memory_free(memory);
 *
 * It holds digests only, so nothing can be read out of it, and a fixed number of them: a new one
 * takes the place of an older one. It knows nothing of time, issuer or revocation, which are asked
 * anew each time. It belongs to one set of keys and ends with it, so that a key that is withdrawn
 * takes along what was believed for its sake. For one thread. */
#ifndef COMMON_CRYPTO_TOKEN_MEMORY_H
#define COMMON_CRYPTO_TOKEN_MEMORY_H

#include "common/base/str.h"
#include "common/crypto/signing_key.h"

enum { TOKEN_MEMORY_TOKENS_MAX = 8192 };

struct token_memory;

struct token_memory *token_memory_new(void);         /* NULL when memory is gone; some 270 KB */
void token_memory_free(struct token_memory *memory); /* accepts NULL */

/* Whether exactly this text was added for this typ. Accepts NULL, which has none. */
bool token_memory_has(const struct token_memory *memory, enum jwt_typ typ, struct str token);
void token_memory_add(struct token_memory *memory, enum jwt_typ typ, struct str token);

#endif
