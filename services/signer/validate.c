/* POST /validate, as the original: the claims of a good access token. The limit is asked beside the
 * revocation, so that it costs no round trip of its own. */
#include "common/store/rate.h"
#include "services/signer/access_check.h"
#include "services/signer/operations.h"
#include "services/signer/signer.h"

enum { MINUTE_S = 60 };

struct validation {
    struct task *task;
    struct access_check check;
    enum failure check_failure, rate_failure;
    int64_t retry_after_s;
    unsigned reads_left;
};

static void read_done(struct validation *validation)
{
    struct task *task = validation->task;
    const struct validate_reply reply = {.payload = validation->check.claims};
    if (--validation->reads_left > 0)
        return;
    if (validation->rate_failure == FAIL_RATE_LIMITED)
        task_fail_limited(task, validation->retry_after_s, STR("validate"));
    else if (validation->check_failure != OK)
        task_fail(task, validation->check_failure, validation->check.subject.g);
    else if (validation->rate_failure != OK)
        task_fail(task, validation->rate_failure, STR("validate"));
    else
        task_reply(task, &reply);
}

static void on_rate(void *context, enum failure failure, int64_t retry_after_s)
{
    struct validation *validation = context;
    validation->rate_failure = failure;
    validation->retry_after_s = retry_after_s;
    read_done(validation);
}

static void on_checked(void *context, enum failure failure)
{
    struct validation *validation = context;
    validation->check_failure = failure;
    read_done(validation);
}

void validate_handle(struct task *task, const void *message)
{
    const struct validate_request *request = message;
    const struct rate_limit limit = {"validate", signer_get()->config->rate_validate_per_minute,
                                     MINUTE_S};
    struct validation *validation = arena_take(task->arena, sizeof(*validation));
    if (validation == NULL) {
        task_fail(task, FAIL_LIMIT_REACHED, STR_ABSENT);
        return;
    }
    *validation = (struct validation){.task = task, .reads_left = limit.count_max > 0 ? 2 : 1};
    if (limit.count_max > 0)
        rate_take(task->store, &limit, rate_subject_of_address(task->arena, request->address),
                  task->arena, task->deadline_ms, on_rate, validation);
    access_check_begin(&validation->check, task, request->token, on_checked, validation);
}
