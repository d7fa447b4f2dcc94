/* The claims of an access token (RFC 9068 2.2 and what the original promised). Signing and header
 * are common/crypto's.
 *
 *     struct access_token token = {.iss = issuer, .sub = user_id, .aud = {audiences, 1}, ...};
 *     TRY(access_token_to_json(arena, &token, &claims));
 *     TRY(access_token_from_json(arena, claims, &token));       after the signature was checked
 *     TRY(access_token_check(&token, issuer, clock_wall_s()));
 *
 * Texts that are read live in the arena. */
#ifndef COMMON_OAUTH_ACCESS_TOKEN_H
#define COMMON_OAUTH_ACCESS_TOKEN_H

#include "common/base/arena.h"
#include "common/base/failure.h"

struct access_token {
    struct str iss;
    struct str sub;  /* the GitHub user id, in decimal */
    struct strs aud; /* the mcp scope, then the server's resource; one is written as a string */
    int64_t exp;     /* seconds since 1970 */
    int64_t iat;
    struct str jti; /* g.m */
    struct str client_id;
    struct str scope;
    struct str email;              /* absent without the scope email */
    struct str preferred_username; /* the GitHub login; may be absent */
};

enum failure access_token_to_json(struct arena *arena, const struct access_token *token,
                                  struct str *ret_text) MUST_CHECK;
/* FAIL_TOKEN_INVALID for a missing claim, a wrong type, or token_type other than "access" (an ID
 * token and a refresh token are not access tokens). */
enum failure access_token_from_json(struct arena *arena, struct str text,
                                    struct access_token *ret_token) MUST_CHECK;
/* FAIL_TOKEN_INVALID for a foreign issuer or an iat in the future, FAIL_TOKEN_EXPIRED; both times
 * with CLOCK_SKEW_S of tolerance. */
enum failure access_token_check(const struct access_token *token, struct str issuer,
                                int64_t now_s) MUST_CHECK;
bool access_token_is_for(const struct access_token *token, struct str audience);

/* jti is g.m: the grant id and the number of the access token in its grant. */
struct str access_token_make_jti(struct arena *arena, struct str g, int64_t m);
/* FAIL_TOKEN_INVALID for anything but the one spelling. */
enum failure access_token_parse_jti(struct str jti, struct str *ret_g, int64_t *ret_m) MUST_CHECK;

#endif
