/* GET /client/{client_id}: everything but secrets to the registrant, who shows the registration
 * access token (RFC 7592 2.1); the original's public members to others. */
#include "services/registry/operations.h"
#include "services/registry/registration.h"
#include "services/registry/registry.h"

struct client_work {
    struct task *task;
    struct str registration_access_token;
};

static enum failure client_answer(const struct client_work *work,
                                  const struct client_record *record,
                                  struct client_reply *ret_reply)
{
    bool has_token = str_is_present(work->registration_access_token);
    if (has_token)
        TRY(registration_check_token(record, work->registration_access_token, work->task->arena));
    if (record == NULL)
        return FAIL_CLIENT_NOT_FOUND;
    /* RFC 7592 3: the answer has the token, which is the caller's own. */
    const struct registration registration = {
        .record = record,
        .shows_all = has_token,
        .registration_access_token = work->registration_access_token,
    };
    return registration_to_json(&registration, registry_issuer(), work->task->arena,
                                &ret_reply->client);
}

static void on_client(void *context, enum failure failure, const struct client_record *record)
{
    struct client_work *work = context;
    struct client_reply reply = {.client = STR_ABSENT};
    if (failure == OK)
        failure = client_answer(work, record, &reply);
    if (failure == OK)
        task_reply(work->task, &reply);
    else
        task_fail(work->task, failure, STR_ABSENT);
}

void client_handle(struct task *task, const void *message)
{
    const struct client_request *request = message;
    struct client_work *work = arena_take(task->arena, sizeof(*work));
    if (work == NULL) {
        task_fail(task, FAIL_LIMIT_REACHED, STR_ABSENT);
        return;
    }
    *work = (struct client_work){
        .task = task,
        .registration_access_token = request->registration_access_token,
    };
    registry_find_client(task, request->client_id, on_client, work);
}
