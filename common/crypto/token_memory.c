/* A table in which each digest has two places, chosen by its first bytes. Whoever holds many valid
 * tokens can push out others, which costs their owners a verification and nothing else. */
#include "common/crypto/token_memory.h"
#include "common/crypto/digest.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES = 2, SETS = TOKEN_MEMORY_TOKENS_MAX / PLACES };

struct entry {
    unsigned char digest[DIGEST_BYTES];
    bool is_used;
    unsigned char typ;
};

struct token_memory {
    struct entry sets[SETS][PLACES]; /* the newest first */
};

struct token_memory *token_memory_new(void)
{
    return calloc(1, sizeof(struct token_memory));
}

void token_memory_free(struct token_memory *memory)
{
    free(memory);
}

static struct entry entry_of(enum jwt_typ typ, struct str token)
{
    struct entry entry = {.is_used = true, .typ = (unsigned char)typ};
    digest_sha256(token, entry.digest);
    return entry;
}

static size_t set_of(const struct entry *entry)
{
    return (size_t)(entry->digest[0] << 8 | entry->digest[1]) % SETS;
}

static bool is_same(const struct entry *a, const struct entry *b)
{
    return a->is_used && a->typ == b->typ && memcmp(a->digest, b->digest, DIGEST_BYTES) == 0;
}

bool token_memory_has(const struct token_memory *memory, enum jwt_typ typ, struct str token)
{
    if (memory == NULL)
        return false;
    struct entry entry = entry_of(typ, token);
    const struct entry *set = memory->sets[set_of(&entry)];
    return is_same(&set[0], &entry) || is_same(&set[1], &entry);
}

void token_memory_add(struct token_memory *memory, enum jwt_typ typ, struct str token)
{
    if (memory == NULL)
        return;
    struct entry entry = entry_of(typ, token);
    struct entry *set = memory->sets[set_of(&entry)];
    set[1] = set[0];
    set[0] = entry;
}
