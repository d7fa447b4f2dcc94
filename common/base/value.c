/* A text is judged once, by value_of; walking it afterwards only looks for the ends. What is rare
 * and hard to judge (a number with a fraction, an object of very many members) is left to jansson's
 * judgement of the whole text, so that both always agree. */
#include "common/base/value.h"
#include "common/base/utf8.h"
#include "common/base/value_text.h"

#include <jansson.h>
#include <string.h>

enum { MEMBERS_COMPARED_MAX = 32 };

struct scan {
    const char *at, *end;
    unsigned depth;
    bool is_unsure;
};

enum byte_class { ORDINARY, QUOTE, BACKSLASH, CONTROL, BEYOND_ASCII };

static enum byte_class class_of(unsigned char c)
{
    static const unsigned char classes[256] = {
        [0 ... 0x1f] = CONTROL,
        ['"'] = QUOTE,
        ['\\'] = BACKSLASH,
        [0x80 ... 0xff] = BEYOND_ASCII,
    };
    return (enum byte_class)classes[c];
}

static void space_skip(struct scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r'))
        scan->at++;
}

static bool byte_take(struct scan *scan, char c)
{
    if (scan->at >= scan->end || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

/* ---- texts */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Four hex digits; -1 when there are none. */
static int32_t hex_take(struct scan *scan)
{
    int32_t number = 0;
    if (scan->end - scan->at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(*scan->at++);
        if (digit < 0)
            return -1;
        number = number << 4 | digit;
    }
    return number;
}

/* Behind "\u"; 0 for what is none, for U+0000 and for half of a surrogate pair. */
static uint32_t unicode_take(struct scan *scan)
{
    int32_t high = hex_take(scan);
    if (high <= 0 || (high >= 0xdc00 && high < 0xe000))
        return 0;
    if (high < 0xd800 || high >= 0xe000)
        return (uint32_t)high;
    if (!byte_take(scan, '\\') || !byte_take(scan, 'u'))
        return 0;
    int32_t low = hex_take(scan);
    if (low < 0xdc00 || low >= 0xe000)
        return 0;
    return 0x10000 + (((uint32_t)high & 0x3ff) << 10 | ((uint32_t)low & 0x3ff));
}

/* Behind the backslash; 0 for what is no escape. */
static uint32_t escape_take(struct scan *scan)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (scan->at >= scan->end || *scan->at == '\0')
        return 0;
    char letter = *scan->at++;
    const char *known = strchr(letters, letter);
    if (known != NULL)
        return (unsigned char)meanings[known - letters];
    return letter == 'u' ? unicode_take(scan) : 0;
}

static bool text_scan(struct scan *scan, struct value *ret_text)
{
    uint32_t character;
    bool has_escapes = false;
    if (!byte_take(scan, '"'))
        return false;
    const char *start = scan->at;
    for (;;) {
        scan->at = value_text_skip(scan->at, scan->end);
        if (scan->at >= scan->end)
            return false;
        struct str rest = str_from_bytes(scan->at, (size_t)(scan->end - scan->at));
        switch (class_of((unsigned char)*scan->at)) {
        case QUOTE:
            *ret_text = (struct value){VALUE_TEXT, has_escapes,
                                       str_from_bytes(start, (size_t)(scan->at - start))};
            scan->at++;
            return true;
        case BACKSLASH:
            scan->at++;
            has_escapes = true;
            if (escape_take(scan) == 0)
                return false;
            break;
        case BEYOND_ASCII:
            if (!utf8_next(&rest, &character))
                return false;
            scan->at = rest.at;
            break;
        case ORDINARY:
        case CONTROL:
            return false;
        }
    }
}

/* ---- numbers and words */

static size_t digits_skip(struct scan *scan)
{
    const char *start = scan->at;
    while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
        scan->at++;
    return (size_t)(scan->at - start);
}

/* An integer that certainly fits is ours; all other numbers are jansson's. */
static bool number_scan(struct scan *scan, struct value *ret_number)
{
    enum { DIGITS_CERTAIN_MAX = 18 };
    const char *start = scan->at;
    bool is_real = false;
    (void)byte_take(scan, '-');
    bool begins_with_0 = scan->at < scan->end && *scan->at == '0';
    size_t digits = digits_skip(scan);
    if (digits == 0 || (begins_with_0 && digits > 1))
        return false;
    if (byte_take(scan, '.')) {
        is_real = true;
        if (digits_skip(scan) == 0)
            return false;
    }
    if (byte_take(scan, 'e') || byte_take(scan, 'E')) {
        is_real = true;
        if (!byte_take(scan, '-'))
            (void)byte_take(scan, '+');
        if (digits_skip(scan) == 0)
            return false;
    }
    scan->is_unsure |= is_real || digits > DIGITS_CERTAIN_MAX;
    *ret_number = (struct value){.kind = is_real ? VALUE_REAL : VALUE_INTEGER,
                                 .raw = str_from_bytes(start, (size_t)(scan->at - start))};
    return true;
}

static bool word_scan(struct scan *scan, struct value *ret_word)
{
    static const struct {
        struct str word;
        enum value_kind kind;
    } words[] = {{STR_INIT("true"), VALUE_TRUE},
                 {STR_INIT("false"), VALUE_FALSE},
                 {STR_INIT("null"), VALUE_NULL}};
    struct str rest = str_from_bytes(scan->at, (size_t)(scan->end - scan->at));
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!str_starts_with(rest, words[i].word))
            continue;
        *ret_word =
            (struct value){.kind = words[i].kind, .raw = str_first(rest, words[i].word.len)};
        scan->at += words[i].word.len;
        return true;
    }
    return false;
}

