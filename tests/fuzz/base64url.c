/* Anyone controls this input: parts of tokens, codes, cookies and ids. Attacks base64url_decode,
 * base64url_encode, base64_decode_any, hex_read and hex_encode: each value has one spelling. */
#include "common/base/base64url.h"
#include "common/base/hex.h"
#include "tests/fuzz/fuzz.h"

static void check_base64url(struct str input, struct arena *arena)
{
    struct str bytes, any;
    struct str text = base64url_encode(arena, input);
    FUZZ_CHECK(base64url_decode(arena, text, &bytes) && str_equals(bytes, input));
    FUZZ_CHECK(base64_decode_any(arena, text, &any) && str_equals(any, input));
    if (!base64url_decode(arena, input, &bytes))
        return;
    FUZZ_CHECK(str_equals(base64url_encode(arena, bytes), input));
    FUZZ_CHECK(base64_decode_any(arena, input, &any) && str_equals(any, bytes));
}

static void check_hex(struct str input, struct arena *arena)
{
    size_t len = input.len / 2;
    unsigned char *bytes = arena_take(arena, len + 1);
    struct str text = hex_encode(arena, input);
    FUZZ_CHECK(bytes != NULL && hex_is_valid(text) && text.len == 2 * input.len);
    if (!hex_read(input, bytes, len))
        return;
    FUZZ_CHECK(hex_is_valid(input));
    FUZZ_CHECK(str_equals(hex_encode(arena, str_from_bytes(bytes, len)), input));
}

void fuzz_one(struct str input, struct arena *arena)
{
    if (input.len > 4096)
        return;
    check_base64url(input, arena);
    check_hex(input, arena);
}
