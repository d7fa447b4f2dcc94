/* The text form of an authorization code: g.secret, the public grant id in 32 hex digits and 256
 * secret bits in 43 base64url characters (RFC 6749 4.1.2, 10.10).
 *
 *     struct str text = authorization_code_make(arena, g, secret);
 *     struct authorization_code code;
 *     TRY(authorization_code_parse(text, &code));
 *
 * g names the record and is no credential; the record keeps the SHA-256 of the secret's text. */
#ifndef COMMON_OAUTH_AUTHORIZATION_CODE_H
#define COMMON_OAUTH_AUTHORIZATION_CODE_H

#include "common/base/arena.h"
#include "common/base/failure.h"

enum {
    GRANT_ID_BYTES = 16, /* a grant id is written with twice as many hex digits */
    AUTHORIZATION_CODE_SECRET_BYTES = 32,
    AUTHORIZATION_CODE_SECRET_CHARACTERS = 43,
};

struct authorization_code { /* borrowed from the text */
    struct str g;
    struct str secret; /* 43 base64url characters */
};

bool grant_id_is_valid(struct str g); /* 32 lower-case hex digits */
/* g is 32 hex digits, secret AUTHORIZATION_CODE_SECRET_BYTES raw bytes. The absent text when the
 * arena is full. */
struct str authorization_code_make(struct arena *arena, struct str g, struct str secret);
/* FAIL_CODE_MISSING when absent or empty, FAIL_CODE_UNKNOWN for anything but the one spelling. */
enum failure authorization_code_parse(struct str text,
                                      struct authorization_code *ret_code) MUST_CHECK;

#endif
