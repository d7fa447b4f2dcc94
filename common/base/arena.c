/* Blocks are chained, newest first; a request usually fits into its first block, so that one malloc
 * and one free serve it. */
#include "common/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 8 * 1024, ALIGNMENT_BYTES = 16 };

struct block {
    struct block *older;
    size_t size_bytes;
    size_t used_bytes;
    _Alignas(ALIGNMENT_BYTES) char bytes[];
};

struct arena {
    struct block *newest;
    size_t ceiling_bytes;
    size_t used_bytes;
    bool has_failed;
};

static size_t takes_until_failure;

void arena_fail_at(size_t n)
{
    takes_until_failure = n;
}

struct arena *arena_new(size_t ceiling_bytes)
{
    struct arena *arena = calloc(1, sizeof(*arena));
    /* Half of the address space, so that rounding up and a block's head cannot overflow. */
    if (arena != NULL)
        arena->ceiling_bytes = ceiling_bytes < SIZE_MAX / 2 ? ceiling_bytes : SIZE_MAX / 2;
    return arena;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    for (struct block *block = arena->newest, *older; block != NULL; block = older) {
        older = block->older;
        explicit_bzero(block->bytes, block->used_bytes);
        free(block);
    }
    free(arena);
}

static struct block *block_add(struct arena *arena, size_t size_bytes)
{
    size_t room = size_bytes > BLOCK_BYTES ? size_bytes : BLOCK_BYTES;
    struct block *block = malloc(sizeof(*block) + room);
    if (block == NULL)
        return NULL;
    *block = (struct block){.older = arena->newest, .size_bytes = room};
    arena->newest = block;
    return block;
}

static char *find_room(struct arena *arena, size_t size_bytes)
{
    if (takes_until_failure > 0 && --takes_until_failure == 0)
        return NULL;
    if (size_bytes > arena->ceiling_bytes - arena->used_bytes)
        return NULL;
    size_t rounded = (size_bytes + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
    if (rounded > arena->ceiling_bytes - arena->used_bytes)
        return NULL;
    struct block *block = arena->newest;
    if (block == NULL || block->size_bytes - block->used_bytes < rounded)
        block = block_add(arena, rounded);
    if (block == NULL)
        return NULL;
    char *at = block->bytes + block->used_bytes;
    block->used_bytes += rounded;
    arena->used_bytes += rounded;
    return at;
}

/* As arena_take, but not zeroed. */
static char *reserve(struct arena *arena, size_t size_bytes)
{
    char *at = find_room(arena, size_bytes);
    arena->has_failed |= at == NULL;
    return at;
}

void *arena_take(struct arena *arena, size_t size_bytes)
{
    char *at = reserve(arena, size_bytes);
    return at != NULL
               ? memset(at, 0,
                        (size_bytes + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES)
               : NULL;
}

void *arena_take_array(struct arena *arena, size_t count, size_t size_bytes)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size_bytes, &bytes))
        bytes = SIZE_MAX;
    return arena_take(arena, bytes);
}

struct str arena_dup(struct arena *arena, struct str text)
{
    char *copy = str_is_present(text) ? arena_take(arena, text.len + 1) : NULL;
    if (copy == NULL)
        return STR_ABSENT;
    if (text.len > 0)
        memcpy(copy, text.at, text.len);
    return str_from_bytes(copy, text.len);
}

struct strs arena_dup_strs(struct arena *arena, struct strs list)
{
    struct strs copy = {.at = arena_take_array(arena, list.len + 1, sizeof(*copy.at))};
    for (; copy.at != NULL && copy.len < list.len; copy.len++) {
        copy.at[copy.len] = arena_dup(arena, list.at[copy.len]);
        if (!str_is_present(copy.at[copy.len]) && str_is_present(list.at[copy.len]))
            return (struct strs){.at = NULL};
    }
    return copy;
}

const char *arena_dup_cstr(struct arena *arena, struct str text)
{
    return arena_dup(arena, text).at;
}

/* Printed into what is left of the newest block, which mostly suffices: measuring first would print
 * twice. */
struct str arena_printf(struct arena *arena, const char *format, ...)
{
    struct block *block = arena->newest;
    char *room = block != NULL ? block->bytes + block->used_bytes : NULL;
    size_t room_bytes = block != NULL ? block->size_bytes - block->used_bytes : 0;
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int len = vsnprintf(room, room_bytes, format, arguments);
    char *at = len < 0 ? NULL : reserve(arena, (size_t)len + 1);
    if (at != room && room_bytes > 0)
        explicit_bzero(room, (size_t)len < room_bytes ? (size_t)len + 1 : room_bytes);
    if (at != NULL && at != room)
        vsnprintf(at, (size_t)len + 1, format, again);
    va_end(again);
    va_end(arguments);
    return at != NULL ? str_from_bytes(at, (size_t)len) : STR_ABSENT;
}

struct str arena_join(struct arena *arena, const struct str *texts, size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        if (!str_is_present(texts[i]))
            return STR_ABSENT;
        len += texts[i].len;
    }
    char *at = reserve(arena, len + 1), *next = at;
    if (at == NULL)
        return STR_ABSENT;
    for (size_t i = 0; i < count; i++) {
        memcpy(next, texts[i].at, texts[i].len);
        next += texts[i].len;
    }
    *next = '\0';
    return str_from_bytes(at, len);
}

/* Its digits are made from the last to the first. */
struct str arena_decimal(struct arena *arena, int64_t value)
{
    char digits[sizeof("-9223372036854775808")];
    char *at = digits + sizeof(digits) - 1, *end = at;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        *--at = '-';
    return arena_dup(arena, str_from_bytes(at, (size_t)(end - at)));
}

bool arena_has_failed(const struct arena *arena)
{
    return arena->has_failed;
}

size_t arena_used_bytes(const struct arena *arena)
{
    return arena->used_bytes;
}
