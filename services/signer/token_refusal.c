#include "services/signer/token_refusal.h"
#include "common/store/rate.h"
#include "services/signer/signer.h"
#include "services/signer/signer_metrics.h"

enum { MINUTE_S = 60 };

struct refusal {
    struct task *task;
    enum failure failure;
    struct str detail;
};

/* A counter that cannot be had changes nothing. */
static void on_rate(void *context, enum failure failure, int64_t retry_after_s)
{
    const struct refusal *refusal = context;
    if (failure == FAIL_RATE_LIMITED)
        task_fail_limited(refusal->task, retry_after_s, STR("token_failures"));
    else
        task_fail(refusal->task, refusal->failure, refusal->detail);
}

void token_refuse(struct task *task, enum failure failure,
                  const struct client_authentication *client, struct str address, struct str detail)
{
    const struct rate_limit limit = {
        "token_failures", signer_get()->config->rate_token_failures_per_minute, MINUTE_S};
    struct arena *arena = task->arena;
    signer_metrics_count_refusal(failure);
    struct str subject = STR_ABSENT;
    struct refusal *refusal = NULL;
    if (failure_row(failure)->status < 500 && failure != FAIL_LIMIT_REACHED &&
        limit.count_max > 0) {
        refusal = arena_take(arena, sizeof(*refusal));
        subject =
            arena_printf(arena, "%.*s %.*s", STR_ARGS(rate_subject_of_address(arena, address)),
                         STR_ARGS(client->client_id));
    }
    if (refusal == NULL || !str_is_present(subject)) {
        task_fail(task, failure, detail);
        return;
    }
    *refusal = (struct refusal){task, failure, detail};
    rate_take(task->store, &limit, subject, arena, task->deadline_ms, on_rate, refusal);
}
