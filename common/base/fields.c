/* One loop per direction. */
#include "common/base/fields.h"
#include "common/base/value.h"
#include "common/base/value_writer.h"

#include <string.h>

static bool member_is_present(const struct field *field, const void *at)
{
    switch (field->kind) {
    case FIELD_STR:
    case FIELD_JSON:
        return str_is_present(*(const struct str *)at);
    case FIELD_I64:
        return *(const int64_t *)at != FIELD_I64_ABSENT;
    case FIELD_BOOL:
        return *(const bool *)at;
    case FIELD_STRS:
        return ((const struct strs *)at)->len > 0;
    }
    return false;
}

/* Of a present member. */
static void member_write(struct value_writer *writer, const struct field *field, const void *at)
{
    switch (field->kind) {
    case FIELD_STR:
        value_write_text(writer, *(const struct str *)at);
        break;
    case FIELD_I64:
        value_write_integer(writer, *(const int64_t *)at);
        break;
    case FIELD_BOOL:
        value_write_raw(writer, STR("true"));
        break;
    case FIELD_STRS:
        value_write_texts(writer, *(const struct strs *)at);
        break;
    case FIELD_JSON:
        value_write_value(writer, *(const struct str *)at);
        break;
    }
}

static const void *member_at(const struct field *field, const void *record)
{
    return (const char *)record + field->offset;
}

static bool member_is_within(const struct field *field, const void *at)
{
    const struct str *text = at;
    const struct strs *list = at;
    switch (field->kind) {
    case FIELD_STR:
    case FIELD_JSON:
        return text->len <= field->max;
    case FIELD_STRS:
        for (size_t i = 0; i < list->len; i++)
            if (list->at[i].len > field->max)
                return false;
        return true;
    case FIELD_I64:
    case FIELD_BOOL:
        break;
    }
    return true;
}

enum failure fields_check_lengths(const struct fields *fields, const void *record)
{
    for (size_t i = 0; i < fields->len; i++)
        if (!member_is_within(&fields->at[i], member_at(&fields->at[i], record)))
            return FAIL_PARAMETER_TOO_LONG;
    return OK;
}

/* What is written: a record, with stars for its secrets or without. */
struct writing {
    const struct fields *fields;
    const void *record;
    bool has_stars;
};

static void record_write(struct value_writer *writer, const void *what)
{
    const struct writing *writing = what;
    bool is_first = true;
    value_write_raw(writer, STR("{"));
    for (size_t i = 0; i < writing->fields->len; i++) {
        const struct field *field = &writing->fields->at[i];
        const void *at = member_at(field, writing->record);
        if (!member_is_present(field, at))
            continue;
        value_write_raw(writer, is_first ? STR("") : STR(","));
        is_first = false;
        value_write_text(writer, str_from_cstr(field->name));
        value_write_raw(writer, STR(":"));
        if (writing->has_stars && (field->flags & FIELD_SECRET))
            value_write_raw(writer, STR("\"***\""));
        else
            member_write(writer, field, at);
    }
    value_write_raw(writer, STR("}"));
}

/* A member that cannot be written is no absent one: the reader would see another record. */
enum failure fields_to_json(const struct fields *fields, const void *record, struct arena *arena,
                            struct str *ret_text)
{
    const struct writing writing = {.fields = fields, .record = record};
    return value_write(arena, record_write, &writing, ret_text);
}

struct str fields_print(const struct fields *fields, const void *record, struct arena *arena)
{
    struct str text = STR("{}");
    const struct writing writing = {.fields = fields, .record = record, .has_stars = true};
    return value_write(arena, record_write, &writing, &text) == OK ? text : STR("{}");
}

static enum failure str_from_value(struct value value, size_t max, struct arena *arena,
                                   struct str *ret_text)
{
    struct str text;
    if (value.kind != VALUE_TEXT || value.raw.len / VALUE_ESCAPE_BYTES_MAX > max)
        return FAIL_MESSAGE_MALFORMED;
    TRY(value_text(value, arena, &text));
    if (text.len > max)
        return FAIL_MESSAGE_MALFORMED;
    *ret_text = text;
    return OK;
}

