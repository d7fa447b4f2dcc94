/* Listening sockets: from "127.0.0.1:8787" to bound descriptors.
 *
 *     int fds[HTTP_LISTENERS_MAX];
 *     size_t len;
 *     if (!http_listen_open(config.listen, fds, &len)) ...      none is left open
 *
 * The caller owns the descriptors. */
#ifndef SERVICES_EDGE_HTTP_LISTEN_H
#define SERVICES_EDGE_HTTP_LISTEN_H

#include "common/base/str.h"

enum { HTTP_LISTENERS_MAX = 16 };

/* Each address is host:port, [v6]:port or *:port; a name stands for all its addresses. */
bool http_listen_open(struct strs addresses, int ret_fds[static HTTP_LISTENERS_MAX],
                      size_t *ret_len);

#endif
