/* The age of the file is that of its text, not of our reading: a process that starts long after the
 * last change knows as much as any other. */
#include "common/process/servers_watch.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/process/file_watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct servers_watch {
    char *path;
    struct servers *servers;
    int64_t modified_at;
    struct file_watch *file;
    servers_change_cb *on_change;
    void *context;
};

/* scratch holds the text and, on failure, the sentence. */
static enum failure servers_load(struct servers_watch *watch, struct arena *scratch,
                                 struct str *ret_problem)
{
    struct str path = str_from_cstr(watch->path);
    struct stat status;
    struct str text, problem = STR_ABSENT;
    struct servers *servers = NULL;
    if (stat(watch->path, &status) != 0 ||
        file_read(path, SERVERS_FILE_BYTES_MAX, scratch, &text) != OK) {
        *ret_problem =
            arena_printf(scratch, "SERVERS_FILE: %s cannot be read, or is larger than %d bytes.",
                         watch->path, SERVERS_FILE_BYTES_MAX);
        return FAIL_CONFIGURATION_INVALID;
    }
    enum failure failure = servers_new_from_json(text, scratch, &servers, &problem);
    if (failure != OK) {
        *ret_problem =
            arena_printf(scratch, "SERVERS_FILE: %s: %.*s", watch->path, STR_ARGS(problem));
        return FAIL_CONFIGURATION_INVALID;
    }
    servers_free(watch->servers);
    watch->servers = servers;
    watch->modified_at = (int64_t)status.st_mtime;
    return OK;
}

void servers_watch_reload(struct servers_watch *watch)
{
    struct arena *scratch = arena_new(2 * (size_t)SERVERS_FILE_BYTES_MAX);
    struct str problem = STR("memory is gone");
    enum failure failure =
        scratch != NULL ? servers_load(watch, scratch, &problem) : FAIL_LIMIT_REACHED;
    if (failure != OK) {
        log_error("servers.broken", LOG_STR("problem", problem));
    } else {
        log_information("servers.reloaded", LOG_I64("servers", watch->servers->len),
                        LOG_I64("clients", watch->servers->clients_len));
        if (watch->on_change != NULL)
            watch->on_change(watch->context);
    }
    arena_free(scratch);
}

static void on_file_change(void *context)
{
    servers_watch_reload(context);
}

enum failure servers_watch_open(struct loop *loop, struct str path, struct arena *arena,
                                struct servers_watch **ret_watch, struct str *ret_problem)
{
    struct arena *scratch = arena_new(2 * (size_t)SERVERS_FILE_BYTES_MAX);
    struct servers_watch *watch = calloc(1, sizeof(*watch));
    struct str problem = STR("SERVERS_FILE: memory is gone.");
    enum failure failure = FAIL_CONFIGURATION_INVALID;
    if (watch != NULL && scratch != NULL)
        watch->path = strndup(path.at ? path.at : "", path.len);
    if (watch != NULL && watch->path != NULL)
        failure = servers_load(watch, scratch, &problem);
    if (failure == OK) {
        watch->file = file_watch_new(loop, path, on_file_change, watch);
        if (watch->file == NULL) {
            failure = FAIL_CONFIGURATION_INVALID;
            problem = STR("SERVERS_FILE: its directory cannot be watched for changes.");
        }
    }
    if (failure == OK) {
        *ret_watch = watch;
    } else {
        *ret_problem = arena_dup(arena, problem);
        servers_watch_close(watch);
    }
    arena_free(scratch);
    return failure;
}

void servers_watch_close(struct servers_watch *watch)
{
    if (watch == NULL)
        return;
    file_watch_free(watch->file);
    servers_free(watch->servers);
    free(watch->path);
    free(watch);
}

const struct servers *servers_watch_get(const struct servers_watch *watch)
{
    return watch->servers;
}

bool servers_watch_is_young(const struct servers_watch *watch)
{
    int64_t age_s = clock_wall_s() - watch->modified_at;
    /* A time in the future says nothing about spreading. */
    return age_s >= 0 && age_s < SERVERS_WATCH_YOUNG_S;
}

bool servers_watch_is_behind(const struct servers_watch *watch, int64_t granted_at)
{
    return watch->modified_at < granted_at && clock_wall_s() - granted_at < SERVERS_WATCH_YOUNG_S;
}

void servers_watch_on_change(struct servers_watch *watch, servers_change_cb *on_change,
                             void *context)
{
    watch->on_change = on_change;
    watch->context = context;
}
