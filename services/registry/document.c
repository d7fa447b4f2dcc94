/* A URL may be one client's document and another client's jwks_uri. A record that does not fit what
 * is asked for counts as missing, so that nobody can make a client's document fail by naming it as
 * a JWK set. */
#include "services/registry/document.h"
#include "common/base/clock.h"
#include "common/oauth/client_metadata.h"
#include "common/oauth/document_url.h"
#include "services/registry/registration.h"
#include "services/registry/registry.h"

struct find {
    struct task *task;
    struct str url;
    enum document_kind kind;
    int64_t age_max_s;
    fetcher_cb *on_record;
    /* of the caller */
    client_record_cb *on_client;
    record_done_cb *on_done;
    void *context;
};

static bool record_is_good(const struct find *find, const struct document_record *record)
{
    return record != NULL && !str_is_present(record->failure) &&
           str_is_present(find->kind == DOCUMENT_METADATA ? record->text : record->jwks);
}

static bool record_is_failed(const struct find *find, const struct document_record *record)
{
    return record != NULL && str_is_present(record->failure) &&
           str_is_present(record->jwks_uri) == (find->kind == DOCUMENT_JWKS);
}

static bool is_new_enough(const struct find *find, const struct document_record *record)
{
    return find->age_max_s == DOCUMENT_ANY_AGE ||
           clock_wall_s() - record->fetched_at <= find->age_max_s;
}

static void on_stored_record(void *context, enum failure failure,
                             const struct document_record *record)
{
    struct find *find = context;
    bool is_stored = record != NULL && !str_is_present(record->failure);
    if (failure != OK)
        find->on_record(find, failure, NULL);
    else if (record_is_good(find, record) && is_new_enough(find, record))
        find->on_record(find, OK, record);
    else if (record_is_failed(find, record))
        find->on_record(find, failure_from_name(record->failure), NULL);
    else
        fetcher_get(registry_fetcher(), find->task, find->url, find->kind, is_stored,
                    find->on_record, find);
}

static void find_begin(struct find *find)
{
    struct task *task = find->task;
    document_record_get(task->store, find->url, task->arena, task->deadline_ms, on_stored_record,
                        find);
}

/* ---- clients */

static enum failure client_from_document(struct arena *arena, struct str client_id, struct str text,
                                         struct client_record *ret_record)
{
    struct client_metadata metadata;
    TRY(client_metadata_parse_document(arena, client_id, text, &metadata));
    *ret_record = (struct client_record){
        .client_id = client_id,
        .created_at = FIELD_I64_ABSENT,
        .expires_at = FIELD_I64_ABSENT,
    };
    registration_apply(&metadata, ret_record);
    return OK;
}

static void on_metadata(void *context, enum failure failure, const struct document_record *record)
{
    const struct find *find = context;
    struct client_record client;
    if (failure == OK)
        failure = client_from_document(find->task->arena, find->url, record->text, &client);
    find->on_client(find->context, failure, failure == OK ? &client : NULL);
}

static enum failure client_id_check_policy(struct str client_id)
{
    struct uri uri;
    TRY(document_url_check(client_id, &uri));
    return document_policy_check_client(fetcher_policy(registry_fetcher()), &uri);
}

void document_find_client(struct task *task, struct str client_id, int64_t age_max_s,
                          client_record_cb *on_client, void *context)
{
    struct find *find = arena_take(task->arena, sizeof(*find));
    enum failure failure = find == NULL ? FAIL_LIMIT_REACHED : client_id_check_policy(client_id);
    if (failure != OK) {
        on_client(context, failure, NULL);
        return;
    }
    *find = (struct find){
        .task = task,
        .url = client_id,
        .kind = DOCUMENT_METADATA,
        .age_max_s = age_max_s,
        .on_record = on_metadata,
        .on_client = on_client,
        .context = context,
    };
    find_begin(find);
}

/* ---- JWK sets */

enum failure document_check_jwks_uri(struct str jwks_uri)
{
    struct uri uri;
    bool is_private;
    if (!str_is_present(jwks_uri))
        return OK;
    return document_url_check(jwks_uri, &uri) == OK &&
                   document_policy_check_target(fetcher_policy(registry_fetcher()), &uri,
                                                &is_private) == OK
               ? OK
               : FAIL_CLIENT_METADATA_INVALID;
}

static void on_jwks(void *context, enum failure failure, const struct document_record *record)
{
    const struct find *find = context;
    (void)record;
    find->on_done(find->context, failure);
}

void document_find_jwks(struct task *task, struct str jwks_uri, int64_t age_max_s,
                        record_done_cb *on_done, void *context)
{
    struct find *find = arena_take(task->arena, sizeof(*find));
    if (find == NULL) {
        on_done(context, FAIL_LIMIT_REACHED);
        return;
    }
    *find = (struct find){
        .task = task,
        .url = jwks_uri,
        .kind = DOCUMENT_JWKS,
        .age_max_s = age_max_s,
        .on_record = on_jwks,
        .on_done = on_done,
        .context = context,
    };
    find_begin(find);
}
