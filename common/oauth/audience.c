#include "common/oauth/audience.h"

#include <jansson.h>

static void json_release(json_t **json)
{
    json_decref(*json);
}
#define OWNED_JSON __attribute__((cleanup(json_release))) json_t *

enum failure audience_to_json(struct arena *arena, struct strs aud, struct str *ret_text)
{
    OWNED_JSON value = aud.len == 1 ? json_stringn(aud.at[0].at, aud.at[0].len) : json_array();
    for (size_t i = 0; aud.len != 1 && i < aud.len; i++)
        json_array_append_new(value, json_stringn(aud.at[i].at, aud.at[i].len));
    size_t len = json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
    char *at = len > 0 ? arena_take(arena, len) : NULL;
    if (at == NULL)
        return FAIL_LIMIT_REACHED;
    json_dumpb(value, at, len, JSON_COMPACT | JSON_ENCODE_ANY);
    *ret_text = str_from_bytes(at, len);
    return OK;
}

enum failure audience_from_json(struct arena *arena, struct str text, struct strs *ret_aud)
{
    OWNED_JSON value = json_loadb(text.at, text.len, JSON_DECODE_ANY, NULL);
    struct strs aud = {.len = json_is_string(value) ? 1 : json_array_size(value)};
    if (aud.len < 1 || aud.len > AUDIENCES_MAX)
        return FAIL_TOKEN_INVALID;
    aud.at = arena_take_array(arena, aud.len, sizeof(*aud.at));
    if (aud.at == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < aud.len; i++) {
        json_t *entry = json_is_string(value) ? value : json_array_get(value, i);
        if (!json_is_string(entry))
            return FAIL_TOKEN_INVALID;
        aud.at[i] =
            arena_dup(arena, str_from_bytes(json_string_value(entry), json_string_length(entry)));
        if (!str_is_present(aud.at[i]))
            return FAIL_LIMIT_REACHED;
    }
    *ret_aud = aud;
    return OK;
}
