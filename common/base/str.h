/* Borrowed text: a pointer and a length, never owned, not NUL-terminated.
 *
 *     struct str scope = STR("email openid"), word;
 *     while (str_next_word(&scope, &word))
 *         log_debug("scope", LOG_STR("word", word));
 *
 * A str lives as long as the memory that it points into (a request's arena, a literal). at == NULL
 * means "absent", which differs from the empty text. `char *` appears only at a library's border.
 */
#ifndef COMMON_BASE_STR_H
#define COMMON_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
    const char *at;
    size_t len;
};

/* A list of texts, in memory that the maker names. */
struct strs {
    struct str *at;
    size_t len;
};

#define STR(literal) ((struct str){.at = "" literal, .len = sizeof(literal) - 1})
#define STR_INIT(literal)                                                                          \
    {                                                                                              \
        .at = "" literal, .len = sizeof(literal) - 1                                               \
    }
#define STR_ABSENT     ((struct str){.at = NULL, .len = 0})
/* For printf-like functions: printf("%.*s", STR_ARGS(text)). */
#define STR_ARGS(text) (int)(text).len, (text).at ? (text).at : ""

struct str str_from_cstr(const char *cstr); /* NULL gives the absent text */
struct str str_from_bytes(const void *at, size_t len);

bool str_is_present(struct str text);
bool str_is_empty(struct str text); /* absent or of length 0 */
bool str_equals(struct str a, struct str b);
bool str_equals_cstr(struct str a, const char *b);
/* ASCII only: host names, schemes, GitHub logins. */
bool str_equals_ignoring_case(struct str a, struct str b);
bool str_starts_with(struct str text, struct str prefix);
bool str_ends_with(struct str text, struct str suffix);
/* For secrets: the time depends on the lengths only. */
bool str_equals_in_constant_time(struct str a, struct str b);

/* Index of the first c, or text.len when there is none. */
size_t str_index_of(struct str text, char c);
struct str str_first(struct str text, size_t len);  /* at most len bytes from the start */
struct str str_from(struct str text, size_t start); /* what stands behind start bytes */
/* Cuts text at the first separator: the part before it goes to *ret_before, the part behind it to
 * *ret_after. False, and nothing written, when the separator does not occur. */
bool str_cut(struct str text, char separator, struct str *ret_before, struct str *ret_after);
/* The next word of a space-separated list (RFC 6749 3.3); *rest moves behind it. */
bool str_next_word(struct str *rest, struct str *ret_word);
/* Decimal digits only, no sign, no space; false beyond INT64_MAX. */
bool str_to_i64(struct str text, int64_t *ret_value);
bool strs_contain(struct strs list, struct str text);

#endif
