/* Whoever sends a query or a form body to the edge controls this input: clients, browsers, and
 * sites that send browsers here. Attacks form_parse, form_get, form_get_all, form_encode,
 * form_append. */
#include "common/base/form.h"
#include "tests/fuzz/fuzz.h"

static struct str encode(struct arena *arena, const struct form *form)
{
    struct str text = STR("");
    for (size_t i = 0; i < form->len; i++) {
        text = arena_printf(arena, "%.*s%s%.*s=%.*s", STR_ARGS(text), i > 0 ? "&" : "",
                            STR_ARGS(form_encode(arena, form->at[i].name)),
                            STR_ARGS(form_encode(arena, form->at[i].value)));
        if (!str_is_present(text))
            return STR_ABSENT;
    }
    return text;
}

static void check_same(const struct form *a, const struct form *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        FUZZ_CHECK(str_equals(a->at[i].name, b->at[i].name));
        FUZZ_CHECK(str_equals(a->at[i].value, b->at[i].value));
    }
}

static void check_get(struct arena *arena, const struct form *form, struct str name)
{
    size_t seen = 0;
    struct str value;
    struct strs values;
    for (size_t i = 0; i < form->len; i++)
        seen += str_equals(form->at[i].name, name);
    FUZZ_CHECK((form_get(form, name, &value) == OK) == (seen <= 1));
    FUZZ_CHECK(form_get_all(form, name, arena, &values) != OK || values.len <= seen);
}

/* A redirect's own query is kept, whatever it is, and the new parameter stands behind it. */
static void check_append(struct arena *arena, struct str query, const struct form *form)
{
    struct form longer;
    struct str uri = arena_printf(arena, "https://a.example/?%.*s", STR_ARGS(query)), before, after;
    struct str value = form->len > 0 ? form->at[0].value : STR("&=+%");
    if (form->len == FORM_PARAMETERS_MAX || !str_is_present(uri))
        return;
    struct str longer_uri = form_append(arena, uri, STR("state"), value);
    if (!str_is_present(longer_uri))
        return;
    FUZZ_CHECK(str_starts_with(longer_uri, uri));
    FUZZ_CHECK(str_cut(longer_uri, '?', &before, &after));
    enum failure failure = form_parse(arena, after, &longer);
    if (failure == FAIL_LIMIT_REACHED)
        return;
    FUZZ_CHECK(failure == OK && longer.len == form->len + 1);
    check_same(form, &longer, form->len);
    FUZZ_CHECK(str_equals(longer.at[form->len].name, STR("state")));
    FUZZ_CHECK(str_equals(longer.at[form->len].value, value));
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct form form, again;
    if (form_parse(arena, input, &form) != OK)
        return;
    for (size_t i = 0; i < form.len; i++) {
        FUZZ_CHECK(str_index_of(form.at[i].name, '\0') == form.at[i].name.len);
        FUZZ_CHECK(str_index_of(form.at[i].value, '\0') == form.at[i].value.len);
        check_get(arena, &form, form.at[i].name);
    }
    struct str text = encode(arena, &form);
    enum failure failure =
        str_is_present(text) ? form_parse(arena, text, &again) : FAIL_LIMIT_REACHED;
    if (failure == FAIL_LIMIT_REACHED)
        return;
    FUZZ_CHECK(failure == OK && again.len == form.len);
    check_same(&form, &again, form.len);
    check_append(arena, input, &form);
}
