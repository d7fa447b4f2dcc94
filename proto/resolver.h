/* A host name of several edges, asked again and again off the loop.
 *
 *     struct resolver *resolver = resolver_new(loop, STR("edge.mcp"), STR("7701"), on_addresses,
 * me); resolver_free(resolver); */
#ifndef PROTO_RESOLVER_H
#define PROTO_RESOLVER_H

#include "common/base/str.h"
#include "common/process/loop.h"

struct resolver;

/* endpoints: "tcp://10.0.0.1:7701" ..., borrowed until the callback returns. Only for answers: a
 * name that cannot be resolved now keeps what it had. */
typedef void resolver_cb(void *context, struct strs endpoints);

/* Asks at once, then every 5 s (every second until the first answer). NULL without memory. */
struct resolver *resolver_new(struct loop *loop, struct str host, struct str port,
                              resolver_cb *on_addresses, void *context);
void resolver_free(struct resolver *resolver); /* accepts NULL */

/* "tcp://name:port" whose host is neither an address nor a wildcard. */
bool resolver_wants(struct str endpoint, struct str *ret_host, struct str *ret_port);

#endif
