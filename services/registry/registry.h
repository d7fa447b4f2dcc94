/* What the operations of a registry share: the servers file, the issuer, and finding a client.
 *
 *     TRY(registry_open(loop, &config, issuer, arena, &problem));
 *     const struct servers *servers = registry_servers();      until the loop turns
 *     registry_find_client(task, client_id, on_client, context);
 *     registry_close(); */
#ifndef SERVICES_REGISTRY_REGISTRY_H
#define SERVICES_REGISTRY_REGISTRY_H

#include "common/oauth/servers.h"
#include "common/store/client.h"
#include "proto/worker.h"

struct registry_config {
    struct str servers_file;
};

/* On failure *ret_problem is one sentence. config and issuer live as long as the process. */
enum failure registry_open(struct loop *loop, const struct registry_config *config,
                           struct str issuer, struct arena *arena,
                           struct str *ret_problem) MUST_CHECK;
void registry_close(void);
void registry_reload(void);

const struct servers *registry_servers(void);
struct str registry_issuer(void);

/* A client that is registered, or pre-registered in the servers file (expires_at -1 then). NULL for
 * one that is neither; a client_id that cannot be one is not asked for. record lives in the task's
 * arena. */
void registry_find_client(struct task *task, struct str client_id, client_record_cb *on_client,
                          void *context);

#endif
