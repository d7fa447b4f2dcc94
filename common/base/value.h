/* JSON (RFC 8259) read where it stands: no tree, no copy that nobody asked for. Messages, tokens
 * and records are read by it (value_writer writes them); what has many shapes (client metadata, the
 * servers file, GitHub's answers) is jansson's work.
 *
 *     struct value object = value_of(text), name, member;
 *     struct value_cursor cursor = value_open(object);
 *     while (value_next_member(&cursor, &name, &member))
 *         if (value_text_is(name, "iss"))
 *             TRY(value_text(member, arena, &iss));
 *
 * Values borrow from the text. Accepted is what jansson accepts with JSON_REJECT_DUPLICATES and
 * JSON_DECODE_ANY, but depth: any text that is UTF-8, has no U+0000, integers of 64 bits, and no
 * member twice. */
#ifndef COMMON_BASE_VALUE_H
#define COMMON_BASE_VALUE_H

#include "common/base/arena.h"
#include "common/base/failure.h"

enum value_kind {
    VALUE_NONE, /* malformed, or there is none */
    VALUE_OBJECT,
    VALUE_ARRAY,
    VALUE_TEXT,
    VALUE_INTEGER,
    VALUE_REAL,
    VALUE_TRUE,
    VALUE_FALSE,
    VALUE_NULL,
};

enum {
    VALUE_DEPTH_MAX = 32,
    VALUE_ESCAPE_BYTES_MAX = 6, /* that stand for one byte at least */
};

struct value {
    enum value_kind kind;
    bool has_escapes; /* of a text */
    struct str raw;   /* of a text: between its quotes */
};

struct value_cursor {
    const char *at, *end;
};

/* The one value of the whole text, checked to its last byte. */
struct value value_of(struct str text);

/* The members of an object, the elements of an array; none of anything else. The value must come
 * from value_of, whole or in part. */
struct value_cursor value_open(struct value value);
bool value_next_member(struct value_cursor *cursor, struct value *ret_name,
                       struct value *ret_value);
bool value_next_element(struct value_cursor *cursor, struct value *ret_value);

/* Of a text: a copy in the arena without its escapes; FAIL_LIMIT_REACHED when that is full. */
enum failure value_text(struct value text, struct arena *arena, struct str *ret_text) MUST_CHECK;
bool value_text_is(struct value text, const char *expected);
int64_t value_integer(struct value integer);

#endif