static enum failure list_from_value(struct value value, size_t max, struct arena *arena,
                                    struct strs *ret_list)
{
    struct strs list = {.len = 0};
    struct value element;
    size_t len = 0;
    if (value.kind != VALUE_ARRAY)
        return FAIL_MESSAGE_MALFORMED;
    for (struct value_cursor count = value_open(value); value_next_element(&count, &element);)
        len++;
    list.at = arena_take_array(arena, len + 1, sizeof(*list.at));
    if (list.at == NULL)
        return FAIL_LIMIT_REACHED;
    for (struct value_cursor cursor = value_open(value); value_next_element(&cursor, &element);)
        TRY(str_from_value(element, max, arena, &list.at[list.len++]));
    *ret_list = list;
    return OK;
}

static enum failure json_text_from_value(struct value value, size_t max, struct arena *arena,
                                         struct str *ret_text)
{
    /* raw of a text is what stands between its quotes */
    struct str raw =
        value.kind == VALUE_TEXT ? str_from_bytes(value.raw.at - 1, value.raw.len + 2) : value.raw;
    if (raw.len > max)
        return FAIL_MESSAGE_MALFORMED;
    struct str copy = arena_dup(arena, raw);
    if (!str_is_present(copy))
        return FAIL_LIMIT_REACHED;
    *ret_text = copy;
    return OK;
}

static enum failure member_from_value(const struct field *field, struct value value,
                                      struct arena *arena, void *at)
{
    switch (field->kind) {
    case FIELD_STR:
        return str_from_value(value, field->max, arena, at);
    case FIELD_I64:
        if (value.kind != VALUE_INTEGER || value_integer(value) < 0)
            return FAIL_MESSAGE_MALFORMED;
        *(int64_t *)at = value_integer(value);
        return OK;
    case FIELD_BOOL:
        if (value.kind != VALUE_TRUE && value.kind != VALUE_FALSE)
            return FAIL_MESSAGE_MALFORMED;
        *(bool *)at = value.kind == VALUE_TRUE;
        return OK;
    case FIELD_STRS:
        return list_from_value(value, field->max, arena, at);
    case FIELD_JSON:
        return json_text_from_value(value, field->max, arena, at);
    }
    return FAIL_MESSAGE_MALFORMED;
}

static void record_clear(const struct fields *fields, void *record)
{
    memset(record, 0, fields->size_bytes);
    for (size_t i = 0; i < fields->len; i++)
        if (fields->at[i].kind == FIELD_I64)
            *(int64_t *)(void *)((char *)record + fields->at[i].offset) = FIELD_I64_ABSENT;
}

/* Decodes into a copy, because ret_ parameters stay untouched on failure. */
static void *record_scratch(const struct fields *fields, struct arena *arena)
{
    void *record = arena_take(arena, fields->size_bytes);
    if (record != NULL)
        record_clear(fields, record);
    return record;
}

/* fields->len when no field has this name. What we wrote ourselves stands in the table's order, so
 * the search begins where it is expected. */
static size_t field_named(const struct fields *fields, struct value name, size_t expected)
{
    for (size_t n = 0; n < fields->len; n++) {
        size_t i = (expected + n) % fields->len;
        if (value_text_is(name, fields->at[i].name))
            return i;
    }
    return fields->len;
}

enum failure fields_from_json(const struct fields *fields, struct str text, struct arena *arena,
                              void *ret_record)
{
    struct value object = value_of(text), name, member;
    uint64_t found = 0;
    size_t expected = 0;
    if (object.kind != VALUE_OBJECT)
        return FAIL_MESSAGE_MALFORMED;
    char *record = record_scratch(fields, arena);
    if (record == NULL)
        return FAIL_LIMIT_REACHED;
    struct value_cursor cursor = value_open(object);
    while (value_next_member(&cursor, &name, &member)) {
        size_t i = member.kind == VALUE_NULL ? fields->len : field_named(fields, name, expected);
        if (i == fields->len)
            continue;
        expected = i + 1;
        found |= UINT64_C(1) << i;
        TRY(member_from_value(&fields->at[i], member, arena, record + fields->at[i].offset));
    }
    for (size_t i = 0; i < fields->len; i++)
        if ((fields->at[i].flags & FIELD_REQUIRED) && !(found >> i & 1))
            return FAIL_MESSAGE_MALFORMED;
    memcpy(ret_record, record, fields->size_bytes);
    return OK;
}

