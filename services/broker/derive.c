#include "services/broker/derive.h"
#include "common/base/hex.h"
#include "common/crypto/digest.h"
#include "common/crypto/hkdf.h"
#include "common/oauth/authorization_code.h"

enum { SECRET_BYTES = 32 };

static struct str label_of(struct arena *arena, const char *what, const struct derivation *from)
{
    return ARENA_JOIN(arena, str_from_cstr(what), STR("|"), from->s, STR("|"),
                      arena_decimal(arena, from->attempt));
}

static struct str secret_of(struct arena *arena, const char *what, const struct derivation *from)
{
    struct str label = label_of(arena, what, from);
    return str_is_present(label) ? hkdf_base64url(arena, from->browser, label, SECRET_BYTES)
                                 : STR_ABSENT;
}

struct str derive_state(struct arena *arena, const struct derivation *from)
{
    return ARENA_JOIN(arena, from->s, STR("."), secret_of(arena, "github state", from));
}

struct str derive_code_verifier(struct arena *arena, const struct derivation *from)
{
    return secret_of(arena, "github code_verifier", from);
}

struct str derive_csrf_token(struct arena *arena, const struct derivation *from)
{
    return secret_of(arena, "csrf_token", from);
}

struct str derive_g(struct arena *arena, const struct derivation *from)
{
    struct str label = label_of(arena, "g", from);
    return str_is_present(label) ? hkdf_hex(arena, from->browser, label, GRANT_ID_BYTES)
                                 : STR_ABSENT;
}

struct str derive_code(struct arena *arena, const struct derivation *from,
                       struct str *ret_secret_sha256)
{
    char secret[AUTHORIZATION_CODE_SECRET_BYTES];
    struct str label = label_of(arena, "code", from), g = derive_g(arena, from);
    if (!str_is_present(label) || !str_is_present(g) ||
        hkdf_derive(from->browser, STR_ABSENT, label, secret, sizeof(secret)) != OK)
        return STR_ABSENT;
    struct str code = authorization_code_make(arena, g, str_from_bytes(secret, sizeof(secret)));
    struct authorization_code parts;
    if (!str_is_present(code) || authorization_code_parse(code, &parts) != OK)
        return STR_ABSENT;
    struct str digest = digest_hex(arena, parts.secret);
    if (!str_is_present(digest))
        return STR_ABSENT;
    *ret_secret_sha256 = digest;
    return code;
}

bool derive_state_split(struct str state, struct str *ret_s)
{
    struct str s, secret;
    if (!str_cut(state, '.', &s, &secret) || s.len != DIGEST_HEX_CHARACTERS || !hex_is_valid(s))
        return false;
    *ret_s = s;
    return true;
}

enum failure derive_check_state(struct arena *arena, const struct derivation *from,
                                struct str state)
{
    struct str expected = derive_state(arena, from);
    if (!str_is_present(expected))
        return FAIL_LIMIT_REACHED;
    return str_equals_in_constant_time(expected, state) ? OK : FAIL_STATE_FORGED;
}

enum failure derive_check_csrf_token(struct arena *arena, const struct derivation *from,
                                     struct str csrf_token)
{
    struct str expected = derive_csrf_token(arena, from);
    if (!str_is_present(expected))
        return FAIL_LIMIT_REACHED;
    return str_equals_in_constant_time(expected, csrf_token) ? OK : FAIL_CSRF_TOKEN_FORGED;
}

enum failure derive_check_browser(struct arena *arena, struct str browser,
                                  struct str browser_sha256)
{
    if (!str_is_present(browser))
        return FAIL_BROWSER_FOREIGN;
    struct str digest = digest_hex(arena, browser);
    if (!str_is_present(digest))
        return FAIL_LIMIT_REACHED;
    return str_equals_in_constant_time(digest, browser_sha256) ? OK : FAIL_BROWSER_FOREIGN;
}
