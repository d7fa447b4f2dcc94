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
#include "services/registry/fetcher.h"

struct registry_config {
    struct str servers_file;
    struct strs document_trusted_domains;
    struct strs document_private_hosts;
    struct str document_ca_file;
    int64_t rate_register_per_hour; /* of one address; 0 in all three: without limit */
    int64_t rate_register_per_day_all;
    int64_t rate_authorize_per_minute; /* of one address */
};

/* On failure *ret_problem is one sentence. config and issuer live as long as the process. */
enum failure registry_open(struct loop *loop, const struct registry_config *config,
                           struct str issuer, struct arena *arena,
                           struct str *ret_problem) MUST_CHECK;
void registry_close(void);
void registry_reload(void);

const struct servers *registry_servers(void);
struct str registry_issuer(void);
struct fetcher *registry_fetcher(void);
const struct registry_config *registry_config(void);

/* A client that is registered, or pre-registered in the servers file (is_configured then). NULL for
 * one that is neither; a client_id that cannot be one is not asked for. record lives in the task's
 * arena. */
void registry_find_client(struct task *task, struct str client_id, client_record_cb *on_client,
                          void *context);
/* The same, and a client_id that is the URL of a metadata document, with age_max_s and the failures
 * of document.h. */
void registry_find_or_fetch_client(struct task *task, struct str client_id, int64_t age_max_s,
                                   client_record_cb *on_client, void *context);

#endif
