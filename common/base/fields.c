/* One loop per direction; JSON itself is jansson's work. */
#include "common/base/fields.h"

#include <jansson.h>
#include <string.h>

#define JSON_ENCODING (JSON_COMPACT | JSON_ENCODE_ANY)

static void json_release(json_t **json)
{
    json_decref(*json);
}
#define OWNED_JSON __attribute__((cleanup(json_release))) json_t *

static enum failure text_of(json_t *json, struct arena *arena, struct str *ret_text)
{
    size_t len = json_dumpb(json, NULL, 0, JSON_ENCODING);
    char *at = len > 0 ? arena_take(arena, len + 1) : NULL;
    if (at == NULL)
        return FAIL_LIMIT_REACHED;
    json_dumpb(json, at, len, JSON_ENCODING);
    *ret_text = str_from_bytes(at, len);
    return OK;
}

/* NULL when an entry is not UTF-8. */
static json_t *list_to_json(struct strs list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list.len; i++) {
        if (json_array_append_new(array, json_stringn(list.at[i].at, list.at[i].len)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

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

/* Of a present member; NULL for a text that is not UTF-8 or not JSON. */
static json_t *member_to_json(const struct field *field, const void *at)
{
    const struct str *text = at;
    switch (field->kind) {
    case FIELD_STR:
        return json_stringn(text->at, text->len);
    case FIELD_I64:
        return json_integer(*(const int64_t *)at);
    case FIELD_BOOL:
        return json_true();
    case FIELD_STRS:
        return list_to_json(*(const struct strs *)at);
    case FIELD_JSON:
        return json_loadb(text->at, text->len, JSON_DECODE_ANY, NULL);
    }
    return NULL;
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

enum failure fields_to_json(const struct fields *fields, const void *record, struct arena *arena,
                            struct str *ret_text)
{
    OWNED_JSON object = json_object();
    for (size_t i = 0; i < fields->len; i++) {
        const struct field *field = &fields->at[i];
        const void *at = member_at(field, record);
        /* A member that cannot be written is no absent one: the reader would see another record. */
        if (member_is_present(field, at) &&
            json_object_set_new_nocheck(object, field->name, member_to_json(field, at)) != 0)
            return FAIL_MESSAGE_MALFORMED;
    }
    return text_of(object, arena, ret_text);
}

struct str fields_print(const struct fields *fields, const void *record, struct arena *arena)
{
    struct str text = STR("{}");
    OWNED_JSON object = json_object();
    for (size_t i = 0; i < fields->len; i++) {
        const struct field *field = &fields->at[i];
        const void *at = member_at(field, record);
        if (!member_is_present(field, at))
            continue;
        json_t *value = field->flags & FIELD_SECRET ? NULL : member_to_json(field, at);
        json_object_set_new_nocheck(object, field->name, value ? value : json_string("***"));
    }
    return text_of(object, arena, &text) == OK ? text : STR("{}");
}

static enum failure str_from_json(json_t *value, size_t max, struct arena *arena,
                                  struct str *ret_text)
{
    if (!json_is_string(value) || json_string_length(value) > max)
        return FAIL_MESSAGE_MALFORMED;
    struct str copy =
        arena_dup(arena, str_from_bytes(json_string_value(value), json_string_length(value)));
    if (!str_is_present(copy))
        return FAIL_LIMIT_REACHED;
    *ret_text = copy;
    return OK;
}

static enum failure list_from_json(json_t *value, size_t max, struct arena *arena,
                                   struct strs *ret_list)
{
    if (!json_is_array(value))
        return FAIL_MESSAGE_MALFORMED;
    struct strs list = {.len = json_array_size(value)};
    list.at = arena_take_array(arena, list.len + 1, sizeof(*list.at));
    if (list.at == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < list.len; i++)
        TRY(str_from_json(json_array_get(value, i), max, arena, &list.at[i]));
    *ret_list = list;
    return OK;
}

static enum failure member_from_json(const struct field *field, json_t *value, struct arena *arena,
                                     void *at)
{
    switch (field->kind) {
    case FIELD_STR:
        return str_from_json(value, field->max, arena, at);
    case FIELD_I64:
        if (!json_is_integer(value) || json_integer_value(value) < 0)
            return FAIL_MESSAGE_MALFORMED;
        *(int64_t *)at = json_integer_value(value);
        return OK;
    case FIELD_BOOL:
        if (!json_is_boolean(value))
            return FAIL_MESSAGE_MALFORMED;
        *(bool *)at = json_is_true(value);
        return OK;
    case FIELD_STRS:
        return list_from_json(value, field->max, arena, at);
    case FIELD_JSON: {
        struct str text;
        TRY(text_of(value, arena, &text));
        if (text.len > field->max)
            return FAIL_MESSAGE_MALFORMED;
        *(struct str *)at = text;
        return OK;
    }
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

enum failure fields_from_json(const struct fields *fields, struct str text, struct arena *arena,
                              void *ret_record)
{
    OWNED_JSON object = json_loadb(text.at ? text.at : "", text.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(object))
        return FAIL_MESSAGE_MALFORMED;
    char *record = record_scratch(fields, arena);
    if (record == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < fields->len; i++) {
        const struct field *field = &fields->at[i];
        json_t *value = json_object_get(object, field->name);
        if (value != NULL && !json_is_null(value))
            TRY(member_from_json(field, value, arena, record + field->offset));
        else if (field->flags & FIELD_REQUIRED)
            return FAIL_MESSAGE_MALFORMED;
    }
    memcpy(ret_record, record, fields->size_bytes);
    return OK;
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
        value = arena_printf(arena, "%lld", (long long)*(const int64_t *)at);
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
        OWNED_JSON array = list_to_json(*list);
        if (array == NULL)
            return FAIL_MESSAGE_MALFORMED;
        TRY(text_of(array, arena, &value));
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
    case FIELD_STRS: {
        OWNED_JSON array = json_loadb(value.at ? value.at : "", value.len, 0, NULL);
        return list_from_json(array, field->max, arena, at);
    }
    }
    return FAIL_MESSAGE_MALFORMED;
}

enum failure fields_from_pairs(const struct fields *fields, struct strs pairs, struct arena *arena,
                               void *ret_record)
{
    char *record = record_scratch(fields, arena);
    if (record == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < fields->len; i++) {
        const struct field *field = &fields->at[i];
        bool is_found = false;
        for (size_t p = 0; p + 1 < pairs.len && !is_found; p += 2) {
            is_found = str_equals_cstr(pairs.at[p], field->name);
            if (is_found)
                TRY(member_from_pair(field, pairs.at[p + 1], arena, record + field->offset));
        }
        if (!is_found && (field->flags & FIELD_REQUIRED))
            return FAIL_MESSAGE_MALFORMED;
    }
    memcpy(ret_record, record, fields->size_bytes);
    return OK;
}
