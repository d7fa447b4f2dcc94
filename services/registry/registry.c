#include "services/registry/registry.h"
#include "common/oauth/client_id.h"
#include "common/process/servers_watch.h"
#include "services/registry/document.h"

static struct {
    struct servers_watch *servers;
    struct fetcher *fetcher;
    struct str issuer;
    const struct registry_config *config;
} self;

enum failure registry_open(struct loop *loop, const struct registry_config *config,
                           struct str issuer, struct arena *arena, struct str *ret_problem)
{
    const struct fetcher_options fetcher = {
        .policy = {.trusted_domains = config->document_trusted_domains,
                   .private_hosts = config->document_private_hosts},
        .ca_file = config->document_ca_file,
    };
    self.issuer = issuer;
    self.config = config;
    TRY(fetcher_open(loop, &fetcher, &self.fetcher, ret_problem));
    TRY(servers_watch_open(loop, config->servers_file, arena, &self.servers, ret_problem));
    worker_audit_servers(self.servers);
    return OK;
}

void registry_close(void)
{
    servers_watch_close(self.servers);
    self.servers = NULL;
    fetcher_close(self.fetcher);
    self.fetcher = NULL;
}

void registry_reload(void)
{
    servers_watch_reload(self.servers);
}

const struct servers *registry_servers(void)
{
    return servers_watch_get(self.servers);
}

struct fetcher *registry_fetcher(void)
{
    return self.fetcher;
}

struct str registry_issuer(void)
{
    return self.issuer;
}

const struct registry_config *registry_config(void)
{
    return self.config;
}

static bool is_copied(struct str copy, struct str of)
{
    return str_is_present(copy) == str_is_present(of);
}

/* Copied, because the servers file may be read anew while the task waits. False when the arena is
 * full: half a client would be another one. */
static bool preregistered_copy(struct arena *arena, const struct servers_client *client,
                               struct client_record *ret_record)
{
    *ret_record = (struct client_record){
        .client_id = arena_dup(arena, client->client_id),
        .client_name = arena_dup(arena, client->client_name),
        .redirect_uris = arena_dup_strs(arena, client->redirect_uris),
        .scope = arena_dup(arena, client->scope),
        .token_endpoint_auth_method = arena_dup(arena, client->token_endpoint_auth_method),
        .client_secret_sha256 = arena_dup(arena, client->client_secret_sha256),
        .created_at = FIELD_I64_ABSENT,
        .expires_at = FIELD_I64_ABSENT,
        .is_configured = true,
    };
    return ret_record->redirect_uris.at != NULL &&
           is_copied(ret_record->client_id, client->client_id) &&
           is_copied(ret_record->client_name, client->client_name) &&
           is_copied(ret_record->scope, client->scope) &&
           is_copied(ret_record->token_endpoint_auth_method, client->token_endpoint_auth_method) &&
           is_copied(ret_record->client_secret_sha256, client->client_secret_sha256);
}

void registry_find_client(struct task *task, struct str client_id, client_record_cb *on_client,
                          void *context)
{
    const struct servers_client *known = servers_find_client(registry_servers(), client_id);
    if (known != NULL) {
        struct client_record record;
        bool is_whole = preregistered_copy(task->arena, known, &record);
        on_client(context, is_whole ? OK : FAIL_LIMIT_REACHED, is_whole ? &record : NULL);
        return;
    }
    if (client_id_check(client_id) != OK || client_id_classify(client_id) != CLIENT_ID_REGISTERED) {
        on_client(context, OK, NULL);
        return;
    }
    client_record_get(task->store, client_id, task->arena, task->deadline_ms, on_client, context);
}

void registry_find_or_fetch_client(struct task *task, struct str client_id, int64_t age_max_s,
                                   client_record_cb *on_client, void *context)
{
    bool is_configured = servers_find_client(registry_servers(), client_id) != NULL;
    if (!is_configured && client_id_classify(client_id) == CLIENT_ID_DOCUMENT)
        document_find_client(task, client_id, age_max_s, on_client, context);
    else
        registry_find_client(task, client_id, on_client, context);
}
