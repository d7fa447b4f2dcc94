#include "common/oauth/audience.h"
#include "common/base/value.h"
#include "common/base/value_writer.h"

static void aud_write(struct value_writer *writer, const void *what)
{
    const struct strs *aud = what;
    if (aud->len == 1)
        value_write_text(writer, aud->at[0]);
    else
        value_write_texts(writer, *aud);
}

enum failure audience_to_json(struct arena *arena, struct strs aud, struct str *ret_text)
{
    return value_write(arena, aud_write, &aud, ret_text);
}

static enum failure audience_add(struct arena *arena, struct value value, struct strs *aud)
{
    if (value.kind != VALUE_TEXT || aud->len == AUDIENCES_MAX)
        return FAIL_TOKEN_INVALID;
    return value_text(value, arena, &aud->at[aud->len++]);
}

enum failure audience_from_json(struct arena *arena, struct str text, struct strs *ret_aud)
{
    struct value value = value_of(text), entry;
    struct strs aud = {.at = arena_take_array(arena, AUDIENCES_MAX, sizeof(*aud.at))};
    if (aud.at == NULL)
        return FAIL_LIMIT_REACHED;
    struct value_cursor cursor = value_open(value);
    if (value.kind != VALUE_ARRAY)
        TRY(audience_add(arena, value, &aud));
    while (value_next_element(&cursor, &entry))
        TRY(audience_add(arena, entry, &aud));
    if (aud.len == 0)
        return FAIL_TOKEN_INVALID;
    *ret_aud = aud;
    return OK;
}
