/* PUT /client/{client_id} (RFC 7592 2.2): the registrant replaces all that it has registered. What
 * a registration must satisfy, this must. The registration access token stays the same: a client
 * that loses the answer could not come back otherwise. So does a secret, until the method has none;
 * the first method with one gets a new secret, from the request's seed, so that a repetition makes
 * and tells the same. The client's life is not prolonged: it is counted from its last use. */
#include "common/store/audit.h"
#include "services/registry/document.h"
#include "services/registry/operations.h"
#include "services/registry/registration.h"
#include "services/registry/registry.h"

struct client_update_work {
    struct task *task;
    const struct client_update_request *request;
    struct client_record record;
    struct str new_client_secret; /* of a client that has none yet */
};

/* Only a secret that the client does not know yet is told. */
static enum failure client_update_answer(struct client_update_work *work,
                                         struct str client_secret_sha256,
                                         struct client_update_reply *ret_reply)
{
    struct arena *arena = work->task->arena;
    bool is_new = str_is_present(work->record.client_secret_sha256) &&
                  str_equals(work->record.client_secret_sha256, client_secret_sha256);
    const struct registration registration = {
        .record = &work->record,
        .shows_all = true,
        .client_secret = is_new ? work->new_client_secret : STR_ABSENT,
        .registration_access_token = work->request->registration_access_token,
    };
    return registration_to_json(&registration, registry_issuer(), arena, &ret_reply->client);
}

static void on_updated(void *context, enum failure failure, struct str client_secret_sha256)
{
    struct client_update_work *work = context;
    struct task *task = work->task;
    struct client_update_reply reply = {.client = STR_ABSENT};
    if (failure == FAIL_RECORD_MISSING) /* deleted meanwhile */
        failure = FAIL_REGISTRATION_TOKEN_INVALID;
    if (failure == OK)
        failure = client_update_answer(work, client_secret_sha256, &reply);
    if (failure != OK) {
        task_fail(task, failure, work->request->client_id);
        return;
    }
    const struct audit_entry entry = {.event = AUDIT_CLIENT_UPDATE,
                                      .request_id = task->request_id,
                                      .client_id = work->record.client_id,
                                      .address = work->request->address};
    audit_append(task->store, &entry, task->deadline_ms);
    task_reply(task, &reply);
}

static enum failure client_update_check(struct client_update_work *work,
                                        const struct client_record *record)
{
    struct arena *arena = work->task->arena;
    const struct client_update_request *request = work->request;
    struct client_metadata metadata;
    struct str client_secret;
    TRY(registration_check_token(record, request->registration_access_token, arena));
    TRY(client_metadata_parse_update(arena, request->metadata, record->client_id, &metadata,
                                     &client_secret));
    /* A repetition comes when the secret may be gone already; it was compared the first time. */
    bool is_repeated = str_equals(record->request_id, work->task->request_id);
    if (str_is_present(client_secret) && !is_repeated)
        TRY(registration_check_secret(record, client_secret, arena));
    TRY(document_check_jwks_uri(metadata.jwks_uri));
    TRY(client_metadata_apply_policy(arena, registry_servers(), &metadata));
    work->record = *record;
    registration_apply(&metadata, &work->record);
    work->record.request_id = work->task->request_id;
    TRY(registration_make_secret(&work->record, request->seed, arena, &work->new_client_secret));
    return task_is_late(work->task) ? FAIL_BUDGET_SPENT : OK;
}

static void on_client(void *context, enum failure failure, const struct client_record *record)
{
    struct client_update_work *work = context;
    if (failure == OK)
        failure = client_update_check(work, record);
    if (failure != OK) {
        task_fail(work->task, failure, work->request->client_id);
        return;
    }
    client_record_update(work->task->store, &work->record, work->task->arena,
                         work->task->deadline_ms, on_updated, work);
}

void client_update_handle(struct task *task, const void *message)
{
    const struct client_update_request *request = message;
    struct client_update_work *work = arena_take(task->arena, sizeof(*work));
    if (work == NULL) {
        task_fail(task, FAIL_LIMIT_REACHED, STR_ABSENT);
        return;
    }
    *work = (struct client_update_work){.task = task, .request = request};
    registry_find_client(task, request->client_id, on_client, work);
}
