/* How a refusal looks, in the three forms that endpoints have. Each is a route_problem.
 *
 *     problem_send_json(request, FAIL_CODE_UNKNOWN);
 *         400 {"error":"invalid_grant","error_description":"..."}       (RFC 6749 5.2)
 *     problem_send_page(request, FAIL_SESSION_UNKNOWN);
 *         a page for browsers that says what to do, else as above
 *     problem_send_validate(request, FAIL_TOKEN_EXPIRED);
 *         {"valid":false,"error":"..."}                                 (the original's) */
#ifndef SERVICES_EDGE_PROBLEM_H
#define SERVICES_EDGE_PROBLEM_H

#include "services/edge/reply.h"

/* Status, Retry-After with 429 and 503 (RFC 9110 10.2.3), WWW-Authenticate with 401, Allow with
 * 405: what all three forms share. */
struct reply problem_reply(const struct request *request, enum failure failure);

void problem_send_json(const struct request *request, enum failure failure);
void problem_send_page(const struct request *request, enum failure failure);
void problem_send_validate(const struct request *request, enum failure failure);

#endif
