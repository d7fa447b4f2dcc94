/* How endpoints that take a Bearer token refuse one (RFC 6750 3).
 *
 *     problem_send_bearer(request, FAIL_TOKEN_EXPIRED);
 *         401, WWW-Authenticate: Bearer realm="mcp-oauth", error="invalid_token", ...
 *     const struct bearer_challenge challenge = {.resource_metadata = url, .scope = scope};
 *     bearer_problem_reply(request, arena, FAIL_TOKEN_MISSING, &challenge, &reply);
 *
 * Without a token the challenge names no error (3.1): the client has not done anything wrong yet.
 */
#ifndef SERVICES_EDGE_BEARER_H
#define SERVICES_EDGE_BEARER_H

#include "services/edge/reply.h"

struct bearer_challenge {         /* either may be absent */
    struct str resource_metadata; /* RFC 9728 5.1 */
    struct str scope;             /* RFC 6750 3: what is needed */
};

/* Status, challenge and body; of a failure that has nothing to do with the token, what
 * problem_reply says. Texts live in the arena. */
void bearer_problem_reply(const struct request *request, struct arena *arena, enum failure failure,
                          const struct bearer_challenge *challenge, struct reply *ret_reply);

/* A route_problem; the challenge has neither member. */
void problem_send_bearer(const struct request *request, enum failure failure);

#endif