static void list_write(struct value_writer *writer, const void *list)
{
    value_write_texts(writer, *(const struct strs *)list);
}

static enum failure member_to_pair(const struct field *field, const void *at, struct arena *arena,
                                   struct str *ret_value)
{
    struct str value = STR_ABSENT;
    switch (field->kind) {
    case FIELD_STR:
    case FIELD_JSON:
        value = *(const struct str *)at;
        break;
    case FIELD_I64:
        if (*(const int64_t *)at == FIELD_I64_ABSENT)
            break;
        value = arena_decimal(arena, *(const int64_t *)at);
        if (!str_is_present(value))
            return FAIL_LIMIT_REACHED;
        break;
    case FIELD_BOOL:
        if (*(const bool *)at)
            value = STR("1");
        break;
    case FIELD_STRS: {
        const struct strs *list = at;
        if (list->len == 0)
            break;
        TRY(value_write(arena, list_write, list, &value));
        break;
    }
    }
    *ret_value = value;
    return OK;
}

enum failure fields_to_pairs(const struct fields *fields, const void *record, struct arena *arena,
                             struct strs *ret_pairs)
{
    struct strs pairs = {.at = arena_take_array(arena, 2 * fields->len, sizeof(*pairs.at))};
    if (pairs.at == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < fields->len; i++) {
        const struct field *field = &fields->at[i];
        struct str value = STR_ABSENT;
        TRY(member_to_pair(field, member_at(field, record), arena, &value));
        if (!str_is_present(value))
            continue;
        pairs.at[pairs.len++] = str_from_cstr(field->name);
        pairs.at[pairs.len++] = value;
    }
    *ret_pairs = pairs;
    return OK;
}

static enum failure member_from_pair(const struct field *field, struct str value,
                                     struct arena *arena, void *at)
{
    switch (field->kind) {
    case FIELD_STR:
    case FIELD_JSON:
        if (value.len > field->max)
            return FAIL_MESSAGE_MALFORMED;
        *(struct str *)at = arena_dup(arena, value);
        return str_is_present(*(struct str *)at) ? OK : FAIL_LIMIT_REACHED;
    case FIELD_I64:
        return str_to_i64(value, at) ? OK : FAIL_MESSAGE_MALFORMED;
    case FIELD_BOOL:
        *(bool *)at = str_equals(value, STR("1"));
        return OK;
    case FIELD_STRS:
        return list_from_value(value_of(value), field->max, arena, at);
    }
    return FAIL_MESSAGE_MALFORMED;
}

/* The place of a name in a list of names and values; pairs.len when it is not there. Redis keeps
 * the order in which we wrote, so the search begins where the name is expected. */
static size_t pair_named(struct strs pairs, const char *name, size_t expected)
{
    size_t count = pairs.len / 2;
    for (size_t n = 0; n < count; n++) {
        size_t i = 2 * ((expected / 2 + n) % count);
        if (str_equals_cstr(pairs.at[i], name))
            return i;
    }
    return pairs.len;
}

enum failure fields_from_pairs(const struct fields *fields, struct strs pairs, struct arena *arena,
                               void *ret_record)
{
    size_t expected = 0;
    char *record = record_scratch(fields, arena);
    if (record == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < fields->len; i++) {
        const struct field *field = &fields->at[i];
        size_t at = pair_named(pairs, field->name, expected);
        if (at < pairs.len) {
            TRY(member_from_pair(field, pairs.at[at + 1], arena, record + field->offset));
            expected = at + 2;
        } else if (field->flags & FIELD_REQUIRED) {
            return FAIL_MESSAGE_MALFORMED;
        }
    }
    memcpy(ret_record, record, fields->size_bytes);
    return OK;
}
