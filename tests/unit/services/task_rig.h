/* Runs a worker's operations without a link, one at a time: it implements what proto/worker.h gives
 * to tasks, and frees a task as the real one does, so that the address sanitizer sees whoever uses
 * it later.
 *
 *     const struct task_rig_call call = {.request = "1", .handle = register_handle,
 *         .reply = &REGISTER_REPLY, .message = &message, .message_bytes = sizeof(message)};
 *     struct task_rig_answer answer = task_rig_run(redis, store, &call);
 *
 * An answer lives until the Redis rig stops. */
#ifndef TESTS_UNIT_SERVICES_TASK_RIG_H
#define TESTS_UNIT_SERVICES_TASK_RIG_H

#include "proto/worker.h"
#include "tests/unit/common/store/redis_rig.h"

struct task_rig_call {
    const char *request; /* names the request id: the same text is the same request */
    operation_handler *handle;
    const struct fields *reply; /* the table of task_reply's struct; NULL: it has no members */
    const void *message;
    size_t message_bytes;
    int64_t budget_ms; /* 0: redis_rig_deadline_ms's */
    size_t fail_at;    /* the n-th arena_take fails; 0: none */
};

struct task_rig_answer {
    bool is_done;
    enum failure failure;
    int64_t retry_after_s; /* of task_fail_limited; else 0 */
    struct str json;       /* the whole reply; absent without one */
    const void *message;   /* the same, as the edge would read it; NULL without one */

    /* the rig's own */
    const struct fields *reply;
    struct arena *arena;
};

/* Returns when the operation has ended, once and with an answer; else the test fails. */
struct task_rig_answer task_rig_run(struct redis_rig *redis, struct store *store,
                                    const struct task_rig_call *call);

#endif
