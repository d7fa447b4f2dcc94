/* Tables make the error messages complete: no member can be read without its path being known. */
#include "common/oauth/servers_reader.h"
#include "common/base/hex.h"
#include "common/base/limits.h"

#include <stdarg.h>
#include <stdio.h>

enum {
    PROBLEM_BYTES_MAX = 512,
    SHA256_HEX_BYTES = 64,
    DURATION_S_MAX = 365 * 24 * 3600,
};

enum failure servers_reader_report(struct servers_reader *reader, const char *format, ...)
{
    char sentence[PROBLEM_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    reader->problem = arena_dup(reader->problem_arena, str_from_cstr(sentence));
    return FAIL_CONFIGURATION_INVALID;
}

struct str servers_reader_text_of(json_t *value)
{
    return str_from_bytes(json_string_value(value), json_string_length(value));
}

struct str servers_reader_join(struct servers_reader *reader, struct str path, const char *member)
{
    return arena_printf(reader->arena, "%.*s%s%s", STR_ARGS(path), path.len > 0 ? "." : "", member);
}

bool servers_reader_is_comment(const char *name)
{
    return name[0] == '_' || name[0] == '$';
}

enum failure servers_reader_members(struct servers_reader *reader, json_t *object, struct str path,
                                    const struct servers_member *members, size_t len, void *record)
{
    const char *name;
    json_t *value;
    if (!json_is_object(object))
        return servers_reader_report(reader, "%.*s must be an object.", STR_ARGS(path));
    json_object_foreach(object, name, value)
    {
        const struct servers_member *member = NULL;
        struct str at = servers_reader_join(reader, path, name);
        if (!str_is_present(at))
            return FAIL_LIMIT_REACHED;
        for (size_t i = 0; i < len && member == NULL; i++)
            if (str_equals_cstr(str_from_cstr(name), members[i].name))
                member = &members[i];
        if (member != NULL)
            TRY(member->read(reader, value, at, (char *)record + member->offset));
        else if (!servers_reader_is_comment(name))
            return servers_reader_report(
                reader,
                "%.*s is not a member that is known here; remove it or correct "
                "its name.",
                STR_ARGS(at));
    }
    return OK;
}

enum failure servers_reader_keep(struct servers_reader *reader, struct str text,
                                 struct str *ret_text)
{
    struct str copy = arena_dup(reader->arena, text);
    if (!str_is_present(copy))
        return FAIL_LIMIT_REACHED;
    *ret_text = copy;
    return OK;
}

enum failure servers_reader_text(struct servers_reader *reader, json_t *value, struct str path,
                                 void *ret_value)
{
    if (!json_is_string(value) || json_string_length(value) > PAGE_TEXT_BYTES_MAX)
        return servers_reader_report(reader, "%.*s must be a text of at most %d bytes.",
                                     STR_ARGS(path), PAGE_TEXT_BYTES_MAX);
    return servers_reader_keep(reader, servers_reader_text_of(value), ret_value);
}

enum failure servers_reader_sha256(struct servers_reader *reader, json_t *value, struct str path,
                                   void *ret_value)
{
    if (!json_is_string(value) || json_string_length(value) != SHA256_HEX_BYTES ||
        !hex_is_valid(servers_reader_text_of(value)))
        return servers_reader_report(
            reader, "%.*s must be 64 lower-case hex digits, as sha256sum prints them.",
            STR_ARGS(path));
    return servers_reader_keep(reader, servers_reader_text_of(value), ret_value);
}

/* 3600, "90m", "24h", "7d" */
static bool duration_of(json_t *value, int64_t *ret_duration_s)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 24 * 3600}};
    int64_t number = json_integer_value(value), seconds = 1;
    if (json_is_string(value) && json_string_length(value) > 0) {
        struct str text = servers_reader_text_of(value);
        if (!str_to_i64(str_first(text, text.len - 1), &number))
            return false;
        seconds = 0;
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
            if (text.at[text.len - 1] == units[i].letter)
                seconds = units[i].seconds;
    } else if (!json_is_integer(value)) {
        return false;
    }
    int64_t duration_s;
    if (seconds == 0 || __builtin_mul_overflow(number, seconds, &duration_s) || duration_s < 1 ||
        duration_s > DURATION_S_MAX)
        return false;
    *ret_duration_s = duration_s;
    return true;
}

enum failure servers_reader_duration(struct servers_reader *reader, json_t *value, struct str path,
                                     void *ret_value)
{
    if (!duration_of(value, ret_value))
        return servers_reader_report(
            reader, "%.*s must be seconds, or a text such as \"24h\", at most a year.",
            STR_ARGS(path));
    return OK;
}

enum failure servers_reader_list(struct servers_reader *reader, json_t *value, struct str path,
                                 bool (*is_valid)(struct str), const char *advice,
                                 struct strs *ret_list)
{
    if (!json_is_array(value))
        return servers_reader_report(reader, "%.*s must be a list.", STR_ARGS(path));
    struct strs list = {.len = json_array_size(value)};
    list.at = arena_take_array(reader->arena, list.len + 1, sizeof(*list.at));
    if (list.at == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < list.len; i++) {
        json_t *entry = json_array_get(value, i);
        if (!json_is_string(entry) || !is_valid(servers_reader_text_of(entry)))
            return servers_reader_report(reader, "%.*s[%zu] must be %s.", STR_ARGS(path), i,
                                         advice);
        TRY(servers_reader_keep(reader, servers_reader_text_of(entry), &list.at[i]));
    }
    *ret_list = list;
    return OK;
}
