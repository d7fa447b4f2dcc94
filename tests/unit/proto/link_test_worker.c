/* A worker of the link's tests: answers `echo/1` with the request's body and its own name, after
 * some time if asked; dies of `die/1`. A process of its own, because it is killed, stopped and
 * drained.
 *
 *     link_test_worker KIND INSTANCE ENDPOINT [DELAY_MS [SECRET_KEY EDGE_KEY]] */
#include "common/base/limits.h"
#include "common/base/log.h"
#include "proto/link_worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

static struct loop *loop;
static struct link_worker *worker;
static const char *instance;
static int64_t delay_ms;

struct answer {
    struct link_request *request;
    struct loop_timer *timer;
};

static void reply(struct link_request *request)
{
    struct str body =
        arena_printf(request->arena, "{\"by\":\"%s\",\"body\":%.*s,\"request_id\":\"%.*s\"}",
                     instance, STR_ARGS(request->body), STR_ARGS(request->request_id));
    link_worker_reply(request, OK, body);
}

static void on_time(void *context)
{
    struct answer *answer = context;
    struct link_request *request = answer->request;
    loop_timer_free(answer->timer); /* answer lies in the request's arena */
    reply(request);
}

static void on_request(void *context, struct link_request *request)
{
    (void)context;
    if (str_equals(request->operation, STR("die/1")))
        _exit(9);
    if (delay_ms == 0) {
        reply(request);
        return;
    }
    struct answer *answer = arena_take(request->arena, sizeof(*answer));
    answer->request = request;
    answer->timer = loop_timer_new(loop, on_time, answer);
    loop_timer_start(answer->timer, delay_ms, 0);
}

static void on_drained(void *context)
{
    (void)context;
    loop_stop(loop);
}

static void on_signal(void *context, int fd, unsigned events)
{
    struct signalfd_siginfo signal;
    (void)context;
    (void)events;
    if (read(fd, &signal, sizeof(signal)) == (ssize_t)sizeof(signal))
        link_worker_drain(worker, on_drained, NULL);
}

int main(int argc, char **argv)
{
    static struct str operations[] = {STR_INIT("echo/1"), STR_INIT("die/1")};
    sigset_t set;
    if (argc < 4)
        return 2;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    log_init(LOG_ERROR, STR("link_test_worker"), STR("test"));
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    instance = argv[2];
    delay_ms = argc > 4 ? strtol(argv[4], NULL, 10) : 0;
    struct str edge = str_from_cstr(argv[3]);
    const struct link_worker_options options = {
        .kind = str_from_cstr(argv[1]),
        .instance = str_from_cstr(instance),
        .operations = {operations, 2},
        .edges = {&edge, 1},
        .secret_key = argc > 6 ? str_from_cstr(argv[5]) : STR_ABSENT,
        .edge_key = argc > 6 ? str_from_cstr(argv[6]) : STR_ABSENT,
        .credit = CREDIT_TOTAL,
        .on_request = on_request,
    };
    loop = loop_new();
    worker = link_worker_new(loop, &options);
    if (worker == NULL)
        return 1;
    int fd = signalfd(-1, &set, SFD_NONBLOCK);
    struct loop_watch *signals = loop_watch_new(loop, fd, on_signal, NULL);
    loop_watch_set(signals, LOOP_READABLE);
    loop_run(loop);
    loop_watch_free(signals);
    link_worker_free(worker);
    loop_free(loop);
    close(fd);
    return 0;
}
