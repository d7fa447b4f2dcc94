/* libuv closes handles in the following turn, so each of ours is a heap object that its close
 * callback frees; loop_free runs the loop until the last one is gone. */
#include "common/process/loop.h"

#include <stdlib.h>
#include <uv.h>

struct loop {
    uv_loop_t uv;
    uv_idle_t again; /* active while another turn is wanted: the loop does not sleep */
};

struct loop_timer {
    uv_timer_t uv;
    loop_timer_cb *on_time;
    void *context;
};

struct loop_watch {
    uv_poll_t uv;
    int fd;
    loop_watch_cb *on_event;
    void *context;
};

struct loop_turn {
    uv_prepare_t uv;
    loop_turn_cb *on_turn;
    void *context;
};

static void on_again(uv_idle_t *idle)
{
    uv_idle_stop(idle);
}

struct loop *loop_new(void)
{
    struct loop *loop = calloc(1, sizeof(*loop));
    if (loop == NULL || uv_loop_init(&loop->uv) != 0) {
        free(loop);
        return NULL;
    }
    uv_idle_init(&loop->uv, &loop->again);
    return loop;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    uv_close((uv_handle_t *)&loop->again, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    uv_loop_close(&loop->uv);
    free(loop);
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_run_turn(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_ONCE);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

void *loop_backend(struct loop *loop)
{
    return &loop->uv;
}

void loop_again(struct loop *loop)
{
    uv_idle_start(&loop->again, on_again);
}

static void handle_release(uv_handle_t *handle)
{
    free(handle->data);
}

static void handle_free(uv_handle_t *handle, void *object)
{
    handle->data = object;
    uv_close(handle, handle_release);
}

static void on_timer(uv_timer_t *uv)
{
    struct loop_timer *timer = uv->data;
    timer->on_time(timer->context);
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_timer_cb *on_time, void *context)
{
    struct loop_timer *timer = calloc(1, sizeof(*timer));
    if (timer == NULL)
        return NULL;
    timer->on_time = on_time;
    timer->context = context;
    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    return timer;
}

void loop_timer_start(struct loop_timer *timer, int64_t delay_ms, int64_t repeat_ms)
{
    /* libuv counts from its cached time, which a long turn leaves behind. */
    uv_update_time(timer->uv.loop);
    uv_timer_start(&timer->uv, on_timer, (uint64_t)(delay_ms > 0 ? delay_ms : 0),
                   (uint64_t)repeat_ms);
}

void loop_timer_stop(struct loop_timer *timer)
{
    uv_timer_stop(&timer->uv);
}

void loop_timer_free(struct loop_timer *timer)
{
    if (timer != NULL)
        handle_free((uv_handle_t *)&timer->uv, timer);
}

static void on_poll(uv_poll_t *uv, int status, int events)
{
    struct loop_watch *watch = uv->data;
    unsigned seen = 0;
    if (events & UV_READABLE)
        seen |= LOOP_READABLE;
    if (events & UV_WRITABLE)
        seen |= LOOP_WRITABLE;
    /* An error shows itself to whoever reads or writes next. */
    if (status < 0)
        seen = LOOP_READABLE | LOOP_WRITABLE;
    watch->on_event(watch->context, watch->fd, seen);
}

struct loop_watch *loop_watch_new(struct loop *loop, int fd, loop_watch_cb *on_event, void *context)
{
    struct loop_watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        return NULL;
    watch->fd = fd;
    watch->on_event = on_event;
    watch->context = context;
    if (uv_poll_init(&loop->uv, &watch->uv, fd) != 0) {
        free(watch);
        return NULL;
    }
    watch->uv.data = watch;
    return watch;
}

void loop_watch_set(struct loop_watch *watch, unsigned events)
{
    int wanted = 0;
    if (events & LOOP_READABLE)
        wanted |= UV_READABLE;
    if (events & LOOP_WRITABLE)
        wanted |= UV_WRITABLE;
    if (wanted)
        uv_poll_start(&watch->uv, wanted, on_poll);
    else
        uv_poll_stop(&watch->uv);
}

void loop_watch_free(struct loop_watch *watch)
{
    if (watch != NULL)
        handle_free((uv_handle_t *)&watch->uv, watch);
}

static void on_prepare(uv_prepare_t *uv)
{
    struct loop_turn *turn = uv->data;
    turn->on_turn(turn->context);
}

struct loop_turn *loop_turn_new(struct loop *loop, loop_turn_cb *on_turn, void *context)
{
    struct loop_turn *turn = calloc(1, sizeof(*turn));
    if (turn == NULL)
        return NULL;
    turn->on_turn = on_turn;
    turn->context = context;
    uv_prepare_init(&loop->uv, &turn->uv);
    turn->uv.data = turn;
    uv_prepare_start(&turn->uv, on_prepare);
    return turn;
}

void loop_turn_free(struct loop_turn *turn)
{
    if (turn != NULL)
        handle_free((uv_handle_t *)&turn->uv, turn);
}
