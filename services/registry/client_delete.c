/* DELETE /client/{client_id} (RFC 7592 2.3): the registrant ends its registration. From then on the
 * client_id is unknown: nobody can sign in with it, and its codes and refresh tokens are worth
 * nothing, because a client authenticates first. */
#include "common/crypto/digest.h"
#include "common/store/audit.h"
#include "services/registry/operations.h"
#include "services/registry/registration.h"
#include "services/registry/registry.h"

struct client_delete_work {
    struct task *task;
    const struct client_delete_request *request;
};

static void on_deleted(void *context, enum failure failure)
{
    const struct client_delete_work *work = context;
    struct task *task = work->task;
    if (failure == FAIL_RECORD_MISSING)
        failure = FAIL_REGISTRATION_TOKEN_INVALID;
    if (failure != OK) {
        task_fail(task, failure, work->request->client_id);
        return;
    }
    const struct audit_entry entry = {.event = AUDIT_CLIENT_DELETE,
                                      .request_id = task->request_id,
                                      .client_id = work->request->client_id,
                                      .address = work->request->address};
    audit_append(task->store, &entry, task->deadline_ms);
    task_reply(task, NULL);
}

/* An unknown client may be one that this very request has deleted: the step below knows. */
static void on_client(void *context, enum failure failure, const struct client_record *record)
{
    struct client_delete_work *work = context;
    struct task *task = work->task;
    struct str token = work->request->registration_access_token;
    if (failure == OK && record != NULL)
        failure = registration_check_token(record, token, task->arena);
    if (failure == OK && task_is_late(task))
        failure = FAIL_BUDGET_SPENT;
    if (failure != OK) {
        task_fail(task, failure, work->request->client_id);
        return;
    }
    const struct client_delete client = {
        .client_id = work->request->client_id,
        .registration_access_token_sha256 = digest_hex(task->arena, token),
        .request_id = task->request_id,
    };
    client_record_delete(task->store, &client, task->arena, task->deadline_ms, on_deleted, work);
}

void client_delete_handle(struct task *task, const void *message)
{
    const struct client_delete_request *request = message;
    struct client_delete_work *work = arena_take(task->arena, sizeof(*work));
    if (work == NULL) {
        task_fail(task, FAIL_LIMIT_REACHED, STR_ABSENT);
        return;
    }
    *work = (struct client_delete_work){.task = task, .request = request};
    registry_find_client(task, request->client_id, on_client, work);
}
