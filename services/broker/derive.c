/* A label is a word, s (of fixed length) and the attempt, so that no two labels can be equal. */
#include "services/broker/derive.h"
#include "common/base/hex.h"
#include "common/crypto/digest.h"
#include "common/crypto/hkdf.h"
#include "common/oauth/authorization_code.h"

enum { SECRET_BYTES = 32 };

static struct str label_make(struct arena *arena, const char *word, const struct derive *from)
{
    return arena_printf(arena, "%s%.*s%lld", word, STR_ARGS(from->s), (long long)from->attempt);
}

static struct str secret_make(struct arena *arena, const char *word, const struct derive *from)
{
    struct str label = label_make(arena, word, from);
    return str_is_present(label) ? hkdf_base64url(arena, from->browser, label, SECRET_BYTES)
                                 : STR_ABSENT;
}

static bool is_equal(struct str expected, struct str actual)
{
    return str_is_present(expected) && str_is_present(actual) &&
           str_equals_in_constant_time(expected, actual);
}

bool derive_s_is_valid(struct str s)
{
    return s.len == DIGEST_HEX_CHARACTERS && hex_is_valid(s);
}

struct str derive_state(struct arena *arena, const struct derive *from)
{
    struct str mac = secret_make(arena, "github state", from);
    return str_is_present(mac)
               ? arena_printf(arena, "%.*s.%.*s", STR_ARGS(from->s), STR_ARGS(mac))
               : STR_ABSENT;
}

bool derive_state_split(struct str state, struct str *ret_s)
{
    struct str s, mac;
    if (!str_cut(state, '.', &s, &mac) || !derive_s_is_valid(s))
        return false;
    *ret_s = s;
    return true;
}

bool derive_state_is_valid(struct arena *arena, const struct derive *from, struct str state)
{
    return is_equal(derive_state(arena, from), state);
}

struct str derive_code_verifier(struct arena *arena, const struct derive *from)
{
    return secret_make(arena, "github code_verifier", from);
}

struct str derive_code_challenge(struct arena *arena, const struct derive *from)
{
    struct str code_verifier = derive_code_verifier(arena, from);
    return str_is_present(code_verifier) ? digest_base64url(arena, code_verifier) : STR_ABSENT;
}

struct str derive_csrf_token(struct arena *arena, const struct derive *from)
{
    return secret_make(arena, "csrf_token", from);
}

bool derive_csrf_token_is_valid(struct arena *arena, const struct derive *from, struct str token)
{
    return is_equal(derive_csrf_token(arena, from), token);
}

struct str derive_g(struct arena *arena, const struct derive *from)
{
    struct str label = label_make(arena, "g", from);
    return str_is_present(label) ? hkdf_hex(arena, from->browser, label, GRANT_ID_BYTES)
                                 : STR_ABSENT;
}

struct str derive_code(struct arena *arena, const struct derive *from)
{
    unsigned char secret[AUTHORIZATION_CODE_SECRET_BYTES];
    struct str label = label_make(arena, "code", from), g = derive_g(arena, from);
    if (!str_is_present(label) || !str_is_present(g) ||
        hkdf_derive(from->browser, STR_ABSENT, label, secret, sizeof(secret)) != OK)
        return STR_ABSENT;
    struct str code = authorization_code_make(arena, g, str_from_bytes(secret, sizeof(secret)));
    explicit_bzero(secret, sizeof(secret));
    return code;
}

struct str derive_code_secret_sha256(struct arena *arena, const struct derive *from)
{
    struct authorization_code code;
    return authorization_code_parse(derive_code(arena, from), &code) == OK
               ? digest_hex(arena, code.secret)
               : STR_ABSENT;
}
