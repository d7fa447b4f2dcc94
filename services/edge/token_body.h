/* The JSON bodies in which the original takes a token: {"token"}, {"access_token"},
 * {"refresh_token"}. */
#ifndef SERVICES_EDGE_TOKEN_BODY_H
#define SERVICES_EDGE_TOKEN_BODY_H

#include "common/base/arena.h"
#include "common/base/failure.h"

/* The member "token", else the member named other, neither empty. FAIL_TOKEN_MISSING when there is
 * none, also when the body is no JSON object at all, as in the original; FAIL_TOKEN_INVALID when it
 * is longer than any token of ours. */
enum failure token_body_read(struct arena *arena, struct str body, struct str other,
                             struct str *ret_token) MUST_CHECK;

#endif
