/* What one address, and all together, may ask for in a time (DESIGN section 7). Asked one limit
 * after the other: who is over the first does not use up the next, which is everybody's.
 *
 *     rate_gate_register(task, request->address, on_passed, work);
 *     rate_gate_authorize(task, request->address, on_passed, work);
 *
 * Over a limit the task is answered 429, with the time until it may come again, and on_passed is
 * not called; so when Redis cannot be asked, with 503. Nothing but a counter has been written then.
 */
#ifndef SERVICES_REGISTRY_RATE_GATE_H
#define SERVICES_REGISTRY_RATE_GATE_H

#include "proto/worker.h"

/* Later from the loop, or at once when nothing is limited. */
typedef void rate_gate_cb(void *context);

void rate_gate_register(struct task *task, struct str address, rate_gate_cb *on_passed,
                        void *context);
void rate_gate_authorize(struct task *task, struct str address, rate_gate_cb *on_passed,
                         void *context);

#endif
