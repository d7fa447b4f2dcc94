/* The claims of an ID token (OpenID Connect Core 2): who signed in, for the client. Signing and
 * header are common/crypto's; no endpoint of ours takes an ID token back.
 *
 *     struct id_token token = {.iss = issuer, .sub = user_id, .aud = client_id, ...};
 *     token.at_hash = id_token_make_at_hash(arena, alg, access_token);
 *     TRY(id_token_to_json(arena, &token, &claims));
 *
 * There is no auth_time: GitHub does not tell when a person signed in there. */
#ifndef COMMON_OAUTH_ID_TOKEN_H
#define COMMON_OAUTH_ID_TOKEN_H

#include "common/base/arena.h"
#include "common/base/failure.h"
#include "common/crypto/public_key.h"

struct id_token {
    struct str iss;
    struct str sub; /* the GitHub user id, in decimal */
    struct str aud; /* the client_id */
    int64_t exp;    /* seconds since 1970 */
    int64_t iat;
    struct str nonce;              /* of the authorization request; absent without one */
    struct str at_hash;            /* binds the access token beside it */
    struct str preferred_username; /* the GitHub login; absent without the scope profile */
    struct str email;              /* absent without the scope email */
    bool email_verified;           /* whenever there is an email: only verified ones are taken */
};

/* FAIL_LIMIT_REACHED when the arena is full. */
enum failure id_token_to_json(struct arena *arena, const struct id_token *token,
                              struct str *ret_text) MUST_CHECK;
/* OpenID Connect Core 3.1.3.6: base64url of the left half of the access token's hash, by the
 * function of the ID token's alg: SHA-256, and SHA-512 for Ed25519. The absent text when the arena
 * is full. */
struct str id_token_make_at_hash(struct arena *arena, enum public_key_alg alg,
                                 struct str access_token);

#endif
