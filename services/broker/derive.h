/* Everything secret of a sign-in is derived from the browser's cookie (256 random bits, of which
 * only the SHA-256 is stored), from the session's public name s, and from the number of the
 * attempt. So nothing secret lies in Redis, every step gives the same result again when it is
 * repeated, and another browser can derive none of it.
 *
 *     struct derivation from = {.browser = cookie, .s = s, .attempt = session->attempt};
 *     struct str state = derive_state(arena, &from);        "s.secret", sent to GitHub
 *     TRY(derive_check_csrf_token(arena, &from, form_value)); */
#ifndef SERVICES_BROKER_DERIVE_H
#define SERVICES_BROKER_DERIVE_H

#include "common/base/arena.h"
#include "common/base/failure.h"

struct derivation {
    struct str browser; /* the cookie's value */
    struct str s;       /* SHA-256 of the session id, hex */
    int64_t attempt;
};

/* All of these: the absent text when the arena is full. */
struct str derive_state(struct arena *arena, const struct derivation *from);
struct str derive_code_verifier(struct arena *arena, const struct derivation *from);
struct str derive_csrf_token(struct arena *arena, const struct derivation *from);
struct str derive_g(struct arena *arena, const struct derivation *from);
/* g.secret (common/oauth/authorization_code.h), and the secret's digest as the code's record has
 * it. */
struct str derive_code(struct arena *arena, const struct derivation *from,
                       struct str *ret_secret_sha256);

/* The s in GitHub's state; false when it is not of our form. */
bool derive_state_split(struct str state, struct str *ret_s);
/* In constant time: FAIL_STATE_FORGED, FAIL_CSRF_TOKEN_FORGED. */
enum failure derive_check_state(struct arena *arena, const struct derivation *from,
                                struct str state) MUST_CHECK;
enum failure derive_check_csrf_token(struct arena *arena, const struct derivation *from,
                                     struct str csrf_token) MUST_CHECK;
/* FAIL_BROWSER_FOREIGN unless browser is the cookie whose digest the session has. */
enum failure derive_check_browser(struct arena *arena, struct str browser,
                                  struct str browser_sha256) MUST_CHECK;

#endif
