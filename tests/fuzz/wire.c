/* One message at a time waits, for one socket: that is what the fuzzer orders. */
#include "tests/fuzz/wire.h"
#include "common/base/clock.h"
#include "common/process/loop.h"
#include "proto/envelope.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <stdlib.h>

enum {
    TIMERS_MAX = 32,
    WATCHES_MAX = 2 * WIRE_SOCKETS_MAX,
    TURNS_MAX = 8,
    TURNS_IN_A_ROW_MAX = 64
};

struct loop_timer {
    loop_timer_cb *on_time; /* NULL: free */
    void *context;
    int64_t due_ms; /* -1: not started */
    int64_t repeat_ms;
};

struct loop_watch {
    loop_watch_cb *on_event; /* NULL: free */
    void *context;
    int fd;
};

struct loop_turn {
    loop_turn_cb *on_turn; /* NULL: free */
    void *context;
};

struct socket {
    int type;
    bool is_open;
    int frame_out; /* which frame of a message is sent next */
};

static struct {
    int64_t now_ms;
    bool is_again;
    struct loop_timer timers[TIMERS_MAX];
    struct loop_watch watches[WATCHES_MAX];
    struct loop_turn turns[TURNS_MAX];
    struct socket sockets[WIRE_SOCKETS_MAX];
    int sockets_len;
    const struct str *frames;
    size_t frames_len, frame;
    int receiver;
    int refusal;
    size_t frames_sent;
} wire;

/* ---- clock.h */

int64_t clock_monotonic_ms(void)
{
    return wire.now_ms;
}

int64_t clock_monotonic_us(void)
{
    return wire.now_ms * 1000;
}

int64_t clock_wall_s(void)
{
    return 1700000000 + wire.now_ms / 1000;
}

int64_t clock_wall_ms(void)
{
    return clock_wall_s() * 1000;
}

void clock_fix_wall_s(int64_t now_s)
{
    (void)now_s;
}

/* ---- loop.h */

struct loop *loop_new(void)
{
    return NULL;
}

void loop_free(struct loop *loop)
{
    (void)loop;
}

void loop_run(struct loop *loop)
{
    (void)loop;
}

void loop_run_turn(struct loop *loop)
{
    (void)loop;
}

void loop_stop(struct loop *loop)
{
    (void)loop;
}

void *loop_backend(struct loop *loop)
{
    return loop;
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_timer_cb *on_time, void *context)
{
    (void)loop;
    for (int i = 0; i < TIMERS_MAX; i++)
        if (wire.timers[i].on_time == NULL) {
            wire.timers[i] =
                (struct loop_timer){.on_time = on_time, .context = context, .due_ms = -1};
            return &wire.timers[i];
        }
    return NULL;
}

void loop_timer_start(struct loop_timer *timer, int64_t delay_ms, int64_t repeat_ms)
{
    FUZZ_CHECK(delay_ms >= 0 && repeat_ms >= 0);
    timer->due_ms = wire.now_ms + delay_ms;
    timer->repeat_ms = repeat_ms;
}

void loop_timer_stop(struct loop_timer *timer)
{
    timer->due_ms = -1;
}

void loop_timer_free(struct loop_timer *timer)
{
    if (timer != NULL)
        *timer = (struct loop_timer){.due_ms = -1};
}

struct loop_watch *loop_watch_new(struct loop *loop, int fd, loop_watch_cb *on_event, void *context)
{
    (void)loop;
    for (int i = 0; i < WATCHES_MAX; i++)
        if (wire.watches[i].on_event == NULL) {
            wire.watches[i] = (struct loop_watch){on_event, context, fd};
            return &wire.watches[i];
        }
    return NULL;
}

void loop_watch_set(struct loop_watch *watch, unsigned events)
{
    (void)watch, (void)events;
}

void loop_watch_free(struct loop_watch *watch)
{
    if (watch != NULL)
        *watch = (struct loop_watch){.on_event = NULL};
}

struct loop_turn *loop_turn_new(struct loop *loop, loop_turn_cb *on_turn, void *context)
{
    (void)loop;
    for (int i = 0; i < TURNS_MAX; i++)
        if (wire.turns[i].on_turn == NULL) {
            wire.turns[i] = (struct loop_turn){on_turn, context};
            return &wire.turns[i];
        }
    return NULL;
}

void loop_turn_free(struct loop_turn *turn)
{
    if (turn != NULL)
        *turn = (struct loop_turn){.on_turn = NULL};
}

void loop_again(struct loop *loop)
{
    (void)loop;
    wire.is_again = true;
}

/* ---- libzmq, as far as proto/ uses it */

void *zmq_ctx_new(void)
{
    return &wire;
}

int zmq_ctx_term(void *context)
{
    FUZZ_CHECK(context == &wire);
    return 0;
}

void *zmq_socket(void *context, int type)
{
    FUZZ_CHECK(context == &wire);
    if (wire.sockets_len == WIRE_SOCKETS_MAX)
        return NULL;
    struct socket *socket = &wire.sockets[wire.sockets_len++];
    *socket = (struct socket){.type = type, .is_open = true};
    return socket;
}

int zmq_close(void *at)
{
    struct socket *socket = at;
    FUZZ_CHECK(socket->is_open);
    socket->is_open = false;
    return 0;
}

int zmq_bind(void *socket, const char *endpoint)
{
    FUZZ_CHECK(((struct socket *)socket)->is_open && endpoint != NULL);
    return 0;
}

int zmq_connect(void *socket, const char *endpoint)
{
    return zmq_bind(socket, endpoint);
}

