/* base64url_decode takes its memory before it looks at the first character, so a refusal that took
 * none is the arena's. */
#include "common/crypto/decode.h"

#include "common/base/base64url.h"

enum failure decode_base64url(struct arena *arena, struct str text, struct str *ret_bytes)
{
    size_t used_before = arena_used_bytes(arena);
    if (base64url_decode(arena, text, ret_bytes))
        return OK;
    bool was_refused_early = text.len % 4 == 1; /* a length that no encoder makes */
    bool took_nothing = arena_used_bytes(arena) == used_before;
    return took_nothing && !was_refused_early ? FAIL_LIMIT_REACHED : FAIL_CRYPTO;
}
