/* libh2o's evloop knows sockets and wall-clock timeouts. Timers are therefore our own list, ordered
 * by monotonic time, and loop_run asks evloop to wait no longer than the first of them. evloop
 * closes the descriptor of a socket that it closes, so a watch holds a dup() of its owner's. */
#include "common/process/loop.h"
#include "common/base/clock.h"

#include <h2o.h>
#include <stdlib.h>
#include <unistd.h>

struct loop_timer {
    struct loop *loop;
    struct loop_timer *next;
    int64_t due_ms;
    int64_t repeat_ms;
    bool is_started;
    loop_timer_cb *on_time;
    void *context;
};

struct loop_watch {
    struct loop *loop;
    h2o_socket_t *socket;
    int fd;
    unsigned events;
    bool is_write_armed;
    loop_watch_cb *on_event;
    void *context;
};

struct loop_turn {
    struct loop *loop;
    struct loop_turn *next;
    loop_turn_cb *on_turn;
    void *context;
};

struct loop {
    h2o_loop_t *h2o;
    struct loop_timer *timers; /* the soonest first */
    struct loop_turn *turns;
    bool is_stopped;
    bool is_again;
};

struct loop *loop_new(void)
{
    struct loop *loop = calloc(1, sizeof(*loop));
    if (loop == NULL)
        return NULL;
    loop->h2o = h2o_evloop_create();
    return loop;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    /* Sockets that were closed are released in the turn that follows. */
    h2o_evloop_run(loop->h2o, 0);
    h2o_evloop_destroy(loop->h2o);
    free(loop);
}

void loop_stop(struct loop *loop)
{
    loop->is_stopped = true;
}

void *loop_backend(struct loop *loop)
{
    return loop->h2o;
}

void loop_again(struct loop *loop)
{
    loop->is_again = true;
}

static void timers_run(struct loop *loop)
{
    int64_t now_ms = clock_monotonic_ms();
    while (loop->timers != NULL && loop->timers->due_ms <= now_ms) {
        struct loop_timer *timer = loop->timers;
        loop->timers = timer->next;
        timer->is_started = false;
        if (timer->repeat_ms > 0)
            loop_timer_start(timer, timer->repeat_ms, timer->repeat_ms);
        timer->on_time(timer->context); /* may free the timer */
    }
}

static void turns_run(struct loop *loop)
{
    for (struct loop_turn *turn = loop->turns, *next; turn != NULL; turn = next) {
        next = turn->next;
        turn->on_turn(turn->context);
    }
}

/* What was written outside of evloop's own callbacks (a reply that came by the link) has completed,
 * and evloop tells only after its next event: until then it does not read that connection again. */
static bool has_pending(const struct loop *loop)
{
    return loop->h2o->_pending_as_client != NULL || loop->h2o->_pending_as_server != NULL;
}

static int32_t wait_ms(const struct loop *loop)
{
    enum { WAIT_MS_MAX = 1000 };
    if (loop->is_again || loop->is_stopped || has_pending(loop))
        return 0;
    if (loop->timers == NULL)
        return WAIT_MS_MAX;
    int64_t left_ms = loop->timers->due_ms - clock_monotonic_ms();
    return left_ms < 0 ? 0 : left_ms > WAIT_MS_MAX ? WAIT_MS_MAX : (int32_t)left_ms;
}

void loop_run_turn(struct loop *loop)
{
    loop->is_again = false;
    turns_run(loop);
    h2o_evloop_run(loop->h2o, wait_ms(loop));
    timers_run(loop);
}

void loop_run(struct loop *loop)
{
    loop->is_stopped = false;
    while (!loop->is_stopped)
        loop_run_turn(loop);
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_timer_cb *on_time, void *context)
{
    struct loop_timer *timer = calloc(1, sizeof(*timer));
    if (timer != NULL)
        *timer = (struct loop_timer){.loop = loop, .on_time = on_time, .context = context};
    return timer;
}

