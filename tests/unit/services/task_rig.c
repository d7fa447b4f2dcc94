#include "tests/unit/services/task_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/limits.h"

static struct task_rig_answer *answer_of(const struct task *task)
{
    return (void *)task->link_request;
}

static void task_end(struct task *task, enum failure failure)
{
    struct task_rig_answer *answer = answer_of(task);
    assert_false(answer->is_done);
    answer->failure = failure;
    answer->is_done = true;
    arena_free(task->arena);
}

void task_reply(struct task *task, const void *reply)
{
    struct task_rig_answer *answer = answer_of(task);
    arena_fail_at(0);
    if (answer->reply != NULL) {
        void *message = arena_take(answer->arena, answer->reply->size_bytes);
        assert_non_null(message);
        assert_int_equal(fields_to_json(answer->reply, reply, answer->arena, &answer->json), OK);
        assert_int_equal(fields_from_json(answer->reply, answer->json, answer->arena, message), OK);
        answer->message = message;
    } else {
        assert_null(reply);
    }
    task_end(task, OK);
}

void task_fail_with(struct task *task, enum failure failure, struct str detail, const void *reply)
{
    (void)detail, (void)reply;
    arena_fail_at(0);
    assert_int_not_equal(failure, OK);
    task_end(task, failure);
}

void task_fail(struct task *task, enum failure failure, struct str detail)
{
    task_fail_with(task, failure, detail, NULL);
}

void task_fail_limited(struct task *task, int64_t retry_after_s, struct str detail)
{
    assert_true(retry_after_s > 0);
    answer_of(task)->retry_after_s = retry_after_s;
    task_fail(task, FAIL_RATE_LIMITED, detail);
}

void task_set_retry_after(struct task *task, int64_t retry_after_s)
{
    (void)task, (void)retry_after_s;
}

void task_continue_trace(struct task *task, struct str traceparent)
{
    (void)task, (void)traceparent;
}

bool task_park(struct task *task)
{
    (void)task;
    return true;
}

bool task_is_late(const struct task *task)
{
    return clock_monotonic_ms() >= task->deadline_ms;
}

void worker_audit_servers(struct servers_watch *servers)
{
    assert_non_null(servers);
}

struct task_rig_answer task_rig_run(struct redis_rig *redis, struct store *store,
                                    const struct task_rig_call *call)
{
    struct task_rig_answer answer = {.reply = call->reply, .arena = redis_rig_arena(redis)};
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    struct task *task = arena_take(arena, sizeof(*task));
    void *message = arena_take(arena, call->message_bytes);
    assert_non_null(message);
    memcpy(message, call->message, call->message_bytes);
    *task = (struct task){
        .request_id = arena_printf(arena, "%032d", call->request[0]),
        .deadline_ms =
            call->budget_ms > 0 ? clock_monotonic_ms() + call->budget_ms : redis_rig_deadline_ms(),
        .arena = arena,
        .store = store,
        .link_request = (void *)&answer,
    };
    arena_fail_at(call->fail_at);
    call->handle(task, message);
    redis_rig_await(redis, &answer.is_done);
    return answer;
}
