#include "tests/unit/common/store/redis_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/clock.h"

enum {
    STORES_MAX = 8,
    AWAIT_MS_MAX = 10000,
    WORDS_BYTES_MAX = 8192,
};

struct redis_rig {
    struct loop *loop;
    struct arena *arena;
    char folder[64];
    char socket[96], configuration[96];
    int port;
    pid_t pid; /* 0: not running */
    redisContext *admin;
    struct store *stores[STORES_MAX];
    size_t stores_len;
    struct loop_timer *watchdog;
    struct loop_turn *turn;
    const bool *is_done;
    bool is_overdue;
};

static void on_watchdog(void *context)
{
    struct redis_rig *rig = context;
    rig->is_overdue = true;
    loop_stop(rig->loop);
}

static void on_turn(void *context)
{
    struct redis_rig *rig = context;
    if (rig->is_done != NULL && *rig->is_done)
        loop_stop(rig->loop);
}

/* A port that was free a moment ago. */
static int port_find(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void configuration_write(struct redis_rig *rig, const char *acl)
{
    FILE *file = fopen(rig->configuration, "we");
    assert_non_null(file);
    fprintf(file,
            "port %d\nbind 127.0.0.1\nunixsocket %s\nunixsocketperm 700\ndir %s\nsave \"\"\n"
            "appendonly yes\nappendfsync always\nlogfile \"\"\nmaxmemory-policy noeviction\n",
            rig->port, rig->socket, rig->folder);
    if (acl != NULL)
        fprintf(file, "aclfile %s/users.acl\n", rig->folder);
    fclose(file);
    if (acl == NULL)
        return;
    char path[96];
    snprintf(path, sizeof(path), "%s/users.acl", rig->folder);
    file = fopen(path, "we");
    assert_non_null(file);
    fputs(acl, file);
    fclose(file);
}

struct redis_rig *redis_rig_new(const char *acl)
{
    struct redis_rig *rig = calloc(1, sizeof(*rig));
    assert_non_null(rig);
    snprintf(rig->folder, sizeof(rig->folder), "/tmp/mcp-oauth-redis-XXXXXX");
    assert_non_null(mkdtemp(rig->folder));
    snprintf(rig->socket, sizeof(rig->socket), "%s/redis.sock", rig->folder);
    snprintf(rig->configuration, sizeof(rig->configuration), "%s/redis.conf", rig->folder);
    rig->port = port_find();
    configuration_write(rig, acl);
    rig->loop = loop_new();
    rig->arena = arena_new(64 * 1024 * 1024);
    assert_non_null(rig->loop);
    assert_non_null(rig->arena);
    rig->watchdog = loop_timer_new(rig->loop, on_watchdog, rig);
    rig->turn = loop_turn_new(rig->loop, on_turn, rig);
    return rig;
}

struct redis_rig *redis_rig_start(const char *acl)
{
    struct redis_rig *rig = redis_rig_new(acl);
    redis_rig_restart(rig);
    return rig;
}

static redisContext *admin_connect(struct redis_rig *rig)
{
    int64_t deadline_ms = clock_monotonic_ms() + AWAIT_MS_MAX;
    for (;;) {
        redisContext *admin = redisConnectUnix(rig->socket);
        assert_non_null(admin);
        redisReply *reply = admin->err == 0 ? redisCommand(admin, "PING") : NULL;
        bool is_loading = reply == NULL || (reply->type == REDIS_REPLY_ERROR &&
                                            strncmp(reply->str, "LOADING", 7) == 0);
        freeReplyObject(reply);
        if (!is_loading)
            return admin;
        redisFree(admin);
        assert_true(clock_monotonic_ms() < deadline_ms);
        usleep(2000); /* Redis says nowhere that it listens but by accepting */
    }
}

void redis_rig_restart(struct redis_rig *rig)
{
    if (rig->pid != 0)
        redis_rig_kill(rig);
    unlink(rig->socket);
    rig->pid = fork();
    assert_true(rig->pid >= 0);
    if (rig->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when a test is killed */
        int null_fd = open("/dev/null", O_RDWR);
        dup2(null_fd, STDIN_FILENO);
        dup2(null_fd, STDOUT_FILENO);
        execlp("redis-server", "redis-server", rig->configuration, (char *)NULL);
        _exit(127);
    }
    rig->admin = admin_connect(rig);
}

void redis_rig_kill(struct redis_rig *rig)
{
    if (rig->pid == 0)
        return;
    redisFree(rig->admin);
    rig->admin = NULL;
    kill(rig->pid, SIGKILL);
    assert_int_equal(waitpid(rig->pid, NULL, 0), rig->pid);
    rig->pid = 0;
}

void redis_rig_pause(struct redis_rig *rig)
{
    int status;
    kill(rig->pid, SIGSTOP);
    assert_int_equal(waitpid(rig->pid, &status, WUNTRACED), rig->pid);
}

void redis_rig_resume(struct redis_rig *rig)
{
    kill(rig->pid, SIGCONT);
}

static int entry_remove(const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
    (void)status, (void)kind, (void)ftw;
    return remove(path);
}

void redis_rig_stop(struct redis_rig *rig)
{
    for (size_t i = 0; i < rig->stores_len; i++)
        store_close(rig->stores[i]);
    redis_rig_kill(rig);
    loop_timer_free(rig->watchdog);
    loop_turn_free(rig->turn);
    loop_free(rig->loop);
    arena_free(rig->arena);
    nftw(rig->folder, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(rig);
}

struct loop *redis_rig_loop(struct redis_rig *rig)
{
    return rig->loop;
}

struct arena *redis_rig_arena(struct redis_rig *rig)
{
    return rig->arena;
}

struct str redis_rig_url(struct redis_rig *rig)
{
    return arena_printf(rig->arena, "unix:%s", rig->socket);
}

struct str redis_rig_url_tcp(struct redis_rig *rig)
{
    return arena_printf(rig->arena, "redis://127.0.0.1:%d", rig->port);
}

struct str redis_rig_url_named(struct redis_rig *rig)
{
    return arena_printf(rig->arena, "redis://localhost:%d", rig->port);
}

struct store *redis_rig_open_store(struct redis_rig *rig)
{
    assert_true(rig->stores_len < STORES_MAX);
    struct store *store = store_open(rig->loop, &(struct store_options){.url = redis_rig_url(rig)});
    assert_non_null(store);
    rig->stores[rig->stores_len++] = store;
    redis_rig_await_ready(rig, store, true);
    return store;
}

int64_t redis_rig_deadline_ms(void)
{
    return clock_monotonic_ms() + 3000;
}

static void loop_until(struct redis_rig *rig, const bool *is_done, int64_t limit_ms)
{
    rig->is_done = is_done;
    rig->is_overdue = false;
    loop_timer_start(rig->watchdog, limit_ms, 0);
    loop_run(rig->loop);
    loop_timer_stop(rig->watchdog);
    rig->is_done = NULL;
}

void redis_rig_await(struct redis_rig *rig, const bool *is_done)
{
    if (*is_done)
        return;
    loop_again(rig->loop);
    loop_until(rig, is_done, AWAIT_MS_MAX);
    assert_true(*is_done);
}

void redis_rig_await_ready(struct redis_rig *rig, const struct store *store, bool is_ready)
{
    int64_t deadline_ms = clock_monotonic_ms() + AWAIT_MS_MAX;
    while (store_is_ready(store) != is_ready) {
        assert_true(clock_monotonic_ms() < deadline_ms);
        redis_rig_run_ms(rig, 2);
    }
}

void redis_rig_run_ms(struct redis_rig *rig, int64_t duration_ms)
{
    loop_until(rig, NULL, duration_ms);
}

static struct str reply_print(struct redis_rig *rig, const redisReply *reply)
{
    switch (reply->type) {
    case REDIS_REPLY_INTEGER:
        return arena_printf(rig->arena, "%lld", reply->integer);
    case REDIS_REPLY_NIL:
        return STR_ABSENT;
    case REDIS_REPLY_ARRAY: {
        struct str text = STR("");
        for (size_t i = 0; i < reply->elements; i++)
            text = arena_printf(rig->arena, "%.*s%s%.*s", STR_ARGS(text), i > 0 ? " " : "",
                                STR_ARGS(reply_print(rig, reply->element[i])));
        return text;
    }
    default:
        return arena_dup(rig->arena, str_from_bytes(reply->str, (size_t)reply->len));
    }
}

struct str redis_rig_ask(struct redis_rig *rig, const char *format, ...)
{
    char line[WORDS_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    assert_true(len >= 0 && (size_t)len < sizeof(line));
    const char *words[64];
    size_t lengths[64];
    int words_len = 0;
    struct str rest = str_from_bytes(line, (size_t)len), word;
    while (words_len < 64 && str_next_word(&rest, &word)) {
        words[words_len] = word.at;
        lengths[words_len++] = word.len;
    }
    redisReply *reply = redisCommandArgv(rig->admin, words_len, words, lengths);
    assert_non_null(reply);
    struct str text = reply_print(rig, reply);
    freeReplyObject(reply);
    return text;
}
