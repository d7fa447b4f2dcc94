/* POST /register (RFC 7591 3). Id and secrets come from the request's seed, so that a repetition of
 * the request registers the same client and answers the same. */
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/crypto/digest.h"
#include "common/crypto/hkdf.h"
#include "common/oauth/client_id.h"
#include "common/oauth/client_metadata.h"
#include "common/store/audit.h"
#include "services/registry/document.h"
#include "services/registry/operations.h"
#include "services/registry/rates.h"
#include "services/registry/registration.h"
#include "services/registry/registry.h"

struct register_work {
    struct task *task;
    struct str address;
    struct client_record record;
    struct registration registration;
};

static void on_created(void *context, enum failure failure)
{
    struct register_work *work = context;
    struct task *task = work->task;
    struct register_reply reply = {.registration = STR_ABSENT};
    if (failure == OK)
        failure = registration_to_json(&work->registration, registry_issuer(), task->arena,
                                       &reply.registration);
    if (failure != OK) {
        task_fail(task, failure, STR_ABSENT);
        return;
    }
    const struct audit_entry entry = {.event = AUDIT_REGISTRATION,
                                      .request_id = task->request_id,
                                      .client_id = work->record.client_id,
                                      .address = work->address};
    audit_append(task->store, &entry, task->deadline_ms);
    task_reply(task, &reply);
}

static enum failure client_make(struct register_work *work, const struct client_metadata *metadata,
                                struct str seed)
{
    struct arena *arena = work->task->arena;
    unsigned char id_seed[CLIENT_ID_SEED_BYTES];
    TRY(hkdf_derive(seed, STR_ABSENT, STR("client_id"), id_seed, sizeof(id_seed)));
    struct client_record *record = &work->record;
    struct registration *registration = &work->registration;
    int64_t now_s = clock_wall_s();
    *record = (struct client_record){
        .client_id =
            client_id_make(arena, client_metadata_domain(registry_servers(), metadata), id_seed),
        .request_id = work->task->request_id,
        .created_at = now_s,
        .expires_at = now_s + CLIENT_TTL_S,
    };
    registration_apply(metadata, record);
    registration->record = record;
    registration->shows_all = true;
    registration->registration_access_token =
        hkdf_base64url(arena, seed, STR("registration_access_token"), REGISTRATION_SECRET_BYTES);
    record->registration_access_token_sha256 =
        digest_hex(arena, registration->registration_access_token);
    TRY(registration_make_secret(record, seed, arena, &registration->client_secret));
    return str_is_present(record->client_id) &&
                   str_is_present(record->registration_access_token_sha256)
               ? OK
               : FAIL_LIMIT_REACHED;
}

static enum failure register_begin(struct register_work *work,
                                   const struct register_request *request)
{
    struct arena *arena = work->task->arena;
    struct client_metadata metadata;
    TRY(client_metadata_parse(arena, request->metadata, &metadata));
    TRY(document_check_jwks_uri(metadata.jwks_uri));
    TRY(client_metadata_apply_policy(arena, registry_servers(), &metadata));
    return client_make(work, &metadata, request->seed);
}

static void on_passed(void *context)
{
    struct register_work *work = context;
    struct task *task = work->task;
    if (task_is_late(task))
        task_fail(task, FAIL_BUDGET_SPENT, STR_ABSENT);
    else
        client_record_create(task->store, &work->record, task->arena, task->deadline_ms, on_created,
                             work);
}

void register_handle(struct task *task, const void *message)
{
    const struct register_request *request = message;
    struct register_work *work = arena_take(task->arena, sizeof(*work));
    if (work == NULL) {
        task_fail(task, FAIL_LIMIT_REACHED, STR_ABSENT);
        return;
    }
    *work = (struct register_work){.task = task, .address = request->address};
    enum failure failure = register_begin(work, request);
    if (failure != OK) {
        task_fail(task, failure, STR_ABSENT);
        return;
    }
    rates_ask_register(task, request->address, on_passed, work);
}
