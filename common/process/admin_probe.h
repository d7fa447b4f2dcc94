/* Asks a running process through its admin port whether it is ready: `mcp-oauth-signer --probe`,
 * for health checks in containers that hold nothing but the program.
 *
 *     bool is_ready = admin_probe(STR("127.0.0.1:9101")); */
#ifndef COMMON_PROCESS_ADMIN_PROBE_H
#define COMMON_PROCESS_ADMIN_PROBE_H

#include "common/base/str.h"

/* Waits 2 s at most for each step. False also when nobody listens. */
bool admin_probe(struct str listen);

#endif
