/* The answer of the token endpoint (RFC 6749 5.1): an access token, the refresh token and what they
 * are good for.
 *
 *     TRY(token_answer_make(arena, &answer, &reply));
 *     task_reply(task, &reply);
 *
 * Everything in it comes from stored numbers, times and scope, so that a repeated request gets the
 * same success again: the same claims, the same refresh token number. (The sealed text of the
 * refresh token differs, because sealing takes a fresh salt; all texts of one number are equal.) */
#ifndef SERVICES_SIGNER_TOKEN_ANSWER_H
#define SERVICES_SIGNER_TOKEN_ANSWER_H

#include "proto/signer.h"

struct token_answer {
    struct str g;
    struct str client_id;
    struct str user_id;
    struct str login;
    struct str email;    /* shown only when scope has it */
    struct str scope;    /* of this access token, mcp scope first */
    struct str resource; /* of the server; absent without one */
    struct str nonce;    /* of the authorization request; absent without one */
    bool has_id_token;   /* when scope has openid */
    int64_t n;           /* of the refresh token */
    int64_t m;           /* of the access token */
    int64_t issued_at;   /* of the access token, seconds */
    int64_t rotated_at;  /* of the refresh token */
    int64_t grant_end_at;
};

/* FAIL_CRYPTO or FAIL_LIMIT_REACHED; texts of the reply live in the arena. */
enum failure token_answer_make(struct arena *arena, const struct token_answer *answer,
                               struct token_reply *ret_reply) MUST_CHECK;

#endif
