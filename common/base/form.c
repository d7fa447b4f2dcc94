/* Strict, because two readers of one request that disagree are an attack. */
#include "common/base/form.h"
#include "common/base/utf8.h"

#include <string.h>

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool has(struct str text, char c)
{
    return str_index_of(text, c) != text.len;
}

/* '+' and percent escapes. */
static enum failure unescape(struct str text, char *out, size_t *ret_len)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < text.len ? digit_of(text.at[i + 1]) : -1;
            int low = i + 2 < text.len ? digit_of(text.at[i + 2]) : -1;
            if (high < 0 || low < 0)
                return FAIL_REQUEST_MALFORMED;
            c = (char)(high << 4 | low);
            i += 2;
        }
        out[len++] = c;
    }
    *ret_len = len;
    return OK;
}

/* Most texts, and all tokens, mean what they say and are copied. */
static enum failure decode(struct arena *arena, struct str text, struct str *ret_text)
{
    char *out = arena_take(arena, text.len + 1);
    size_t len = text.len;
    if (out == NULL)
        return FAIL_LIMIT_REACHED;
    if (has(text, '%') || has(text, '+'))
        TRY(unescape(text, out, &len));
    else if (text.len > 0)
        memcpy(out, text.at, text.len);
    struct str decoded = str_from_bytes(out, len);
    if (has(decoded, '\0') || !utf8_is_valid(decoded))
        return FAIL_REQUEST_MALFORMED;
    *ret_text = decoded;
    return OK;
}

enum failure form_parse(struct arena *arena, struct str text, struct form *ret_form)
{
    struct form_parameter parameters[FORM_PARAMETERS_MAX];
    size_t len = 0;
    while (text.len > 0) {
        struct str pair = text, value = STR("");
        text = str_cut(text, '&', &pair, &text) ? text : STR("");
        struct str name = pair;
        str_cut(pair, '=', &name, &value);
        if (pair.len == 0)
            continue;
        if (len == FORM_PARAMETERS_MAX)
            return FAIL_REQUEST_MALFORMED;
        TRY(decode(arena, name, &parameters[len].name));
        TRY(decode(arena, value, &parameters[len].value));
        len++;
    }
    memcpy(ret_form->at, parameters, len * sizeof(parameters[0]));
    ret_form->len = len;
    return OK;
}

enum failure form_get(const struct form *form, struct str name, struct str *ret_value)
{
    struct str value = STR_ABSENT;
    for (size_t i = 0, seen = 0; i < form->len; i++) {
        if (!str_equals(form->at[i].name, name))
            continue;
        if (seen++ > 0)
            return FAIL_PARAMETER_DUPLICATE;
        if (!str_is_empty(form->at[i].value))
            value = form->at[i].value;
    }
    *ret_value = value;
    return OK;
}

enum failure form_get_all(const struct form *form, struct str name, struct arena *arena,
                          struct strs *ret_values)
{
    struct strs values = {.at = arena_take_array(arena, form->len + 1, sizeof(*values.at))};
    if (values.at == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < form->len; i++)
        if (str_equals(form->at[i].name, name) && !str_is_empty(form->at[i].value))
            values.at[values.len++] = form->at[i].value;
    *ret_values = values;
    return OK;
}

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

struct str form_encode(struct arena *arena, struct str text)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_take(arena, 3 * text.len + 1);
    if (out == NULL)
        return STR_ABSENT;
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (is_unreserved(text.at[i])) {
            out[len++] = text.at[i];
            continue;
        }
        out[len++] = '%';
        out[len++] = digits[c >> 4];
        out[len++] = digits[c & 15];
    }
    return str_from_bytes(out, len);
}

struct str form_append(struct arena *arena, struct str uri, struct str name, struct str value)
{
    if (!str_is_present(value) || !str_is_present(uri))
        return uri;
    size_t query = str_index_of(uri, '?');
    const char *joint = query == uri.len                                       ? "?"
                        : query + 1 == uri.len || str_ends_with(uri, STR("&")) ? ""
                                                                               : "&";
    struct str encoded = form_encode(arena, value);
    if (!str_is_present(encoded))
        return STR_ABSENT;
    return arena_printf(arena, "%.*s%s%.*s=%.*s", STR_ARGS(uri), joint, STR_ARGS(name),
                        STR_ARGS(encoded));
}
