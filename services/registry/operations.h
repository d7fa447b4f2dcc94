/* What the edge can ask of a registry; each is described in the file of its name. */
#ifndef SERVICES_REGISTRY_OPERATIONS_H
#define SERVICES_REGISTRY_OPERATIONS_H

#include "proto/registry.h"
#include "proto/worker.h"

operation_handler authorize_handle;     /* GET /authorize */
operation_handler register_handle;      /* POST /register */
operation_handler client_handle;        /* GET /client/{client_id} */
operation_handler client_update_handle; /* PUT /client/{client_id} */
operation_handler client_delete_handle; /* DELETE /client/{client_id} */
/* GET /.well-known/oauth-protected-resource... */
operation_handler protected_resource_handle;
operation_handler resolve_handle; /* what POST /token needs of a client's document and keys */

#endif
