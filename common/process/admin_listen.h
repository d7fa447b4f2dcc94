/* The part of the admin port that differs between the two flavours of libh2o: from a listening
 * descriptor to accepted connections. Implemented by admin_listen_uv.c and admin_listen_h2o.c. */
#ifndef COMMON_PROCESS_ADMIN_LISTEN_H
#define COMMON_PROCESS_ADMIN_LISTEN_H

#include "common/process/loop.h"

#include <h2o.h>

struct admin_listen;

typedef void admin_accept_cb(void *context, h2o_socket_t *connection);
/* Owns fd from now on, also when it answers NULL. on_accept owns the connection. */
struct admin_listen *admin_listen_new(struct loop *loop, int fd, admin_accept_cb *on_accept,
                                      void *context);
/* h2o_context_dispose, and what it forgets. */
void admin_context_finish(h2o_context_t *context);
void admin_listen_free(struct admin_listen *listener); /* accepts NULL */

#endif
