/* Is this one of our access tokens, and still good (RFC 9068 4, RFC 8725)? What every operation
 * that is given one asks first.
 *
 *     access_check_begin(&check, task, text, on_checked, context);
 *     ... on_checked(context, OK): check.token and check.claims can be relied on
 *
 * A refresh token and an ID token are none: their form, or the typ in their header, is another one.
 * `check` is the caller's and must live as long as the task. */
#ifndef SERVICES_SIGNER_ACCESS_CHECK_H
#define SERVICES_SIGNER_ACCESS_CHECK_H

#include "common/oauth/access_token.h"
#include "common/store/revoked.h"
#include "proto/worker.h"

struct access_check {
    struct str claims; /* JSON; this and the rest live in the task's arena */
    struct access_token token;
    struct revoked_subject subject; /* grant and number of the token */
};

/* on_checked comes once, perhaps before this returns: OK, FAIL_TOKEN_MISSING, FAIL_TOKEN_INVALID,
 * FAIL_TOKEN_EXPIRED, FAIL_TOKEN_REVOKED, FAIL_STORE_UNAVAILABLE, FAIL_LIMIT_REACHED. */
void access_check_begin(struct access_check *check, struct task *task, struct str text,
                        record_done_cb *on_checked, void *context);

#endif
