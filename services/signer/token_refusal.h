/* How the token endpoint refuses: with the failure, and, to a client that has been refused too
 * often at this address, with 429 instead (DESIGN section 7). Only refusals are counted, so that
 * nobody else pays for it.
 *
 *     token_refuse(task, failure, &request->client, request->address, g); */
#ifndef SERVICES_SIGNER_TOKEN_REFUSAL_H
#define SERVICES_SIGNER_TOKEN_REFUSAL_H

#include "common/oauth/client_authentication.h"
#include "proto/worker.h"

/* Answers the task. detail is for the log, may be absent. What is our own trouble (5xx) is neither
 * counted nor replaced. */
void token_refuse(struct task *task, enum failure failure,
                  const struct client_authentication *client, struct str address,
                  struct str detail);

#endif
