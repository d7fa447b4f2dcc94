/* An edge's ROUTER for one kind of worker, and the monitor that tells when somebody left it.
 *
 *     struct listener listener = {.socket = NULL};
 *     if (!listener_open(&listener, loop, zmq, endpoint, "signer", secret_key)) ...
 *     if (listener_takes_departures(&listener)) ...        probe who it was
 *     listener_close(&listener); */
#ifndef PROTO_LISTENER_H
#define PROTO_LISTENER_H

#include "common/base/str.h"
#include "common/process/loop.h"

struct listener {
    void *socket;  /* ROUTER, mandatory: sending to nobody is EHOSTUNREACH */
    void *monitor; /* PAIR */
    struct loop_watch *socket_watch, *monitor_watch;
    /* ZMQ_FD tells of a change once, and any zmq_send or zmq_recv may swallow that: set by an event
     * and by whoever sends; cleared by whoever has read until nothing was left. */
    bool is_stirred, is_monitor_stirred;
};

/* False when the endpoint or the key cannot be used, with zmq_errno set for the endpoint; then it
 * is closed. name is part of the monitor's address, one per context. secret_key: CURVE, Z85, or
 * empty. */
bool listener_open(struct listener *listener, struct loop *loop, void *zmq, struct str endpoint,
                   const char *name, struct str secret_key);
void listener_close(struct listener *listener); /* also a half-open one */
/* True once for every burst of lost connections. */
bool listener_takes_departures(struct listener *listener);

#endif