void loop_timer_stop(struct loop_timer *timer)
{
    if (!timer->is_started)
        return;
    for (struct loop_timer **at = &timer->loop->timers; *at != NULL; at = &(*at)->next) {
        if (*at == timer) {
            *at = timer->next;
            break;
        }
    }
    timer->is_started = false;
}

void loop_timer_start(struct loop_timer *timer, int64_t delay_ms, int64_t repeat_ms)
{
    loop_timer_stop(timer);
    timer->due_ms = clock_monotonic_ms() + (delay_ms > 0 ? delay_ms : 0);
    timer->repeat_ms = repeat_ms;
    timer->is_started = true;
    struct loop_timer **at = &timer->loop->timers;
    while (*at != NULL && (*at)->due_ms <= timer->due_ms)
        at = &(*at)->next;
    timer->next = *at;
    *at = timer;
}

void loop_timer_free(struct loop_timer *timer)
{
    if (timer == NULL)
        return;
    loop_timer_stop(timer);
    free(timer);
}

static void write_arm(struct loop_watch *watch);

static void on_readable(h2o_socket_t *socket, const char *error)
{
    (void)error; /* shows itself to whoever reads next */
    struct loop_watch *watch = socket->data;
    watch->on_event(watch->context, watch->fd, LOOP_READABLE);
}

static void on_writable(h2o_socket_t *socket, const char *error)
{
    (void)error;
    struct loop_watch *watch = socket->data;
    watch->is_write_armed = false;
    if (!(watch->events & LOOP_WRITABLE))
        return; /* no longer wanted: evloop cannot be told so earlier */
    write_arm(watch);
    watch->on_event(watch->context, watch->fd, LOOP_WRITABLE);
}

/* evloop tells once; level-triggered means until the owner stops asking. */
static void write_arm(struct loop_watch *watch)
{
    if (watch->is_write_armed)
        return;
    watch->is_write_armed = true;
    h2o_socket_notify_write(watch->socket, on_writable);
}

struct loop_watch *loop_watch_new(struct loop *loop, int fd, loop_watch_cb *on_event, void *context)
{
    struct loop_watch *watch = calloc(1, sizeof(*watch));
    int own = watch != NULL ? dup(fd) : -1;
    if (own < 0) {
        free(watch);
        return NULL;
    }
    *watch = (struct loop_watch){.loop = loop, .fd = fd, .on_event = on_event, .context = context};
    watch->socket = h2o_evloop_socket_create(loop->h2o, own, H2O_SOCKET_FLAG_DONT_READ);
    watch->socket->data = watch;
    return watch;
}

void loop_watch_set(struct loop_watch *watch, unsigned events)
{
    if (events & LOOP_READABLE && !(watch->events & LOOP_READABLE))
        h2o_socket_read_start(watch->socket, on_readable);
    if (!(events & LOOP_READABLE) && watch->events & LOOP_READABLE)
        h2o_socket_read_stop(watch->socket);
    if (events & LOOP_WRITABLE)
        write_arm(watch);
    watch->events = events;
}

void loop_watch_free(struct loop_watch *watch)
{
    if (watch == NULL)
        return;
    h2o_socket_close(watch->socket);
    free(watch);
}

struct loop_turn *loop_turn_new(struct loop *loop, loop_turn_cb *on_turn, void *context)
{
    struct loop_turn *turn = calloc(1, sizeof(*turn));
    if (turn == NULL)
        return NULL;
    *turn = (struct loop_turn){.loop = loop, .on_turn = on_turn, .context = context};
    turn->next = loop->turns;
    loop->turns = turn;
    return turn;
}

void loop_turn_free(struct loop_turn *turn)
{
    if (turn == NULL)
        return;
    for (struct loop_turn **at = &turn->loop->turns; *at != NULL; at = &(*at)->next) {
        if (*at == turn) {
            *at = turn->next;
            break;
        }
    }
    free(turn);
}
