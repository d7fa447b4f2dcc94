/* Limits that stand in front of an operation (DESIGN section 7). Asked one after the other: who is
 * over the first does not use up the next, which may be everybody's.
 *
 *     struct rate_gate *gate = rate_gate_new(task, on_passed, context);    NULL: already answered
 *     rate_gate_add(gate, (struct rate_limit){"register", 200, 3600}, address);
 *     rate_gate_ask(gate);
 *
 * Over a limit the task is answered 429, with the time until it may come again, and on_passed is
 * not called; so when Redis cannot be asked, with 503. Nothing but a counter has been written then.
 * A request that is repeated because its worker died counts twice; limits are wide enough. */
#ifndef PROTO_RATE_GATE_H
#define PROTO_RATE_GATE_H

#include "common/store/rate.h"
#include "proto/worker.h"

enum { RATE_GATE_LIMITS_MAX = 2 };

struct rate_gate;

typedef void rate_gate_cb(void *context);

/* In the task's arena. NULL when that is full; the task has been answered then. */
struct rate_gate *rate_gate_new(struct task *task, rate_gate_cb *on_passed, void *context);
/* A count_max of 0 limits nothing. */
void rate_gate_add(struct rate_gate *gate, struct rate_limit limit, struct str subject);
/* on_passed comes later from the loop, or at once when nothing is limited. */
void rate_gate_ask(struct rate_gate *gate);

#endif
