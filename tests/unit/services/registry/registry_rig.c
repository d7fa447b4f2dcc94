#include "tests/unit/services/registry/registry_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/limits.h"

static const char SERVERS[] =
    "{\"servers\":{\"example.com\":{\"tools\":{\"name\":\"Tools\",\"description\":\"\","
    "\"allowed_users\":[\"octocat\"]}}},\"redirect_hosts\":[\"localhost\"]}";

static void servers_file_write(struct registry_rig *rig)
{
    FILE *file = fopen(rig->servers_path, "w");
    assert_non_null(file);
    assert_true(fputs(SERVERS, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void registry_rig_start(struct registry_rig *rig)
{
    struct str problem = STR("");
    *rig = (struct registry_rig){.folder = "/tmp/mcp-oauth-registry-XXXXXX"};
    assert_non_null(mkdtemp(rig->folder));
    snprintf(rig->servers_path, sizeof(rig->servers_path), "%s/servers.json", rig->folder);
    servers_file_write(rig);
    rig->redis = redis_rig_start(NULL);
    rig->store = redis_rig_open_store(rig->redis);
    rig->arena = redis_rig_arena(rig->redis);
    rig->config.servers_file = str_from_cstr(rig->servers_path);
    if (registry_open(redis_rig_loop(rig->redis), &rig->config, STR("https://auth.example.com"),
                      rig->arena, &problem) != OK)
        fail_msg("%.*s", STR_ARGS(problem));
}

void registry_rig_stop(struct registry_rig *rig)
{
    registry_close();
    redis_rig_stop(rig->redis);
    unlink(rig->servers_path);
    rmdir(rig->folder);
}

/* what proto/worker.c does, without a link */

static void task_end(struct task *task, enum failure failure)
{
    struct registry_rig_answer *answer = (void *)task->link_request;
    assert_false(answer->is_done);
    answer->failure = failure;
    answer->is_done = true;
    arena_free(task->arena);
}

void task_reply(struct task *task, const void *reply)
{
    struct registry_rig_answer *answer = (void *)task->link_request;
    arena_fail_at(0);
    if (answer->reply != NULL)
        assert_int_equal(fields_to_json(answer->reply, reply, answer->arena, &answer->json), OK);
    else
        assert_null(reply);
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
    task_fail(task, FAIL_RATE_LIMITED, detail);
}

bool task_is_late(const struct task *task)
{
    return clock_monotonic_ms() >= task->deadline_ms;
}

void worker_audit_servers(struct servers_watch *servers)
{
    assert_non_null(servers);
}

struct registry_rig_answer registry_rig_call(struct registry_rig *rig, const char *request,
                                             operation_handler *handle, const struct fields *reply,
                                             const void *message, size_t message_bytes)
{
    struct registry_rig_answer answer = {.reply = reply, .arena = rig->arena};
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    struct task *task = arena_take(arena, sizeof(*task));
    void *copy = arena_take(arena, message_bytes);
    assert_non_null(copy);
    memcpy(copy, message, message_bytes);
    *task = (struct task){
        .request_id = arena_printf(arena, "%032d", request[0]),
        .deadline_ms = redis_rig_deadline_ms(),
        .arena = arena,
        .store = rig->store,
        .link_request = (void *)&answer,
    };
    arena_fail_at(rig->fail_at);
    handle(task, copy);
    redis_rig_await(rig->redis, &answer.is_done);
    return answer;
}
