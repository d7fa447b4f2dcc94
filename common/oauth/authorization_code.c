/* Fixed lengths on both sides of the dot: a code has exactly one spelling. */
#include "common/oauth/authorization_code.h"
#include "common/base/base64url.h"
#include "common/base/hex.h"

bool grant_id_is_valid(struct str g)
{
    return g.len == 2 * GRANT_ID_BYTES && hex_is_valid(g);
}

struct str authorization_code_make(struct arena *arena, struct str g, struct str secret)
{
    return ARENA_JOIN(arena, g, STR("."), base64url_encode(arena, secret));
}

static bool secret_is_valid(struct str secret)
{
    for (size_t i = 0; i < secret.len; i++) {
        char c = secret.at[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    /* 43 characters hold 258 bits: the last two are zero in the one right spelling. */
    return secret.len == AUTHORIZATION_CODE_SECRET_CHARACTERS &&
           str_index_of(STR("AEIMQUYcgkosw048"), secret.at[secret.len - 1]) < 16;
}

enum failure authorization_code_parse(struct str text, struct authorization_code *ret_code)
{
    struct authorization_code code;
    if (str_is_empty(text))
        return FAIL_CODE_MISSING;
    if (!str_cut(text, '.', &code.g, &code.secret) || !grant_id_is_valid(code.g) ||
        !secret_is_valid(code.secret))
        return FAIL_CODE_UNKNOWN;
    *ret_code = code;
    return OK;
}
