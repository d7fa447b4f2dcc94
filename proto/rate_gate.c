#include "proto/rate_gate.h"

struct rate_gate {
    struct task *task;
    rate_gate_cb *on_passed;
    void *context;
    struct {
        struct rate_limit limit;
        struct str subject;
    } at[RATE_GATE_LIMITS_MAX];
    size_t len;
    size_t passed;
};

struct rate_gate *rate_gate_new(struct task *task, rate_gate_cb *on_passed, void *context)
{
    struct rate_gate *gate = arena_take(task->arena, sizeof(*gate));
    if (gate == NULL)
        task_fail(task, FAIL_LIMIT_REACHED, STR_ABSENT);
    else
        *gate = (struct rate_gate){.task = task, .on_passed = on_passed, .context = context};
    return gate;
}

void rate_gate_add(struct rate_gate *gate, struct rate_limit limit, struct str subject)
{
    if (limit.count_max == 0)
        return;
    gate->at[gate->len].limit = limit;
    gate->at[gate->len++].subject = subject;
}

static void on_rate(void *context, enum failure failure, int64_t retry_after_s)
{
    struct rate_gate *gate = context;
    const char *bucket = gate->at[gate->passed].limit.bucket;
    if (failure == FAIL_RATE_LIMITED) {
        task_fail_limited(gate->task, retry_after_s, str_from_cstr(bucket));
    } else if (failure != OK) {
        task_fail(gate->task, failure, str_from_cstr(bucket));
    } else {
        gate->passed++;
        rate_gate_ask(gate);
    }
}

void rate_gate_ask(struct rate_gate *gate)
{
    if (gate->passed == gate->len) {
        gate->on_passed(gate->context);
        return;
    }
    struct task *task = gate->task;
    rate_take(task->store, &gate->at[gate->passed].limit, gate->at[gate->passed].subject,
              task->arena, task->deadline_ms, on_rate, gate);
}
