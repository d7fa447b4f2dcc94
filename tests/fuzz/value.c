/* Anyone controls this input: tokens, and what edges and workers hand each other of requests.
 * Attacks value_of and what walks a value; jansson, which reads the same language, is the judge. */
#include "common/base/value.h"
#include "common/base/value_writer.h"
#include "tests/fuzz/fuzz.h"

#include <jansson.h>

static void check_text(struct value value, const json_t *json, struct arena *arena)
{
    struct str text, expected = str_from_bytes(json_string_value(json), json_string_length(json));
    if (value_text(value, arena, &text) != OK)
        return;
    FUZZ_CHECK(str_equals(text, expected));
    FUZZ_CHECK(value_text_is(value, json_string_value(json)));
}

static void check(struct value value, const json_t *json, struct arena *arena)
{
    static const enum value_kind kinds[] = {
        [JSON_OBJECT] = VALUE_OBJECT,   [JSON_ARRAY] = VALUE_ARRAY, [JSON_STRING] = VALUE_TEXT,
        [JSON_INTEGER] = VALUE_INTEGER, [JSON_REAL] = VALUE_REAL,   [JSON_TRUE] = VALUE_TRUE,
        [JSON_FALSE] = VALUE_FALSE,     [JSON_NULL] = VALUE_NULL,
    };
    FUZZ_CHECK(value.kind == kinds[json_typeof(json)]);
    struct value_cursor cursor = value_open(value);
    struct value name, part;
    struct str text;
    size_t len = 0;
    switch (value.kind) {
    case VALUE_TEXT:
        check_text(value, json, arena);
        break;
    case VALUE_INTEGER:
        FUZZ_CHECK(value_integer(value) == json_integer_value(json));
        break;
    case VALUE_ARRAY:
        for (; value_next_element(&cursor, &part); len++)
            check(part, json_array_get(json, len), arena);
        FUZZ_CHECK(len == json_array_size(json));
        break;
    case VALUE_OBJECT:
        for (; value_next_member(&cursor, &name, &part); len++) {
            if (value_text(name, arena, &text) != OK)
                return;
            const json_t *member = json_object_getn(json, text.at, text.len);
            FUZZ_CHECK(member != NULL);
            check(part, member, arena);
        }
        FUZZ_CHECK(len == json_object_size(json));
        break;
    default:
        break;
    }
}

static bool is_deeper_than_ours(struct str input)
{
    size_t opened = 0;
    for (size_t i = 0; i < input.len; i++)
        opened += input.at[i] == '[' || input.at[i] == '{';
    return opened > VALUE_DEPTH_MAX;
}

static void text_write(struct value_writer *writer, const void *text)
{
    value_write_text(writer, *(const struct str *)text);
}

/* Whatever is written is read again as what it was. */
static void check_writing(struct str input, struct arena *arena)
{
    struct str json, back;
    enum failure failure = value_write(arena, text_write, &input, &json);
    json_t *expected = json_stringn(input.at, input.len);
    if (failure == OK && value_text(value_of(json), arena, &back) == OK)
        FUZZ_CHECK(expected != NULL && str_equals(back, input));
    if (failure == FAIL_MESSAGE_MALFORMED)
        FUZZ_CHECK(expected == NULL || str_index_of(input, '\0') < input.len);
    json_decref(expected);
}

void fuzz_one(struct str input, struct arena *arena)
{
    json_t *json = json_loadb(input.at ? input.at : "", input.len,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    struct value value = value_of(input);
    if (value.kind != VALUE_NONE)
        FUZZ_CHECK(json != NULL);
    /* jansson overlooks a NUL behind a number. */
    if (json != NULL && !is_deeper_than_ours(input) && str_index_of(input, '\0') == input.len) {
        FUZZ_CHECK(value.kind != VALUE_NONE);
        check(value, json, arena);
    }
    json_decref(json);
    check_writing(input, arena);
}
