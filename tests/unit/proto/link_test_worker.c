/* A worker of the link's tests: answers `echo/1` with the request's body and its own name, after
 * some time if asked; the other operations stand in OPERATIONS. SIGTERM drains it, SIGHUP announces
 * a new key, SIGUSR1 turns its readiness round. A process of its own, because it is killed, stopped
 * and drained.
 *
 *     link_test_worker KIND INSTANCE ENDPOINT[,ENDPOINT...] [DELAY_MS [SECRET_KEY EDGE_KEY]] */
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
static bool is_ready = true;

static struct str OPERATIONS[] = {
    STR_INIT("echo/1"),    STR_INIT("die/1"), /* takes the worker with it */
    STR_INIT("fail/1"),                       /* code_replayed */
    STR_INIT("limit/1"),                      /* rate_limited, come again in 37 s */
    STR_INIT("long/1"),                       /* a reply longer than a frame may be */
    STR_INIT("swallow/1"),                    /* the reply does not repeat the body */
    STR_INIT("park/1"),                       /* waits for release/1; overloaded beyond the limit */
    STR_INIT("release/1"),
};
static struct link_request *parked[REQUESTS_PARKED_MAX];
static size_t parked_len;

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

static void park(struct link_request *request)
{
    if (link_worker_park(request) && link_worker_park(request)) /* twice is once */
        parked[parked_len++] = request;
    else
        link_worker_reply(request, FAIL_OVERLOADED, STR_ABSENT);
}

static void release(void)
{
    while (parked_len > 0)
        reply(parked[--parked_len]);
}

static void on_request(void *context, struct link_request *request)
{
    (void)context;
    if (str_equals(request->operation, STR("die/1")))
        _exit(9);
    if (str_equals(request->operation, STR("fail/1"))) {
        link_worker_reply(request, FAIL_CODE_REPLAYED, STR_ABSENT);
        return;
    }
    if (str_equals(request->operation, STR("limit/1"))) {
        request->retry_after_s = 37;
        link_worker_reply(request, FAIL_RATE_LIMITED, STR_ABSENT);
        return;
    }
    if (str_equals(request->operation, STR("long/1"))) {
        static char body[MESSAGE_BYTES_MAX + 1];
        link_worker_reply(request, OK, str_from_bytes(body, sizeof(body)));
        return;
    }
    if (str_equals(request->operation, STR("swallow/1"))) {
        link_worker_reply(request, OK, STR("{}"));
        return;
    }
    if (str_equals(request->operation, STR("park/1"))) {
        park(request);
        return;
    }
    if (str_equals(request->operation, STR("release/1")))
        release();
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

static void key_announce(void)
{
    static int number;
    char keys[96], version[16];
    int len = snprintf(keys, sizeof(keys), "{\"keys\":[{\"kid\":\"%s-%d\"}]}", instance, ++number);
    int version_len = snprintf(version, sizeof(version), "%d", number);
    link_worker_announce_keys(worker, str_from_bytes(keys, (size_t)len),
                              str_from_bytes(version, (size_t)version_len));
}

static void on_signal(void *context, int fd, unsigned events)
{
    struct signalfd_siginfo signal;
    (void)context;
    (void)events;
    if (read(fd, &signal, sizeof(signal)) != (ssize_t)sizeof(signal))
        return;
    if (signal.ssi_signo == SIGTERM)
        link_worker_drain(worker, on_drained, NULL);
    else if (signal.ssi_signo == SIGHUP)
        key_announce();
    else
        link_worker_set_ready(worker, is_ready = !is_ready);
}

enum { LIST_MAX = 8 };

static struct strs list_read(const char *list, struct str at[LIST_MAX])
{
    struct strs read = {at, 0};
    struct str rest = str_from_cstr(list), item;
    while (str_cut(rest, ',', &item, &rest))
        at[read.len++] = item;
    at[read.len++] = rest;
    return read;
}

int main(int argc, char **argv)
{
    sigset_t set;
    if (argc < 4)
        return 2;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    log_init(LOG_ERROR, STR("link_test_worker"), STR("test"));
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    instance = argv[2];
    delay_ms = argc > 4 ? strtol(argv[4], NULL, 10) : 0;
    struct str endpoints[LIST_MAX], edge_keys[LIST_MAX];
    const struct link_worker_options options = {
        .kind = str_from_cstr(argv[1]),
        .instance = str_from_cstr(instance),
        .operations = {OPERATIONS, sizeof(OPERATIONS) / sizeof(OPERATIONS[0])},
        .edges = list_read(argv[3], endpoints),
        .secret_key = argc > 6 ? str_from_cstr(argv[5]) : STR_ABSENT,
        .edge_keys = argc > 6 ? list_read(argv[6], edge_keys) : (struct strs){.at = NULL},
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
