/* What the edge can ask of a signer; each is described in the file of its name. */
#ifndef SERVICES_SIGNER_OPERATIONS_H
#define SERVICES_SIGNER_OPERATIONS_H

#include "proto/signer.h"
#include "proto/worker.h"

operation_handler exchange_handle;      /* POST /token, authorization_code */
operation_handler refresh_handle;       /* POST /token, refresh_token */
operation_handler validate_handle;      /* POST /validate */
operation_handler introspect_handle;    /* POST /introspect */
operation_handler userinfo_handle;      /* GET /userinfo */
operation_handler verify_handle;        /* GET /verify */
operation_handler revoke_handle;        /* POST /admin/revoke */
operation_handler revoke_handle_client; /* POST /revoke: client_revoke */

#endif
