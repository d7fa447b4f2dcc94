/* Rendered twice: once to count, once to write, so that the arena gives exactly one piece. */
#include "services/edge/template.h"

#include <assert.h>

enum { DEPTH_MAX = 8 };

struct rendering {
    char *out; /* NULL while counting */
    size_t len;
    template_partial_cb *partial;
    const struct template_value *values;
    size_t values_len;
    struct str element; /* of the innermost list */
    int depth;
};

static void write_text(struct rendering *rendering, struct str text)
{
    if (rendering->out != NULL && text.len > 0)
        memcpy(rendering->out + rendering->len, text.at, text.len);
    rendering->len += text.len;
}

/* For text and for double-quoted attributes. */
static void write_escaped(struct rendering *rendering, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        struct str escaped = c == '&'    ? STR("&amp;")
                             : c == '<'  ? STR("&lt;")
                             : c == '>'  ? STR("&gt;")
                             : c == '"'  ? STR("&quot;")
                             : c == '\'' ? STR("&#39;")
                                         : str_from_bytes(&text.at[i], 1);
        write_text(rendering, escaped);
    }
}

static const struct template_value *value_of(const struct rendering *rendering, struct str name)
{
    static const struct template_value none = {0};
    for (size_t i = 0; i < rendering->values_len; i++)
        if (str_equals_cstr(name, rendering->values[i].name))
            return &rendering->values[i];
    return &none;
}

static size_t find(struct str text, size_t start, struct str wanted)
{
    for (size_t i = start; i + wanted.len <= text.len; i++)
        if (memcmp(text.at + i, wanted.at, wanted.len) == 0)
            return i;
    return text.len;
}

/* Cuts *rest at the next tag: what stands before it, and the tag without its braces (absent at the
 * end). */
static struct str tag_next(struct str *rest, struct str *ret_before)
{
    size_t open = find(*rest, 0, STR("{{"));
    *ret_before = str_first(*rest, open);
    if (open == rest->len)
        return STR_ABSENT;
    size_t close = find(*rest, open, STR("}}"));
    assert(close < rest->len && close > open + 2);
    struct str tag = str_first(str_from(*rest, open + 2), close - open - 2);
    *rest = str_from(*rest, close + 2);
    return tag;
}

/* Cuts off what belongs to the section whose opening tag was just read. Sections of one name do not
 * nest. */
static struct str section_take(struct str *rest, struct str name)
{
    struct str all = *rest, before;
    for (struct str tag; (tag = tag_next(rest, &before)).at != NULL;)
        if (tag.at[0] == '/' && str_equals(str_from(tag, 1), name))
            return str_first(all, (size_t)(before.at + before.len - all.at));
    assert(false && "a section is not closed");
    return STR_ABSENT;
}

static void render(struct rendering *rendering, struct str source);

static void render_section(struct rendering *rendering, struct str inner,
                           const struct template_value *value, bool is_inverted)
{
    bool is_there = value->text.len > 0 || value->list.len > 0;
    if (is_inverted || value->list.len == 0) {
        if (is_there != is_inverted)
            render(rendering, inner);
        return;
    }
    struct str outer = rendering->element;
    for (size_t i = 0; i < value->list.len; i++) {
        rendering->element = value->list.at[i];
        render(rendering, inner);
    }
    rendering->element = outer;
}

static void render(struct rendering *rendering, struct str source)
{
    rendering->depth++;
    assert(rendering->depth < DEPTH_MAX);
    struct str before, tag;
    while ((tag = tag_next(&source, &before)).at != NULL) {
        struct str name = str_from(tag, 1);
        write_text(rendering, before);
        if (tag.at[0] == '>')
            render(rendering, rendering->partial(name));
        else if (tag.at[0] == '#' || tag.at[0] == '^')
            render_section(rendering, section_take(&source, name), value_of(rendering, name),
                           tag.at[0] == '^');
        else if (str_equals(tag, STR(".")))
            write_escaped(rendering, rendering->element);
        else
            write_escaped(rendering, value_of(rendering, tag)->text);
    }
    write_text(rendering, before);
    rendering->depth--;
}

struct str template_render(struct arena *arena, struct str source, template_partial_cb *partial,
                           const struct template_value *values, size_t values_len)
{
    struct rendering counting = {.partial = partial, .values = values, .values_len = values_len};
    render(&counting, source);
    struct rendering writing = {.partial = partial, .values = values, .values_len = values_len};
    writing.out = arena_take(arena, counting.len + 1);
    if (writing.out == NULL)
        return STR_ABSENT;
    render(&writing, source);
    return str_from_bytes(writing.out, writing.len);
}
