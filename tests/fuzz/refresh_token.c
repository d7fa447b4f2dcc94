/* Anyone controls the outer form of a refresh token; what is sealed in it only another release of
 * ours. Attacks refresh_token_unwrap and refresh_token_from_text. */
#include "common/oauth/refresh_token.h"
#include "common/base/limits.h"
#include "common/oauth/authorization_code.h"
#include "tests/fuzz/fuzz.h"

static void check_plain(struct arena *arena, struct str text)
{
    struct refresh_token token, again;
    struct str plain;
    if (refresh_token_from_text(arena, text, &token) != OK)
        return;
    FUZZ_CHECK(grant_id_is_valid(token.g) && token.n >= 0 && token.exp >= 0);
    FUZZ_CHECK(refresh_token_to_text(arena, &token, &plain) == OK);
    FUZZ_CHECK(refresh_token_from_text(arena, plain, &again) == OK);
    FUZZ_CHECK(str_equals(token.g, again.g) && token.n == again.n && token.exp == again.exp);
    FUZZ_CHECK(str_equals(token.client_id, again.client_id) && str_equals(token.sub, again.sub));
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct refresh_token_envelope envelope;
    check_plain(arena, input);
    if (refresh_token_unwrap(arena, input, &envelope) != OK)
        return;
    FUZZ_CHECK(input.len <= TOKEN_BYTES_MAX && refresh_token_is_one(input));
    FUZZ_CHECK(refresh_token_version_is_valid(envelope.version));
    FUZZ_CHECK(str_equals(refresh_token_associate(arena, envelope.version), envelope.associated));
    FUZZ_CHECK(str_equals(refresh_token_wrap(arena, envelope.version, envelope.sealed), input));
}
