/* Kept small on purpose: what a caller can say with two of these functions has no third one. */
#include "common/base/str.h"

#include <openssl/crypto.h>
#include <string.h>

struct str str_from_cstr(const char *cstr)
{
    return cstr ? (struct str){.at = cstr, .len = strlen(cstr)} : STR_ABSENT;
}

struct str str_from_bytes(const void *at, size_t len)
{
    return (struct str){.at = at, .len = len};
}

bool str_is_present(struct str text)
{
    return text.at != NULL;
}

bool str_is_empty(struct str text)
{
    return text.len == 0;
}

bool str_equals(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool str_equals_cstr(struct str a, const char *b)
{
    return str_equals(a, str_from_cstr(b));
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_equals_ignoring_case(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.at[i]) != lower(b.at[i]))
            return false;
    return true;
}

bool str_starts_with(struct str text, struct str prefix)
{
    return text.len >= prefix.len && str_equals(str_first(text, prefix.len), prefix);
}

bool str_ends_with(struct str text, struct str suffix)
{
    return text.len >= suffix.len && str_equals(str_from(text, text.len - suffix.len), suffix);
}

bool str_equals_in_constant_time(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.at, b.at, a.len) == 0);
}

size_t str_index_of(struct str text, char c)
{
    const char *found = text.len ? memchr(text.at, c, text.len) : NULL;
    return found ? (size_t)(found - text.at) : text.len;
}

struct str str_first(struct str text, size_t len)
{
    return (struct str){.at = text.at, .len = len < text.len ? len : text.len};
}

struct str str_from(struct str text, size_t start)
{
    if (text.at == NULL || start >= text.len)
        return (struct str){.at = text.at ? text.at + text.len : NULL, .len = 0};
    return (struct str){.at = text.at + start, .len = text.len - start};
}

bool str_cut(struct str text, char separator, struct str *ret_before, struct str *ret_after)
{
    size_t index = str_index_of(text, separator);
    if (index == text.len)
        return false;
    *ret_before = str_first(text, index);
    *ret_after = str_from(text, index + 1);
    return true;
}

bool str_next_word(struct str *rest, struct str *ret_word)
{
    while (rest->len > 0 && rest->at[0] == ' ')
        *rest = str_from(*rest, 1);
    if (rest->len == 0)
        return false;
    size_t end = str_index_of(*rest, ' ');
    *ret_word = str_first(*rest, end);
    *rest = str_from(*rest, end);
    return true;
}

bool str_to_i64(struct str text, int64_t *ret_value)
{
    int64_t value = 0;
    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c < '0' || c > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, c - '0', &value))
            return false;
    }
    *ret_value = value;
    return true;
}

bool strs_contain(struct strs list, struct str text)
{
    for (size_t i = 0; i < list.len; i++)
        if (str_equals(list.at[i], text))
            return true;
    return false;
}