/* ---- objects and arrays */

static bool any_scan(struct scan *scan, struct value *ret_value);

/* A name with escapes may be another one's spelling, and too many are too slow to compare. */
static bool name_is_new(struct scan *scan, const struct value *names, size_t len)
{
    const struct value *last = &names[len - 1];
    if (last->has_escapes || len == MEMBERS_COMPARED_MAX)
        scan->is_unsure = true;
    for (size_t i = 0; i + 1 < len; i++)
        if (str_equals(names[i].raw, last->raw))
            return false;
    return true;
}

static bool object_scan(struct scan *scan)
{
    struct value names[MEMBERS_COMPARED_MAX], member;
    size_t len = 0;
    scan->at++;
    space_skip(scan);
    if (byte_take(scan, '}'))
        return true;
    do {
        struct value *name = &names[len < MEMBERS_COMPARED_MAX ? len++ : len - 1];
        space_skip(scan);
        if (!text_scan(scan, name) || !name_is_new(scan, names, len))
            return false;
        space_skip(scan);
        if (!byte_take(scan, ':') || !any_scan(scan, &member))
            return false;
        space_skip(scan);
    } while (byte_take(scan, ','));
    return byte_take(scan, '}');
}

static bool array_scan(struct scan *scan)
{
    struct value element;
    scan->at++;
    space_skip(scan);
    if (byte_take(scan, ']'))
        return true;
    do {
        if (!any_scan(scan, &element))
            return false;
        space_skip(scan);
    } while (byte_take(scan, ','));
    return byte_take(scan, ']');
}

static bool nested_scan(struct scan *scan, struct value *ret_value)
{
    const char *start = scan->at;
    bool is_object = *start == '{';
    if (scan->depth == VALUE_DEPTH_MAX)
        return false;
    scan->depth++;
    if (!(is_object ? object_scan(scan) : array_scan(scan)))
        return false;
    scan->depth--;
    *ret_value = (struct value){.kind = is_object ? VALUE_OBJECT : VALUE_ARRAY,
                                .raw = str_from_bytes(start, (size_t)(scan->at - start))};
    return true;
}

static bool any_scan(struct scan *scan, struct value *ret_value)
{
    space_skip(scan);
    if (scan->at >= scan->end)
        return false;
    switch (*scan->at) {
    case '{':
    case '[':
        return nested_scan(scan, ret_value);
    case '"':
        return text_scan(scan, ret_value);
    case 't':
    case 'f':
    case 'n':
        return word_scan(scan, ret_value);
    default:
        return number_scan(scan, ret_value);
    }
}

static bool jansson_accepts(struct str text)
{
    json_t *json = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    json_decref(json);
    return json != NULL;
}

