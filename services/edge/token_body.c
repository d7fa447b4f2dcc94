#include "services/edge/token_body.h"
#include "common/base/fields.h"
#include "common/base/limits.h"

struct token_body {
    struct str token;
    struct str access_token;
    struct str refresh_token;
};

static const struct field TOKEN_BODY_FIELDS[] = {
    FIELD(struct token_body, token, STR, HTTP_BODY_BYTES_MAX, FIELD_SECRET),
    FIELD(struct token_body, access_token, STR, HTTP_BODY_BYTES_MAX, FIELD_SECRET),
    FIELD(struct token_body, refresh_token, STR, HTTP_BODY_BYTES_MAX, FIELD_SECRET),
};
static const struct fields TOKEN_BODY = FIELDS_OF(struct token_body, TOKEN_BODY_FIELDS);

enum failure token_body_read(struct arena *arena, struct str body, struct str other,
                             struct str *ret_token)
{
    struct token_body members;
    if (fields_from_json(&TOKEN_BODY, body, arena, &members) != OK)
        return FAIL_TOKEN_MISSING;
    struct str token = members.token;
    if (str_is_empty(token))
        token =
            str_equals(other, STR("access_token")) ? members.access_token : members.refresh_token;
    if (str_is_empty(token))
        return FAIL_TOKEN_MISSING;
    if (token.len > TOKEN_BYTES_MAX)
        return FAIL_TOKEN_INVALID;
    *ret_token = token;
    return OK;
}
