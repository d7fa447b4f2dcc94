/* A worker's DEALER to one edge.
 *
 *     struct dealer dealer = {.socket = NULL};
 *     if (!dealer_open(&dealer, loop, zmq, "tcp://10.0.0.1:7701", keys)) ...
 *     dealer_send(&dealer, MESSAGE_READY, body);
 *     dealer_close(&dealer);
 *
 * It lies where it was opened until it is closed. Nothing waits in a pipe that leads nowhere
 * (ZMQ_IMMEDIATE), so that an edge that comes back is greeted by a HELLO and not by a backlog of
 * old heartbeats. */
#ifndef PROTO_DEALER_H
#define PROTO_DEALER_H

#include "common/process/loop.h"
#include "proto/envelope.h"

struct dealer {
    void *socket; /* NULL: closed */
    struct loop_watch *watch;
    bool has_event;  /* something happened: a message, a connection, the end of one */
    bool is_stirred; /* that, or something was sent, which may have swallowed an event of ZMQ_FD;
                        cleared by whoever has read until nothing was left */
};

struct dealer_keys { /* CURVE, Z85; both absent: none */
    struct str secret_key;
    struct str edge_key;
};

/* False, and everything is closed, when the endpoint or a key cannot be used. */
bool dealer_open(struct dealer *dealer, struct loop *loop, void *zmq, const char *endpoint,
                 const struct dealer_keys *keys);
void dealer_close(struct dealer *dealer); /* also a closed one */
/* False when it is closed or not connected. */
bool dealer_send(struct dealer *dealer, enum message_type type, struct str body);
bool dealer_send_envelope(struct dealer *dealer, const struct envelope *envelope);
bool dealer_is_connected(const struct dealer *dealer);

#endif
