/* The frames of proto/README.md on a ZeroMQ socket: the only place that touches wire bytes.
 *
 *     struct envelope out = {.type = MESSAGE_READY, .body = ready};
 *     envelope_send(socket, routing_id, &out);
 *
 *     struct envelope_buffer buffer;
 *     while (envelope_receive(socket, &buffer) == ENVELOPE_RECEIVED) {
 *         ... buffer.envelope borrows from buffer ...
 *         envelope_buffer_finish(&buffer);
 *     } */
#ifndef PROTO_ENVELOPE_H
#define PROTO_ENVELOPE_H

#include "common/base/str.h"

#include <zmq.h>

enum { PROTOCOL_VERSION = 1, HEADER_BYTES = 24, REQUEST_ID_BYTES = 16, FRAMES = 4 };

enum message_type {
    MESSAGE_HELLO = 1,
    MESSAGE_WELCOME,
    MESSAGE_WHO,
    MESSAGE_READY,
    MESSAGE_REQUEST,
    MESSAGE_REPLY,
    MESSAGE_DRAINING,
    MESSAGE_BYE,
    MESSAGE_PROBE,
    MESSAGE_TYPES
};

struct envelope {
    enum message_type type;
    unsigned operation_version;
    uint32_t time_ms; /* REQUEST: the budget; REPLY: when to come again, 0: not told */
    unsigned char request_id[REQUEST_ID_BYTES];
    struct str subject; /* REQUEST: the operation; REPLY: the failure's name */
    struct str traceparent;
    struct str body;
};

struct envelope_buffer {
    struct str routing_id; /* on a ROUTER */
    struct envelope envelope;
    zmq_msg_t frames[FRAMES + 1];
    int frames_len;
};

enum envelope_receipt { ENVELOPE_NONE, ENVELOPE_RECEIVED, ENVELOPE_MALFORMED };

/* 0, or errno: EAGAIN (the peer's pipe is full), EHOSTUNREACH (ROUTER: no such peer). routing_id is
 * absent on a DEALER. Never blocks. */
int envelope_send(void *socket, struct str routing_id, const struct envelope *envelope);

/* Whole messages only. A malformed one has been read and released; its routing id is lost. */
enum envelope_receipt envelope_receive(void *socket, bool is_router,
                                       struct envelope_buffer *ret_buffer);
void envelope_buffer_finish(struct envelope_buffer *buffer);

/* The header alone, for tests and fuzzing. */
void envelope_header_write(const struct envelope *envelope, unsigned char out[HEADER_BYTES]);
bool envelope_header_read(struct str bytes, struct envelope *ret_envelope);

/* ZMQ_EVENTS has ZMQ_POLLIN; also resets the edge-triggered ZMQ_FD. */
bool envelope_waits(void *socket);

#endif
