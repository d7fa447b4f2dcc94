#include "services/signer/token_client.h"
#include "common/oauth/client_id.h"
#include "common/store/client.h"
#include "services/signer/signer.h"

enum failure token_client_init(struct token_client *client, struct task *task,
                               const struct client_authentication *said)
{
    TRY(client_id_check(said->client_id));
    *client = (struct token_client){.said = *said, .task = task};
    return OK;
}

static void on_record(void *context, enum failure failure, const struct client_record *record)
{
    struct token_client *client = context;
    if (failure == OK && record != NULL) {
        client->is_known = str_equals(record->client_id, client->said.client_id);
        client->method = record->token_endpoint_auth_method;
        client->secret_sha256 = record->client_secret_sha256;
    }
    client->on_client(client->context, failure);
}

void token_client_find(struct token_client *client, token_client_cb *on_client, void *context)
{
    struct task *task = client->task;
    const struct servers_client *configured =
        servers_find_client(servers_watch_get(signer_get()->servers), client->said.client_id);
    client->on_client = on_client;
    client->context = context;
    if (configured == NULL) {
        client_record_get_authentication(task->store, client->said.client_id, task->arena,
                                         task->deadline_ms, on_record, client);
        return;
    }
    /* The servers file may be read anew before the check. */
    client->is_known = client->is_configured = true;
    client->method = arena_dup(task->arena, configured->token_endpoint_auth_method);
    client->secret_sha256 = arena_dup(task->arena, configured->client_secret_sha256);
    on_client(context, str_is_present(client->method) ? OK : FAIL_LIMIT_REACHED);
}

enum failure token_client_check(const struct token_client *client)
{
    if (!client->is_known)
        return FAIL_CLIENT_UNKNOWN;
    return client_authentication_check(&client->said, client->method, client->secret_sha256);
}

void token_client_extend(const struct token_client *client)
{
    const struct task *task = client->task;
    if (!client->is_configured)
        client_record_extend(task->store, client->said.client_id, task->arena, task->deadline_ms);
}
