/* What one address, and all together, may ask the registry for in a time (RATE_... options).
 *
 *     rates_ask_register(task, request->address, on_passed, work);
 *     rates_ask_authorize(task, request->address, on_passed, work);
 *
 * Over a limit the task is answered as proto/rate_gate.h says, and on_passed is not called. */
#ifndef SERVICES_REGISTRY_RATES_H
#define SERVICES_REGISTRY_RATES_H

#include "proto/rate_gate.h"

void rates_ask_register(struct task *task, struct str address, rate_gate_cb *on_passed,
                        void *context);
void rates_ask_authorize(struct task *task, struct str address, rate_gate_cb *on_passed,
                         void *context);

#endif