struct value value_of(struct str text)
{
    struct value value;
    if (str_is_empty(text))
        return (struct value){.kind = VALUE_NONE};
    struct scan scan = {.at = text.at, .end = text.at + text.len};
    if (!any_scan(&scan, &value))
        return (struct value){.kind = VALUE_NONE};
    space_skip(&scan);
    if (scan.at != scan.end || (scan.is_unsure && !jansson_accepts(text)))
        return (struct value){.kind = VALUE_NONE};
    return value;
}

/* ---- walking */

/* Judged already: only brackets and quotes tell where it ends. */
static void nested_skip(struct scan *scan)
{
    size_t depth = 0;
    struct value text;
    do {
        if (*scan->at == '"') {
            (void)text_scan(scan, &text);
            continue;
        }
        depth += *scan->at == '{' || *scan->at == '[';
        depth -= *scan->at == '}' || *scan->at == ']';
        scan->at++;
    } while (depth > 0);
}

static void any_skip(struct scan *scan, struct value *ret_value)
{
    const char *start = scan->at;
    if (*start != '{' && *start != '[') {
        (void)any_scan(scan, ret_value);
        return;
    }
    nested_skip(scan);
    *ret_value = (struct value){.kind = *start == '{' ? VALUE_OBJECT : VALUE_ARRAY,
                                .raw = str_from_bytes(start, (size_t)(scan->at - start))};
}

struct value_cursor value_open(struct value value)
{
    bool is_nested = value.kind == VALUE_OBJECT || value.kind == VALUE_ARRAY;
    return is_nested ? (struct value_cursor){value.raw.at + 1, value.raw.at + value.raw.len - 1}
                     : (struct value_cursor){NULL, NULL};
}

/* What stands between two values. */
static bool cursor_moves(struct scan *scan)
{
    space_skip(scan);
    (void)byte_take(scan, ',');
    space_skip(scan);
    return scan->at < scan->end;
}

bool value_next_element(struct value_cursor *cursor, struct value *ret_value)
{
    struct scan scan = {.at = cursor->at, .end = cursor->end};
    if (!cursor_moves(&scan))
        return false;
    any_skip(&scan, ret_value);
    cursor->at = scan.at;
    return true;
}

bool value_next_member(struct value_cursor *cursor, struct value *ret_name, struct value *ret_value)
{
    struct scan scan = {.at = cursor->at, .end = cursor->end};
    if (!cursor_moves(&scan) || !text_scan(&scan, ret_name))
        return false;
    space_skip(&scan);
    (void)byte_take(&scan, ':');
    space_skip(&scan);
    any_skip(&scan, ret_value);
    cursor->at = scan.at;
    return true;
}

enum failure value_text(struct value text, struct arena *arena, struct str *ret_text)
{
    if (!text.has_escapes) {
        struct str copy = arena_dup(arena, text.raw);
        if (!str_is_present(copy))
            return FAIL_LIMIT_REACHED;
        *ret_text = copy;
        return OK;
    }
    char *out = arena_take(arena, text.raw.len + 1); /* an escape is longer than what it means */
    if (out == NULL)
        return FAIL_LIMIT_REACHED;
    size_t len = 0;
    struct scan scan = {.at = text.raw.at, .end = text.raw.at + text.raw.len};
    while (scan.at < scan.end) {
        if (byte_take(&scan, '\\'))
            len += utf8_write(out + len, escape_take(&scan));
        else
            out[len++] = *scan.at++;
    }
    *ret_text = str_from_bytes(out, len);
    return OK;
}

bool value_text_is(struct value text, const char *expected)
{
    struct scan scan = {.at = text.raw.at, .end = text.raw.at + text.raw.len};
    char bytes[UTF8_BYTES_MAX];
    if (!text.has_escapes)
        return str_equals_cstr(text.raw, expected);
    while (scan.at < scan.end) {
        size_t len = 1;
        if (byte_take(&scan, '\\'))
            len = utf8_write(bytes, escape_take(&scan));
        else
            bytes[0] = *scan.at++;
        if (strncmp(expected, bytes, len) != 0)
            return false;
        expected += len;
    }
    return *expected == '\0';
}

int64_t value_integer(struct value integer)
{
    struct str digits = integer.raw;
    bool is_negative = digits.at[0] == '-';
    uint64_t number = 0;
    for (size_t i = is_negative; i < digits.len; i++)
        number = number * 10 + (uint64_t)(digits.at[i] - '0');
    return (int64_t)(is_negative ? -number : number);
}
