/* Memory that is given back all at once: one arena per request, with a ceiling, wiped on free.
 *
 *     struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
 *     struct str name = arena_printf(arena, "mcp:code:{%.*s}", STR_ARGS(g));
 *     if (!str_is_present(name)) ...   the ceiling was reached, or memory is gone
 *     arena_free(arena);
 *
 * Everything taken lives until arena_free, and is zeroed when taken and again when freed, because
 * requests carry secrets. Not for use from two threads. */
#ifndef COMMON_BASE_ARENA_H
#define COMMON_BASE_ARENA_H

#include "common/base/str.h"

struct arena;

/* NULL when memory is gone. ceiling_bytes bounds the sum of everything taken. */
struct arena *arena_new(size_t ceiling_bytes);
void arena_free(struct arena *arena); /* accepts NULL */

/* Zeroed, aligned for any type; NULL beyond the ceiling. */
void *arena_take(struct arena *arena, size_t size_bytes);
void *arena_take_array(struct arena *arena, size_t count, size_t size_bytes);
/* Copies are NUL-terminated behind their length. The absent text is returned on failure; the
 * absent text copies to the absent text. */
struct str arena_dup(struct arena *arena, struct str text);
/* With its texts; at is NULL on failure: never fewer texts, nor an absent one that was there. */
struct strs arena_dup_strs(struct arena *arena, struct strs list);
const char *arena_dup_cstr(struct arena *arena, struct str text); /* NULL on failure */
struct str arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* One text behind the other, a tenth of what printing them costs; absent when any of them is.
 *
 *     struct str key = ARENA_JOIN(arena, STR("mcp:code:{"), g, STR("}"));
 */
struct str arena_join(struct arena *arena, const struct str *texts, size_t count);
#define ARENA_JOIN(arena, ...)                                                                     \
    arena_join(arena, (const struct str[]){__VA_ARGS__},                                           \
               sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))
struct str arena_decimal(struct arena *arena, int64_t value);
size_t arena_used_bytes(const struct arena *arena);
/* Something has not been taken, so what was made here may lack it: for whoever hands it out. */
bool arena_has_failed(const struct arena *arena);

/* Makes the n-th next arena_take of this process fail, counted from 1; 0 switches it off. For
 * tests only: it shows that running out of memory at any point loses nothing. */
void arena_fail_at(size_t n);

#endif
