/* JSON (RFC 8259) written where it will stand. With at == NULL a writer only counts, so that the
 * one function that writes something also tells how much memory it needs:
 *
 *     static void name_write(struct value_writer *writer, const void *name)
 *     {
 *         value_write_raw(writer, STR("{\"name\":"));
 *         value_write_text(writer, *(const struct str *)name);
 *         value_write_raw(writer, STR("}"));
 *     }
 *     TRY(value_write(arena, name_write, &name, &text)); */
#ifndef COMMON_BASE_VALUE_WRITER_H
#define COMMON_BASE_VALUE_WRITER_H

#include "common/base/arena.h"
#include "common/base/failure.h"

struct value_writer {
    char *at;
    size_t len;
    bool is_broken; /* something was not UTF-8, or not JSON */
};

typedef void value_write_cb(struct value_writer *writer, const void *what);

/* Calls write twice, once to count. FAIL_LIMIT_REACHED when the arena is full,
 * FAIL_MESSAGE_MALFORMED when something was not UTF-8 or not JSON. */
enum failure value_write(struct arena *arena, value_write_cb *write, const void *what,
                         struct str *ret_text) MUST_CHECK;

void value_write_raw(struct value_writer *writer, struct str bytes);   /* punctuation */
void value_write_text(struct value_writer *writer, struct str text);   /* with quotes and escapes */
void value_write_texts(struct value_writer *writer, struct strs list); /* an array */
void value_write_integer(struct value_writer *writer, int64_t integer);
void value_write_value(struct value_writer *writer, struct str text); /* JSON, checked */

#endif
