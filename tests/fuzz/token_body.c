/* Anyone controls this input: the JSON body of /validate and /admin/revoke. Attacks
 * token_body_read. */
#include "services/edge/token_body.h"
#include "common/base/limits.h"
#include "tests/fuzz/fuzz.h"

void fuzz_one(struct str input, struct arena *arena)
{
    struct str token = STR_ABSENT;
    if (token_body_read(arena, input, STR("access_token"), &token) != OK)
        FUZZ_CHECK(!str_is_present(token));
    else
        FUZZ_CHECK(token.len > 0 && token.len <= TOKEN_BYTES_MAX);
}
