/* What is sealed in a refresh token, which only another release of ours controls. Attacks
 * refresh_token_from_text; the token itself is refresh_ring's. */
#include "common/oauth/refresh_token.h"
#include "common/oauth/authorization_code.h"
#include "tests/fuzz/fuzz.h"

void fuzz_one(struct str input, struct arena *arena)
{
    struct refresh_token token, again;
    struct str plain;
    if (refresh_token_from_text(arena, input, &token) != OK)
        return;
    FUZZ_CHECK(grant_id_is_valid(token.g) && token.n >= 0 && token.exp >= 0);
    FUZZ_CHECK(refresh_token_to_text(arena, &token, &plain) == OK);
    FUZZ_CHECK(refresh_token_from_text(arena, plain, &again) == OK);
    FUZZ_CHECK(str_equals(token.g, again.g) && token.n == again.n && token.exp == again.exp);
    FUZZ_CHECK(str_equals(token.client_id, again.client_id) && str_equals(token.sub, again.sub));
}
