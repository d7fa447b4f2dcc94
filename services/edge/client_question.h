/* Questions to the signer in which a client authenticates: POST /token, /revoke and /introspect.
 *
 *     struct client_authentication client;
 *     TRY(client_question_read(errand, &form, &client));
 *     client_question_ask(errand, &EXCHANGE, &message, client.client_id, on_reply);
 *
 * When the signer answers client_needed, the registry is asked once to fetch what is known of the
 * client (resolve/1), and the question is repeated with the same request id. */
#ifndef SERVICES_EDGE_CLIENT_QUESTION_H
#define SERVICES_EDGE_CLIENT_QUESTION_H

#include "common/oauth/client_authentication.h"
#include "services/edge/errand.h"

/* What client_authentication_read says of the request's form and Authorization header. */
enum failure client_question_read(const struct errand *errand, const struct form *form,
                                  struct client_authentication *ret_client) MUST_CHECK;
/* The form of RFC 7009 2.1 and RFC 7662 2.1: a client, and a token of whatever kind; what kind it
 * is, its form says, and token_type_hint is read only so that two of them are refused. */
enum failure client_question_read_token(struct errand *errand,
                                        struct client_authentication *ret_client,
                                        struct str *ret_token) MUST_CHECK;
/* As errand_ask; on_reply comes once, for the last answer. message is copied, its texts are not. A
 * client that cannot be fetched is that failure, never invalid_client. */
void client_question_ask(struct errand *errand, const struct errand_question *question,
                         const void *message, struct str client_id, errand_reply_cb *on_reply);

#endif
