/* One question to the store for most clients, and three for one with private_key_jwt: the client,
 * the keys that it serves, and whether its assertion has been used before. */
#include "services/signer/token_client.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/crypto/jwk_set.h"
#include "common/oauth/client_assertion.h"
#include "common/oauth/client_id.h"
#include "common/store/assertion.h"
#include "common/store/document.h"
#include "services/signer/signer.h"

enum failure token_client_init(struct token_client *client, struct task *task,
                               const struct client_authentication *said)
{
    TRY(client_id_check(said->client_id));
    *client = (struct token_client){.said = *said, .task = task, .fetched_at = FIELD_I64_ABSENT};
    return OK;
}

static void client_found(struct token_client *client, enum failure failure)
{
    client->on_client(client->context, failure);
}

/* ---- private_key_jwt */

static void on_used(void *context, enum failure failure)
{
    struct token_client *client = context;
    if (failure == FAIL_CLIENT_ASSERTION_REPLAYED) {
        client->assertion_check = failure;
        failure = OK;
    }
    client_found(client, failure);
}

/* Another key may have been published since (RFC 7517 4.5: kid is there for rollover). */
static bool keys_may_be_outdated(const struct token_client *client)
{
    return client->fetched_at != FIELD_I64_ABSENT &&
           clock_wall_s() - client->fetched_at >= DOCUMENT_NEW_S;
}

static enum failure assertion_verify(const struct token_client *client, struct str *ret_claims)
{
    struct jwk_set set;
    bool key_is_unknown;
    enum failure failure = jwk_set_open(client->jwks, &set);
    if (failure != OK)
        return failure == FAIL_LIMIT_REACHED ? failure : FAIL_CLIENT_ASSERTION_INVALID;
    failure = jwt_verify_assertion(jwk_set_keys(&set), client->said.assertion, client->task->arena,
                                   ret_claims, &key_is_unknown);
    jwk_set_close(&set);
    if (failure == OK || failure == FAIL_LIMIT_REACHED)
        return failure;
    return key_is_unknown && keys_may_be_outdated(client) ? FAIL_CLIENT_NEEDED
                                                          : FAIL_CLIENT_ASSERTION_INVALID;
}

/* RFC 7523 3, item 3: the issuer, or the token endpoint's URL. */
static enum failure assertion_read(const struct token_client *client,
                                   struct client_assertion *ret_assertion)
{
    struct arena *arena = client->task->arena;
    struct str issuer = signer_get()->issuer, claims;
    struct str audiences[] = {issuer, arena_printf(arena, "%.*s/token", STR_ARGS(issuer))};
    if (!str_is_present(audiences[1]))
        return FAIL_LIMIT_REACHED;
    TRY(assertion_verify(client, &claims));
    TRY(client_assertion_from_json(arena, claims, ret_assertion));
    return client_assertion_check(ret_assertion, client->said.client_id,
                                  (struct strs){audiences, 2}, clock_wall_s());
}

static void assertion_judge(struct token_client *client)
{
    struct task *task = client->task;
    struct client_assertion assertion;
    enum failure failure = str_is_present(client->said.assertion)
                               ? assertion_read(client, &assertion)
                               : FAIL_CLIENT_AUTHENTICATION_FAILED;
    client->assertion_check = failure;
    if (failure != OK) {
        bool is_ours = failure == FAIL_CLIENT_NEEDED || failure == FAIL_LIMIT_REACHED;
        client_found(client, is_ours ? failure : OK);
        return;
    }
    const struct assertion_use use = {
        .client_id = client->said.client_id,
        .jti = assertion.jti,
        .request_id = task->request_id,
        .ttl_s = assertion.exp - clock_wall_s() + INT64_C(2) * CLOCK_SKEW_S,
    };
    assertion_use(task->store, &use, task->arena, task->deadline_ms, on_used, client);
}

static void on_jwks(void *context, enum failure failure, const struct document_record *record)
{
    struct token_client *client = context;
    bool has_keys = record != NULL && str_is_present(record->jwks);
    if (failure != OK || !has_keys) {
        client_found(client, failure != OK ? failure : FAIL_CLIENT_NEEDED);
        return;
    }
    client->jwks = record->jwks;
    client->fetched_at = record->fetched_at;
    assertion_judge(client);
}

/* ---- the client */

/* Everything is known but, perhaps, keys that lie elsewhere. */
static void client_judge(struct token_client *client)
{
    struct task *task = client->task;
    if (!client->is_known || !str_equals(client->method, STR("private_key_jwt")))
        client_found(client, OK);
    else if (str_is_present(client->jwks_uri))
        document_record_get_authentication(task->store, client->jwks_uri, task->arena,
                                           task->deadline_ms, on_jwks, client);
    else
        assertion_judge(client);
}

static void on_document(void *context, enum failure failure, const struct document_record *record)
{
    struct token_client *client = context;
    bool is_fetched = record != NULL && str_is_present(record->token_endpoint_auth_method);
    if (failure != OK || !is_fetched) {
        client_found(client, failure != OK ? failure : FAIL_CLIENT_NEEDED);
        return;
    }
    client->is_known = true;
    client->method = record->token_endpoint_auth_method;
    client->jwks = record->jwks;
    client->jwks_uri = record->jwks_uri;
    client->fetched_at = record->fetched_at;
    client_judge(client);
}

static void on_record(void *context, enum failure failure, const struct client_record *record)
{
    struct token_client *client = context;
    if (failure != OK) {
        client_found(client, failure);
        return;
    }
    if (record != NULL) {
        client->is_known = client->is_registered =
            str_equals(record->client_id, client->said.client_id);
        client->method = record->token_endpoint_auth_method;
        client->secret_sha256 = record->client_secret_sha256;
        client->jwks = record->jwks;
        client->jwks_uri = record->jwks_uri;
    }
    client_judge(client);
}

/* Copied: the servers file may be read anew before the check. */
static void configured_client_found(struct token_client *client,
                                    const struct servers_client *configured)
{
    struct arena *arena = client->task->arena;
    client->is_known = true;
    client->method = arena_dup(arena, configured->token_endpoint_auth_method);
    client->secret_sha256 = arena_dup(arena, configured->client_secret_sha256);
    bool is_whole =
        str_is_present(client->method) &&
        str_is_present(client->secret_sha256) == str_is_present(configured->client_secret_sha256);
    client_found(client, is_whole ? OK : FAIL_LIMIT_REACHED);
}

void token_client_find(struct token_client *client, token_client_cb *on_client, void *context)
{
    struct task *task = client->task;
    struct str client_id = client->said.client_id;
    const struct servers_client *configured =
        servers_find_client(servers_watch_get(signer_get()->servers), client_id);
    client->on_client = on_client;
    client->context = context;
    if (configured != NULL)
        configured_client_found(client, configured);
    else if (client_id_classify(client_id) == CLIENT_ID_DOCUMENT)
        document_record_get_authentication(task->store, client_id, task->arena, task->deadline_ms,
                                           on_document, client);
    else
        client_record_get_authentication(task->store, client_id, task->arena, task->deadline_ms,
                                         on_record, client);
}

enum failure token_client_check(const struct token_client *client)
{
    if (!client->is_known)
        return FAIL_CLIENT_UNKNOWN;
    if (str_equals(client->method, STR("private_key_jwt")))
        return client->assertion_check;
    return client_authentication_check(&client->said, client->method, client->secret_sha256);
}

void token_client_extend(const struct token_client *client)
{
    const struct task *task = client->task;
    if (client->is_registered)
        client_record_extend(task->store, client->said.client_id, task->arena, task->deadline_ms);
}
