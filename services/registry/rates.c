#include "services/registry/rates.h"
#include "services/registry/registry.h"

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 24 * 3600 };

void rates_ask_register(struct task *task, struct str address, rate_gate_cb *on_passed,
                        void *context)
{
    const struct registry_config *config = registry_config();
    struct rate_gate *gate = rate_gate_new(task, on_passed, context);
    if (gate == NULL)
        return;
    rate_gate_add(gate, (struct rate_limit){"register", config->rate_register_per_hour, HOUR_S},
                  rate_subject_of_address(task->arena, address));
    rate_gate_add(gate,
                  (struct rate_limit){"register_all", config->rate_register_per_day_all, DAY_S},
                  STR("all"));
    rate_gate_ask(gate);
}

void rates_ask_authorize(struct task *task, struct str address, rate_gate_cb *on_passed,
                         void *context)
{
    struct rate_gate *gate = rate_gate_new(task, on_passed, context);
    if (gate == NULL)
        return;
    rate_gate_add(
        gate,
        (struct rate_limit){"authorize", registry_config()->rate_authorize_per_minute, MINUTE_S},
        rate_subject_of_address(task->arena, address));
    rate_gate_ask(gate);
}
