/* A request that is repeated because its worker died counts twice; the limits are wide enough. */
#include "services/registry/rate_gate.h"
#include "common/store/rate.h"
#include "services/registry/registry.h"

enum { LIMITS_MAX = 2, MINUTE_S = 60, HOUR_S = 3600, DAY_S = 24 * 3600 };

struct rate_gate {
    struct task *task;
    rate_gate_cb *on_passed;
    void *context;
    struct {
        struct rate_limit limit;
        struct str subject;
    } at[LIMITS_MAX];
    size_t len;
    size_t passed;
};

/* NULL: the task has been answered. */
static struct rate_gate *gate_new(struct task *task, rate_gate_cb *on_passed, void *context)
{
    struct rate_gate *gate = arena_take(task->arena, sizeof(*gate));
    if (gate == NULL)
        task_fail(task, FAIL_LIMIT_REACHED, STR_ABSENT);
    else
        *gate = (struct rate_gate){.task = task, .on_passed = on_passed, .context = context};
    return gate;
}

static void gate_add(struct rate_gate *gate, struct rate_limit limit, struct str subject)
{
    if (limit.count_max == 0)
        return;
    gate->at[gate->len].limit = limit;
    gate->at[gate->len++].subject = subject;
}

static void gate_ask(struct rate_gate *gate);

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
        gate_ask(gate);
    }
}

static void gate_ask(struct rate_gate *gate)
{
    if (gate->passed == gate->len) {
        gate->on_passed(gate->context);
        return;
    }
    struct task *task = gate->task;
    rate_take(task->store, &gate->at[gate->passed].limit, gate->at[gate->passed].subject,
              task->arena, task->deadline_ms, on_rate, gate);
}

/* Whose address the edge could not tell are one. */
static struct str subject_of(struct task *task, struct str address)
{
    return str_is_present(address) ? rate_subject_of_address(task->arena, address) : STR("unknown");
}

void rate_gate_register(struct task *task, struct str address, rate_gate_cb *on_passed,
                        void *context)
{
    const struct registry_config *config = registry_config();
    struct rate_gate *gate = gate_new(task, on_passed, context);
    if (gate == NULL)
        return;
    gate_add(gate, (struct rate_limit){"register", config->rate_register_per_hour, HOUR_S},
             subject_of(task, address));
    gate_add(gate, (struct rate_limit){"register_all", config->rate_register_per_day_all, DAY_S},
             STR("all"));
    gate_ask(gate);
}

void rate_gate_authorize(struct task *task, struct str address, rate_gate_cb *on_passed,
                         void *context)
{
    struct rate_gate *gate = gate_new(task, on_passed, context);
    if (gate == NULL)
        return;
    gate_add(
        gate,
        (struct rate_limit){"authorize", registry_config()->rate_authorize_per_minute, MINUTE_S},
        subject_of(task, address));
    gate_ask(gate);
}
