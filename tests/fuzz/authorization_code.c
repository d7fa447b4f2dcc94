/* Anyone controls this input: the code at /token. Attacks authorization_code_parse; the input is
 * also taken as the bytes that a code is made of (authorization_code_make). */
#include "common/oauth/authorization_code.h"
#include "common/base/base64url.h"
#include "common/base/hex.h"
#include "tests/fuzz/fuzz.h"

static void check_made(struct arena *arena, struct str bytes)
{
    struct authorization_code code;
    struct str g = hex_encode(arena, str_first(bytes, GRANT_ID_BYTES));
    struct str secret = str_first(str_from(bytes, GRANT_ID_BYTES), AUTHORIZATION_CODE_SECRET_BYTES);
    struct str text = authorization_code_make(arena, g, secret);
    FUZZ_CHECK(authorization_code_parse(text, &code) == OK && str_equals(code.g, g));
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct authorization_code code;
    struct str secret;
    if (input.len >= GRANT_ID_BYTES + AUTHORIZATION_CODE_SECRET_BYTES)
        check_made(arena, input);
    if (authorization_code_parse(input, &code) != OK)
        return;
    FUZZ_CHECK(grant_id_is_valid(code.g));
    FUZZ_CHECK(base64url_decode(arena, code.secret, &secret));
    FUZZ_CHECK(secret.len == AUTHORIZATION_CODE_SECRET_BYTES);
    FUZZ_CHECK(str_equals(authorization_code_make(arena, code.g, secret), input));
}
