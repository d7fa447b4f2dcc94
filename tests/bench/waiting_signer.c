/* A worker that stands in for the signature: it answers validate/1 after WAIT_US microseconds, one
 * after another as a processor would, without using one. With it the dispatch is measured on a
 * machine that has fewer cores than signers. Options are a signer's, and WAIT_US. */
#include "proto/signer.h"
#include "proto/worker.h"

#include <sys/timerfd.h>
#include <unistd.h>

enum { TASKS_MAX = 64, NS_PER_US = 1000, US_PER_S = 1000000 };

static struct {
    int64_t wait_us;
} config;

static struct {
    struct task *tasks[TASKS_MAX]; /* a ring */
    size_t first, len;
    int timer;
    struct loop_watch *watch;
} self;

static void wait_begin(void)
{
    const struct itimerspec wait = {.it_value = {.tv_sec = config.wait_us / US_PER_S,
                                                 .tv_nsec = config.wait_us % US_PER_S * NS_PER_US}};
    timerfd_settime(self.timer, 0, &wait, NULL);
}

static void on_time(void *context, int fd, unsigned events)
{
    static const struct validate_reply reply = {.payload = STR_INIT("{}")};
    uint64_t expirations;
    (void)context;
    (void)events;
    if (read(fd, &expirations, sizeof(expirations)) < 0 || self.len == 0)
        return;
    task_reply(self.tasks[self.first], &reply);
    self.first = (self.first + 1) % TASKS_MAX;
    if (--self.len > 0)
        wait_begin();
}

static void validate_handle(struct task *task, const void *message)
{
    (void)message;
    if (self.len == TASKS_MAX) {
        task_fail(task, FAIL_OVERLOADED, STR_ABSENT);
        return;
    }
    self.tasks[(self.first + self.len++) % TASKS_MAX] = task;
    if (self.len == 1)
        wait_begin();
}

static enum failure start(const struct service_context *context, struct str *ret_problem)
{
    self.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    self.watch = loop_watch_new(context->loop, self.timer, on_time, NULL);
    if (self.watch == NULL) {
        *ret_problem = STR("there is no timer");
        return FAIL_CONFIGURATION_INVALID;
    }
    loop_watch_set(self.watch, LOOP_READABLE);
    return OK;
}

static void stop(void)
{
    loop_watch_free(self.watch);
    close(self.timer);
}

static const struct option OPTION_TABLE[] = {
    {.name = "WAIT_US",
     .kind = OPTION_I64,
     .flags = OPTION_REQUIRED,
     .offset = 0,
     .min = 1,
     .max = US_PER_S,
     .help = "microseconds that a signature takes"},
};
static const struct options OPTIONS = {OPTION_TABLE, 1};

static const struct operation OPERATIONS[] = {
    {"validate", 1, &VALIDATE_REQUEST, &VALIDATE_REPLY, validate_handle},
};

static const struct worker WAITING_SIGNER = {
    .kind = "signer",
    .options = &OPTIONS,
    .config = &config,
    .operations = OPERATIONS,
    .operations_len = 1,
    .start = start,
    .stop = stop,
};

int main(int argc, char **argv)
{
    return worker_main(argc, argv, &WAITING_SIGNER);
}
