/* Listening sockets: those that systemd holds, else from "127.0.0.1:8787" to bound descriptors.
 *
 *     int fds[HTTP_LISTENERS_MAX];
 *     size_t len;
 *     if (!http_listen_inherit(fds, &len)) ...
 *     if (len == 0 && !http_listen_open(config.listen, fds, &len)) ...    none is left open
 *
 * The caller owns the descriptors. */
#ifndef SERVICES_EDGE_HTTP_LISTEN_H
#define SERVICES_EDGE_HTTP_LISTEN_H

#include "common/base/str.h"

enum { HTTP_LISTENERS_MAX = 16 };

/* Those handed over at the start, by sd_listen_fds(3)'s protocol: LISTEN_PID is this process, and
 * LISTEN_FDS descriptors begin at 3. *ret_len is 0 without any. False when they are too many, or
 * one is not a listening TCP socket. */
bool http_listen_inherit(int ret_fds[static HTTP_LISTENERS_MAX], size_t *ret_len);

/* Each address is host:port, [v6]:port or *:port; a name stands for all its addresses. */
bool http_listen_open(struct strs addresses, int ret_fds[static HTTP_LISTENERS_MAX],
                      size_t *ret_len);

#endif
