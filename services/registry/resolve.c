/* What the token endpoint needs to know of how a client authenticates, fetched anew: the client's
 * metadata document, and the JWK set at its jwks_uri. The signer said client_needed; it reads both
 * from the store when the edge asks it again. */
#include "services/registry/document.h"
#include "services/registry/operations.h"
#include "services/registry/registry.h"

static void on_jwks(void *context, enum failure failure)
{
    struct task *task = context;
    if (failure != OK)
        task_fail(task, failure, STR_ABSENT);
    else
        task_reply(task, NULL);
}

static void on_client(void *context, enum failure failure, const struct client_record *client)
{
    struct task *task = context;
    if (failure == OK && client == NULL)
        failure = FAIL_CLIENT_UNKNOWN;
    if (failure == OK && str_is_present(client->jwks_uri))
        document_find_jwks(task, client->jwks_uri, DOCUMENT_NEW_S, on_jwks, task);
    else
        on_jwks(task, failure);
}

void resolve_handle(struct task *task, const void *message)
{
    const struct resolve_request *request = message;
    registry_find_or_fetch_client(task, request->client_id, DOCUMENT_NEW_S, on_client, task);
}
