/* A clock, an event loop and a ZeroMQ that a target plays: it implements clock.h, loop.h and what
 * proto/ uses of libzmq, so that the link runs without descriptors, threads and waiting.
 *
 *     wire_reset();
 *     link = link_edge_new(NULL, &options);         its sockets are numbered in the order of
 * opening wire_deliver(0, frames, frames_len);          one message, then a turn of the loop
 *     wire_pass(50);                                time, then the timers that are due, then a turn
 *
 * What the link sends is checked: whole messages with a header that the other side reads. */
#ifndef TESTS_FUZZ_WIRE_H
#define TESTS_FUZZ_WIRE_H

#include "common/base/str.h"

enum { WIRE_SOCKETS_MAX = 16, WIRE_FRAMES_MAX = 20 };

/* Everything as at the start of a program. */
void wire_reset(void);
/* A message for the socket; frames are borrowed until this returns. A closed one hears nothing. */
void wire_deliver(int socket, const struct str *frames, size_t frames_len);
/* An event of the socket without a message: the peer has come or gone. */
void wire_stir(int socket);
void wire_pass(int64_t ms);
void wire_turn(void);
/* From now on the first frame of a message is refused with this errno; 0: none is. */
void wire_refuse(int error);
/* Frames that were sent since the reset. */
size_t wire_frames_sent(void);
/* Whether everything that was opened has been closed. */
bool wire_is_closed(void);

#endif
