#include "tests/unit/proto/link_rig.h"
#include "common/base/log.h"
#include "common/base/random.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEST_PATIENCE_MS = 60000 };

extern char **environ;
struct rig rig;

static void on_watchdog(void *context)
{
    (void)context;
    fail_msg("sent %zu, answered %zu, failed %zu (%s), goal %zu: this took too long", rig.sent,
             rig.answered, rig.failed, failure_row(rig.last_failure)->name, rig.goal);
}

void run_until(bool (*until)(void))
{
    loop_timer_start(rig.watchdog, TEST_PATIENCE_MS, 0);
    while (!until())
        loop_run_turn(rig.loop);
    loop_timer_stop(rig.watchdog);
}

/* ---- the edge */

static void on_keys(void *context, struct str keys)
{
    (void)context;
    snprintf(rig.keys, sizeof(rig.keys), "%.*s", STR_ARGS(keys));
}

void edge_open(struct str secret_key, struct str allowed_keys)
{
    struct link_edge_options options = {
        .secret_key = secret_key, .allowed_keys = allowed_keys, .on_keys = on_keys};
    char other[2][96];
    options.listen[WORKER_SIGNER] = str_from_cstr(rig.endpoint);
    for (int i = 0; i < 2; i++) {
        snprintf(other[i], sizeof(other[i]), "ipc://%s/%d.ipc", rig.folder, rig.edges_opened++);
        options.listen[i == 0 ? WORKER_REGISTRY : WORKER_BROKER] = str_from_cstr(other[i]);
    }
    rig.link = link_edge_new(rig.loop, &options);
    assert_non_null(rig.link);
}

/* The kernel names a port that is free now. */
static int port_find(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    close(fd);
    return ntohs(address.sin_port);
}

void edge_move_to_tcp(void)
{
    link_edge_free(rig.link);
    snprintf(rig.endpoint, sizeof(rig.endpoint), "tcp://127.0.0.1:%d", port_find());
    edge_open(STR_ABSENT, STR_ABSENT);
}

/* ---- workers */

void worker_start_with(int index, const char *kind, const char *delay_ms, const char *endpoints,
                       const char *secret, const char *edge_key)
{
    char name[16];
    snprintf(name, sizeof(name), "%d", index);
    const char *arguments[] = {LINK_TEST_WORKER, kind,   name,     endpoints,
                               delay_ms,         secret, edge_key, NULL};
    char *argv[8]; /* posix_spawn promises not to write into them */
    memcpy(argv, arguments, sizeof(argv));
    assert_int_equal(posix_spawn(&rig.workers[index], LINK_TEST_WORKER, NULL, NULL, argv, environ),
                     0);
}

void worker_start(int index)
{
    worker_start_slow(index, "0");
}

void worker_start_slow(int index, const char *delay_ms)
{
    worker_start_with(index, "signer", delay_ms, rig.endpoint, NULL, NULL);
}

void worker_end(int index)
{
    if (rig.workers[index] == 0)
        return;
    kill(rig.workers[index], SIGKILL);
    worker_end_await(index);
}

int worker_end_await(int index)
{
    int status;
    assert_int_equal(waitpid(rig.workers[index], &status, 0), rig.workers[index]);
    rig.workers[index] = 0;
    return status;
}

static size_t workers_wanted;

static bool workers_are_there(void)
{
    return link_edge_workers_ready(rig.link, WORKER_SIGNER) == workers_wanted;
}

void workers_await(size_t count)
{
    workers_wanted = count;
    run_until(workers_are_there);
}

/* ---- calls */

static void load_continue(void)
{
    if (rig.sent < rig.goal)
        call_send("echo", BUDGET_CALLBACK_MS);
}

static void on_reply(void *context, enum failure failure, struct str body)
{
    unsigned char *told = context;
    assert_int_equal(++*told, 1);
    rig.last_body_len = body.len;
    snprintf(rig.last_body, sizeof(rig.last_body), "%.*s", STR_ARGS(body));
    if (failure == OK) {
        int by = -1;
        rig.answered++;
        if (sscanf(rig.last_body, "{\"by\":\"%d\"", &by) == 1)
            rig.by[by]++;
    } else {
        rig.failed++;
        rig.last_failure = failure;
        rig.last_retry_after_s = rig.watched != NULL ? link_call_retry_after_s(rig.watched) : -1;
    }
    load_continue();
}

struct link_edge_request request_make(const char *operation, int64_t budget_ms)
{
    struct link_edge_request request = {
        .kind = WORKER_SIGNER,
        .operation = str_from_cstr(operation),
        .version = 1,
        .traceparent = STR(""),
        .body = STR("{\"x\":1}"),
        .budget_ms = budget_ms,
    };
    random_fill(request.request_id, sizeof(request.request_id));
    return request;
}

struct link_call *call_send_request(const struct link_edge_request *request)
{
    assert_true(rig.sent < RIG_CALLS_MAX);
    struct link_call *call = link_edge_call(rig.link, request, on_reply, &rig.told[rig.sent++]);
    assert_non_null(call);
    return call;
}

struct link_call *call_send(const char *operation, int64_t budget_ms)
{
    struct link_edge_request request = request_make(operation, budget_ms);
    return call_send_request(&request);
}

static size_t told_wanted;

static bool all_are_told(void)
{
    return rig.answered + rig.failed >= told_wanted;
}

void calls_await(size_t count)
{
    told_wanted = count;
    run_until(all_are_told);
    assert_int_equal(rig.answered + rig.failed, count);
}

void load_begin(size_t count)
{
    rig.goal = rig.sent + count;
    for (int i = 0; i < RIG_IN_FLIGHT; i++)
        load_continue();
}

void load_await_half(void)
{
    told_wanted = rig.goal - (rig.goal - rig.answered - rig.failed) / 2;
    run_until(all_are_told);
}

void load_finish(void)
{
    calls_await(rig.goal);
    assert_int_equal(rig.failed, 0);
    assert_int_equal(rig.sent, rig.goal);
    for (size_t i = 0; i < rig.sent; i++)
        assert_int_equal(rig.told[i], 1);
    assert_int_equal(link_edge_queued(rig.link, WORKER_SIGNER), 0);
    assert_int_equal(link_edge_in_flight(rig.link, WORKER_SIGNER), 0);
}

/* ---- fixtures */

int link_rig_setup(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof(rig));
    snprintf(rig.folder, sizeof(rig.folder), "/tmp/link-test-XXXXXX");
    if (mkdtemp(rig.folder) == NULL)
        return -1;
    snprintf(rig.endpoint, sizeof(rig.endpoint), "ipc://%s/signer.ipc", rig.folder);
    log_init(LOG_ERROR + 1, STR("link_test"), STR("test"));
    rig.loop = loop_new();
    rig.watchdog = loop_timer_new(rig.loop, on_watchdog, NULL);
    edge_open(STR_ABSENT, STR_ABSENT);
    return 0;
}

int link_rig_teardown(void **state)
{
    char command[128];
    (void)state;
    for (int i = 0; i < RIG_WORKERS; i++)
        worker_end(i);
    link_edge_free(rig.link);
    loop_timer_free(rig.watchdog);
    loop_free(rig.loop);
    snprintf(command, sizeof(command), "rm -rf %s", rig.folder);
    return system(command);
}
