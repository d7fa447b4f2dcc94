/* Small HTML templates in the spelling of mustache, with escaping that cannot be switched off.
 *
 *     {{name}}               the value, escaped
 *     {{#name}} .. {{/name}} only when the value is there; once per element of a list ({{.}})
 *     {{^name}} .. {{/name}} only when it is not
 *     {{>style}}             another template, in its place
 *
 *     struct template_value values[] = {TEMPLATE_TEXT("login", login), TEMPLATE_LIST("scopes", s)};
 *     struct str html = template_render(arena, source, find_partial, values, 2);
 *
 * Templates are part of the program: a malformed one is a bug and asserts; tests render each one.
 * The result lives in the arena. */
#ifndef SERVICES_EDGE_TEMPLATE_H
#define SERVICES_EDGE_TEMPLATE_H

#include "common/base/arena.h"

struct template_value {
    const char *name;
    struct str text; /* empty or absent: the value is not there */
    struct strs list;
};

#define TEMPLATE_TEXT(value_name, value)                                                           \
    ((struct template_value){.name = (value_name), .text = (value)})
#define TEMPLATE_LIST(value_name, value)                                                           \
    ((struct template_value){.name = (value_name), .list = (value)})
/* Only for sections: {{#name}} .. {{/name}}. */
#define TEMPLATE_FLAG(value_name, is_on)                                                           \
    ((struct template_value){.name = (value_name), .text = (is_on) ? STR("1") : STR_ABSENT})

typedef struct str template_partial_cb(struct str name); /* asserts that there is one */

/* A name without a value counts as not there. The absent text when the arena is full. */
struct str template_render(struct arena *arena, struct str source, template_partial_cb *partial,
                           const struct template_value *values, size_t values_len);

#endif