int zmq_socket_monitor(void *socket, const char *endpoint, int events)
{
    (void)socket, (void)endpoint, (void)events;
    return 0;
}

int zmq_setsockopt(void *socket, int option, const void *value, size_t size)
{
    (void)socket, (void)option, (void)value, (void)size;
    return 0;
}

static bool has_frame(const struct socket *socket)
{
    return socket == &wire.sockets[wire.receiver] && wire.frame < wire.frames_len;
}

int zmq_getsockopt(void *at, int option, void *value, size_t *size)
{
    const struct socket *socket = at;
    FUZZ_CHECK(socket->is_open && *size >= sizeof(int));
    int is = 0;
    if (option == ZMQ_FD)
        is = (int)(socket - wire.sockets);
    else if (option == ZMQ_RCVMORE)
        is = has_frame(socket) && wire.frame > 0;
    else if (option == ZMQ_EVENTS)
        is = (has_frame(socket) ? ZMQ_POLLIN : 0) | (wire.refusal == 0 ? ZMQ_POLLOUT : 0);
    memcpy(value, &is, sizeof(is));
    return 0;
}

int zmq_msg_recv(zmq_msg_t *message, void *at, int flags)
{
    const struct socket *socket = at;
    FUZZ_CHECK(socket->is_open && (flags & ZMQ_DONTWAIT));
    if (!has_frame(socket)) {
        errno = EAGAIN;
        return -1;
    }
    struct str frame = wire.frames[wire.frame++];
    zmq_msg_close(message);
    FUZZ_CHECK(zmq_msg_init_size(message, frame.len) == 0);
    if (frame.len > 0)
        memcpy(zmq_msg_data(message), frame.at, frame.len);
    return (int)frame.len;
}

/* Whoever sends must send whole messages, with a header that can be read, also after a refusal. */
int zmq_send(void *at, const void *bytes, size_t len, int flags)
{
    struct socket *socket = at;
    struct envelope envelope;
    FUZZ_CHECK(socket->is_open && (flags & ZMQ_DONTWAIT));
    if (socket->frame_out == 0 && wire.refusal != 0) {
        errno = wire.refusal;
        return -1;
    }
    int header = socket->type == ZMQ_ROUTER ? 1 : 0;
    if (socket->type != ZMQ_REP) { /* ZAP has its own frames */
        bool is_last = socket->frame_out == header + FRAMES - 1;
        FUZZ_CHECK(is_last == !(flags & ZMQ_SNDMORE));
        FUZZ_CHECK(socket->frame_out != header ||
                   envelope_header_read(str_from_bytes(bytes, len), &envelope));
    }
    socket->frame_out = flags & ZMQ_SNDMORE ? socket->frame_out + 1 : 0;
    wire.frames_sent++;
    return (int)len;
}

/* ---- what the target says */

void wire_reset(void)
{
    memset(&wire, 0, sizeof(wire));
    wire.now_ms = 1000000;
}

void wire_turn(void)
{
    int left = TURNS_IN_A_ROW_MAX;
    do {
        FUZZ_CHECK(left-- > 0); /* a loop that never sleeps again */
        wire.is_again = false;
        for (int i = 0; i < TURNS_MAX; i++)
            if (wire.turns[i].on_turn != NULL)
                wire.turns[i].on_turn(wire.turns[i].context);
    } while (wire.is_again);
}

void wire_stir(int socket)
{
    for (int i = 0; i < WATCHES_MAX; i++)
        if (wire.watches[i].on_event != NULL && wire.watches[i].fd == socket)
            wire.watches[i].on_event(wire.watches[i].context, socket, LOOP_READABLE);
    wire_turn();
}

void wire_deliver(int socket, const struct str *frames, size_t frames_len)
{
    if (socket >= wire.sockets_len || !wire.sockets[socket].is_open || frames_len == 0)
        return;
    wire.frames = frames;
    wire.frames_len = frames_len;
    wire.frame = 0;
    wire.receiver = socket;
    wire_stir(socket);
    FUZZ_CHECK(wire.frame == frames_len || !wire.sockets[socket].is_open); /* all was read */
    wire.frames_len = wire.frame = 0;
}

static struct loop_timer *due_first(void)
{
    struct loop_timer *first = NULL;
    for (int i = 0; i < TIMERS_MAX; i++) {
        struct loop_timer *timer = &wire.timers[i];
        bool is_due = timer->on_time != NULL && timer->due_ms >= 0 && timer->due_ms <= wire.now_ms;
        if (is_due && (first == NULL || timer->due_ms < first->due_ms))
            first = timer;
    }
    return first;
}

void wire_pass(int64_t ms)
{
    wire.now_ms += ms;
    struct loop_timer *timer;
    for (int left = TIMERS_MAX; left > 0 && (timer = due_first()) != NULL; left--) {
        timer->due_ms = timer->repeat_ms > 0 ? wire.now_ms + timer->repeat_ms : -1;
        timer->on_time(timer->context);
    }
    wire_turn();
}

void wire_refuse(int error)
{
    wire.refusal = error;
}

size_t wire_frames_sent(void)
{
    return wire.frames_sent;
}

bool wire_is_closed(void)
{
    for (int i = 0; i < wire.sockets_len; i++)
        if (wire.sockets[i].is_open)
            return false;
    for (int i = 0; i < TIMERS_MAX; i++)
        if (wire.timers[i].on_time != NULL)
            return false;
    for (int i = 0; i < WATCHES_MAX; i++)
        if (wire.watches[i].on_event != NULL)
            return false;
    return true;
}
