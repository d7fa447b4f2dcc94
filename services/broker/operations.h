/* What the edge can ask of a broker; each is described in the file of its name. */
#ifndef SERVICES_BROKER_OPERATIONS_H
#define SERVICES_BROKER_OPERATIONS_H

#include "proto/broker.h"
#include "proto/worker.h"

operation_handler login_handle;    /* behind GET /authorize: where to sign in */
operation_handler callback_handle; /* GET /auth/github/callback */
operation_handler decide_handle;   /* POST /authorize: the consent form */

#endif
