/* A client assertion (RFC 7523 2.2, 3): a JWT by which a client authenticates, signed with its own
 * key. Signature and header are common/crypto's.
 *
 *     struct str client_id = client_assertion_peek(arena, text);     to find the client's keys
 *     TRY(jwt_verify_assertion(keys, text, arena, &claims, &key_is_unknown));
 *     TRY(client_assertion_from_json(arena, claims, &assertion));
 *     TRY(client_assertion_check(&assertion, client_id, audiences, clock_wall_s()));
 *     ... and that its jti has not been used before
 *
 * Texts live in the arena. */
#ifndef COMMON_OAUTH_CLIENT_ASSERTION_H
#define COMMON_OAUTH_CLIENT_ASSERTION_H

#include "common/base/arena.h"
#include "common/base/failure.h"

#define CLIENT_ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

enum {
    /* A jti must be remembered for as long as its assertion lives. */
    CLIENT_ASSERTION_LIFE_MAX_S = 3600,
    CLIENT_ASSERTION_JTI_BYTES_MAX = 256,
};

struct client_assertion {
    struct str iss;
    struct str sub;
    struct strs aud;
    struct str jti;
    int64_t exp; /* seconds since 1970 */
    int64_t nbf; /* absent: FIELD_I64_ABSENT */
    int64_t iat; /* absent: FIELD_I64_ABSENT */
};

/* Whom an assertion names, unproven: good for looking up the keys that prove it, and for nothing
 * else. The absent text when it cannot be read. */
struct str client_assertion_peek(struct arena *arena, struct str text);

/* FAIL_CLIENT_ASSERTION_INVALID for a missing claim (iss, sub, aud, exp, jti) or a wrong type,
 * FAIL_LIMIT_REACHED. */
enum failure client_assertion_from_json(struct arena *arena, struct str claims,
                                        struct client_assertion *ret_assertion) MUST_CHECK;
/* RFC 7523 3: iss and sub are the client (1, 2), aud is one of ours (3), it has not ended (4) nor
 * begins later (5, 6), with CLOCK_SKEW_S of tolerance, and ends within CLIENT_ASSERTION_LIFE_MAX_S.
 * FAIL_CLIENT_ASSERTION_INVALID. */
enum failure client_assertion_check(const struct client_assertion *assertion, struct str client_id,
                                    struct strs audiences, int64_t now_s) MUST_CHECK;

#endif
