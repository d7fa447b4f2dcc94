/* POST /validate, as the original: the claims of a good access token. */
#include "services/signer/access_check.h"
#include "services/signer/operations.h"

struct validation {
    struct task *task;
    struct access_check check;
};

static void on_checked(void *context, enum failure failure)
{
    const struct validation *validation = context;
    const struct validate_reply reply = {.payload = validation->check.claims};
    if (failure == OK)
        task_reply(validation->task, &reply);
    else
        task_fail(validation->task, failure, validation->check.subject.g);
}

void validate_handle(struct task *task, const void *message)
{
    const struct validate_request *request = message;
    struct validation *validation = arena_take(task->arena, sizeof(*validation));
    if (validation == NULL) {
        task_fail(task, FAIL_LIMIT_REACHED, STR_ABSENT);
        return;
    }
    *validation = (struct validation){.task = task};
    access_check_begin(&validation->check, task, request->token, on_checked, validation);
}
