#include "common/base/value_writer.h"
#include "common/base/utf8.h"
#include "common/base/value.h"
#include "common/base/value_text.h"

#include <string.h>

enum failure value_write(struct arena *arena, value_write_cb *write, const void *what,
                         struct str *ret_text)
{
    struct value_writer counter = {.at = NULL};
    write(&counter, what);
    if (counter.is_broken)
        return FAIL_MESSAGE_MALFORMED;
    struct value_writer writer = {.at = arena_take(arena, counter.len + 1)};
    if (writer.at == NULL)
        return FAIL_LIMIT_REACHED;
    write(&writer, what);
    *ret_text = str_from_bytes(writer.at, writer.len);
    return OK;
}

void value_write_raw(struct value_writer *writer, struct str bytes)
{
    if (writer->at != NULL && bytes.len > 0)
        memcpy(writer->at + writer->len, bytes.at, bytes.len);
    writer->len += bytes.len;
}

static void escape_write(struct value_writer *writer, char c)
{
    static const char letters[] = "\"\\bfnrt", meanings[] = "\"\\\b\f\n\r\t";
    static const char digits[] = "0123456789ABCDEF";
    const char *known = c != '\0' ? strchr(meanings, c) : NULL;
    char text[] = {'\\', 'u', '0', '0', digits[(c >> 4) & 0xf], digits[c & 0xf]};
    writer->is_broken |= c == '\0';
    if (known != NULL)
        text[1] = letters[known - meanings];
    value_write_raw(writer, str_from_bytes(text, known != NULL ? 2 : sizeof(text)));
}

void value_write_text(struct value_writer *writer, struct str text)
{
    struct str rest = text;
    uint32_t character;
    value_write_raw(writer, STR("\""));
    while (rest.len > 0 && !writer->is_broken) {
        size_t plain = (size_t)(value_text_skip(rest.at, rest.at + rest.len) - rest.at);
        value_write_raw(writer, str_first(rest, plain));
        rest = str_from(rest, plain);
        if (rest.len == 0)
            break;
        struct str next = rest;
        if (!utf8_next(&next, &character))
            writer->is_broken = true;
        else if (character < 0x80)
            escape_write(writer, rest.at[0]);
        else
            value_write_raw(writer, str_first(rest, rest.len - next.len));
        rest = next;
    }
    value_write_raw(writer, STR("\""));
}

void value_write_texts(struct value_writer *writer, struct strs list)
{
    value_write_raw(writer, STR("["));
    for (size_t i = 0; i < list.len; i++) {
        value_write_raw(writer, i > 0 ? STR(",") : STR(""));
        value_write_text(writer, list.at[i]);
    }
    value_write_raw(writer, STR("]"));
}

void value_write_integer(struct value_writer *writer, int64_t integer)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t left = integer < 0 ? -(uint64_t)integer : (uint64_t)integer;
    do
        digits[--at] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (integer < 0)
        digits[--at] = '-';
    value_write_raw(writer, str_from_bytes(digits + at, sizeof(digits) - at));
}

/* It is checked while counting; writing it again finds the same bytes. */
void value_write_value(struct value_writer *writer, struct str text)
{
    if (writer->at == NULL && value_of(text).kind == VALUE_NONE)
        writer->is_broken = true;
    value_write_raw(writer, text);
}
