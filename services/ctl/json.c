#include "services/ctl/json.h"

#include "services/ctl/subcommand.h"

static void name_write(struct json *json, const char *name)
{
    if (json->needs_comma)
        value_write_raw(json->writer, STR(","));
    json->needs_comma = true;
    if (name == NULL)
        return;
    value_write_text(json->writer, str_from_cstr(name));
    value_write_raw(json->writer, STR(":"));
}

void json_begin(struct json *json, const char *name, char bracket)
{
    name_write(json, name);
    value_write_raw(json->writer, str_from_bytes(&bracket, 1));
    json->needs_comma = false;
}

void json_end(struct json *json, char bracket)
{
    value_write_raw(json->writer, str_from_bytes(&bracket, 1));
    json->needs_comma = true;
}

void json_text(struct json *json, const char *name, struct str text)
{
    if (!str_is_present(text))
        return;
    name_write(json, name);
    value_write_text(json->writer, text);
}

void json_integer(struct json *json, const char *name, int64_t integer)
{
    name_write(json, name);
    value_write_integer(json->writer, integer);
}

void json_boolean(struct json *json, const char *name, bool is_true)
{
    name_write(json, name);
    value_write_raw(json->writer, is_true ? STR("true") : STR("false"));
}

int json_print(struct arena *arena, value_write_cb *write, const void *what)
{
    struct str text;
    enum failure failure = value_write(arena, write, what, &text);
    if (failure == OK)
        failure = str_is_present(text = arena_printf(arena, "%.*s\n", STR_ARGS(text)))
                      ? OK
                      : FAIL_LIMIT_REACHED;
    if (failure == FAIL_LIMIT_REACHED)
        return subcommand_complain("that is larger than this program accepts");
    if (failure != OK)
        return subcommand_complain("Redis holds a text that is not UTF-8: somebody else writes "
                                   "into our keys");
    return subcommand_print(text);
}
