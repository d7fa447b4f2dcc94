/* Anyone who can reach /token controls this input: the text of a client assertion, and its claims.
 * Attacks client_assertion_peek, client_assertion_from_json and client_assertion_check. */
#include "common/oauth/client_assertion.h"
#include "tests/fuzz/fuzz.h"

enum { NOW_S = 1700000000 };

void fuzz_one(struct str input, struct arena *arena)
{
    struct client_assertion assertion;
    struct str ours = STR("https://auth.example");
    (void)client_assertion_peek(arena, input);
    if (client_assertion_from_json(arena, input, &assertion) != OK ||
        client_assertion_check(&assertion, STR("app"), (struct strs){&ours, 1}, NOW_S) != OK)
        return;
    FUZZ_CHECK(str_equals(assertion.iss, STR("app")) && str_equals(assertion.sub, STR("app")));
    FUZZ_CHECK(strs_contain(assertion.aud, ours));
    FUZZ_CHECK(assertion.exp > NOW_S - 120 &&
               assertion.exp < NOW_S + 2 * CLIENT_ASSERTION_LIFE_MAX_S);
    FUZZ_CHECK(!str_is_empty(assertion.jti));
}
