/* application/x-www-form-urlencoded, as in query strings and token requests (RFC 6749 appendix B).
 *
 *     struct form form;
 *     TRY(form_parse(arena, body, &form));
 *     struct str code;
 *     TRY(form_get(&form, STR("code"), &code));        absent: code.at == NULL
 *
 * A parameter without a value counts as omitted and one that occurs twice is refused when it is
 * asked for (RFC 6749 3.1); an unknown one is ignored. Decoded texts live in the arena. */
#ifndef COMMON_BASE_FORM_H
#define COMMON_BASE_FORM_H

#include "common/base/arena.h"
#include "common/base/failure.h"
#include "common/base/limits.h"

struct form_parameter {
    struct str name;
    struct str value;
};

struct form {
    struct form_parameter at[FORM_PARAMETERS_MAX];
    size_t len;
};

/* FAIL_REQUEST_MALFORMED for a broken percent escape, a NUL, text that is not UTF-8, or more than
 * FORM_PARAMETERS_MAX parameters. */
enum failure form_parse(struct arena *arena, struct str text, struct form *ret_form) MUST_CHECK;
/* FAIL_PARAMETER_DUPLICATE when the name occurs twice. */
enum failure form_get(const struct form *form, struct str name, struct str *ret_value) MUST_CHECK;
/* For parameters that may repeat (RFC 8707 resource): all non-empty values. */
enum failure form_get_all(const struct form *form, struct str name, struct arena *arena,
                          struct strs *ret_values) MUST_CHECK;

/* Percent-encodes all but unreserved characters (RFC 3986 2.3). */
struct str form_encode(struct arena *arena, struct str text);
/* Appends name=value, behind '?' or '&' as the URI needs; an absent value changes nothing. A URI's
 * own query is kept. The absent text when the arena is full. */
struct str form_append(struct arena *arena, struct str uri, struct str name, struct str value);

#endif
