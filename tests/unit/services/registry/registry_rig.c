#include "tests/unit/services/registry/registry_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

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

struct task_rig_answer registry_rig_call(struct registry_rig *rig, const char *request,
                                         operation_handler *handle, const struct fields *reply,
                                         const void *message, size_t message_bytes)
{
    const struct task_rig_call call = {
        .request = request,
        .handle = handle,
        .reply = reply,
        .message = message,
        .message_bytes = message_bytes,
        .fail_at = rig->fail_at,
    };
    return task_rig_run(rig->redis, rig->store, &call);
}
