/* A server on a loopback port that speaks Redis's protocol and says what the test wants, in the
 * test's own loop: for what a real Redis says only at the wrong moment.
 *
 *     struct scripted_server *server = scripted_server_start(loop, answer, &state);
 *     static const char *answer(void *context, const char *line) { return "+OK\r\n"; }
 *     int port = scripted_server_port(server);
 *     scripted_server_stop(server);
 *
 * line: the command's words with spaces between. The answer is sent as it is, "" sends nothing, and
 * NULL ends the connection. */
#ifndef TESTS_UNIT_COMMON_STORE_SCRIPTED_SERVER_H
#define TESTS_UNIT_COMMON_STORE_SCRIPTED_SERVER_H

#include "common/process/loop.h"

struct scripted_server;

typedef const char *scripted_answer_fn(void *context, const char *line);

struct scripted_server *scripted_server_start(struct loop *loop, scripted_answer_fn *answer,
                                              void *context);
int scripted_server_port(const struct scripted_server *server);
void scripted_server_stop(struct scripted_server *server); /* accepts NULL */

/* What a server that takes every handshake says to it: AUTH, PING, ROLE; NULL: it is none of these.
 */
const char *scripted_handshake(const char *line);

#endif
