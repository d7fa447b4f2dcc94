/* The admin port of every process: GET /health (the loop turns), GET /ready (the process can do its
 * work). It speaks plain HTTP and is never public.
 *
 *     struct admin *admin = admin_open(loop, STR("127.0.0.1:9101"), is_ready, &problem);
 *     admin_close(admin); */
#ifndef COMMON_PROCESS_ADMIN_H
#define COMMON_PROCESS_ADMIN_H

#include "common/base/str.h"
#include "common/process/loop.h"

struct admin;

/* NULL, with one sentence in *ret_problem (a literal), when the address cannot be used. */
struct admin *admin_open(struct loop *loop, struct str listen, bool (*is_ready)(void),
                         struct str *ret_problem);
void admin_close(struct admin *admin); /* accepts NULL */

#endif
