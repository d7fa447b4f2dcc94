/* Three ROUTERs, the workers behind them, and the calls that wait or are in flight. A call is
 * always in exactly one place: its kind's queue, a worker's list, or the list of those that have
 * ended and wait to be told. Replies are told in the turn hook, so that on_reply never runs inside
 * link_edge_call. */
#include "proto/link_edge.h"
#include "common/base/clock.h"
#include "common/base/hex.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "proto/call.h"
#include "proto/control.h"
#include "proto/envelope.h"
#include "proto/key_union.h"
#include "proto/listener.h"
#include "proto/worker_pool.h"
#include "proto/zap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICK_MS = 50,
    PROBE_EVERY_MS = 5, /* while somebody is known to have left */
    PROBE_FOR_MS = 300,
    BEAT_EVERY_MS = 1000, /* what workers hear from an idle edge */
    SILENCE_READYS = 5,   /* so many READYs missed: dead */
    STALL_MS = 250,       /* the edge itself slept: nobody else's fault */
    PATIENCE_MS = 2000,   /* with no worker that could take the request */
    REPEATS_MAX = 2,
    RECEIVE_MAX_PER_TURN = 256,
};

struct kind {
    struct link_edge *link;
    enum worker_kind which;
    struct listener listener;
    struct worker_pool workers;
    struct call_list queue;
    int64_t probe_until_ms;
};

struct link_edge {
    struct loop *loop;
    void *zmq;
    struct zap *zap;
    bool is_curve;
    char id[2 * REQUEST_ID_BYTES + 1];
    struct kind kinds[WORKER_KINDS];
    struct call_table *calls;
    struct call_list ended;
    struct key_union *keys;
    struct loop_turn *turn;
    struct loop_timer *timer;
    int64_t ticked_ms, beat_ms, malformed_logged_ms;
    void (*on_keys)(void *context, struct str keys);
    void *context;
};

static const char *const KIND_NAMES[WORKER_KINDS] = {
    [WORKER_REGISTRY] = "registry",
    [WORKER_BROKER] = "broker",
    [WORKER_SIGNER] = "signer",
};

const char *worker_kind_name(enum worker_kind kind)
{
    return KIND_NAMES[kind];
}

bool worker_kind_from_name(struct str name, enum worker_kind *ret_kind)
{
    for (unsigned i = 0; i < WORKER_KINDS; i++) {
        if (str_equals_cstr(name, KIND_NAMES[i])) {
            *ret_kind = (enum worker_kind)i;
            return true;
        }
    }
    return false;
}

static void malformed_note(struct link_edge *link, const struct kind *kind)
{
    int64_t now_ms = clock_monotonic_ms();
    if (now_ms - link->malformed_logged_ms < 1000)
        return;
    link->malformed_logged_ms = now_ms;
    log_warning("message.malformed", LOG_CSTR("from", KIND_NAMES[kind->which]));
}

static void call_end(struct link_call *call, enum failure failure, struct str body)
{
    struct link_edge *link = call->link;
    call_list_move(call, &link->ended);
    call->worker = NULL;
    call->failure = failure;
    call->body = str_is_present(body) ? strndup(body.at, body.len) : NULL;
    call->body_len = call->body != NULL ? body.len : 0;
    loop_again(link->loop);
}

/* ---- workers */

static struct kind *kind_of(const struct worker *worker)
{
    return worker->owner;
}

static void call_requeue(struct kind *kind, struct link_call *call)
{
    call->worker = NULL;
    if (++call->repeats > REPEATS_MAX) {
        char request_id[2 * REQUEST_ID_BYTES + 1];
        hex_write(request_id, call->request_id, REQUEST_ID_BYTES);
        log_error("request.poison", LOG_CSTR("request_id", request_id),
                  LOG_CSTR("operation", call->announced));
        call_end(call, FAIL_REQUEST_POISON, STR_ABSENT);
        return;
    }
    call->patience_ms = clock_monotonic_ms() + PATIENCE_MS;
    call_list_move_front(call, &kind->queue);
}

/* Its requests go back to the head of the queue, the oldest first. */
static void worker_remove(struct worker *worker, const char *why)
{
    struct kind *kind = kind_of(worker);
    worker_pool_take(&kind->workers, worker);
    log_information("worker.gone", LOG_CSTR("kind", KIND_NAMES[kind->which]),
                    LOG_STR("worker", worker->hello.instance), LOG_CSTR("why", why),
                    LOG_I64("repeated", worker->in_flight.len));
    while (worker->in_flight.last != NULL)
        call_requeue(kind, worker->in_flight.last);
    worker_free(worker);
    loop_again(kind->link->loop);
}

/* False, and the worker is gone, when it cannot be reached. */
static bool worker_send(struct worker *worker, const struct envelope *envelope)
{
    int error =
        envelope_send(kind_of(worker)->listener.socket, worker_routing_id(worker), envelope);
    if (error == 0 || error == EAGAIN)
        return true;
    worker_remove(worker, "disconnected");
    return false;
}

static void workers_tell(struct kind *kind, enum message_type type)
{
    const struct envelope envelope = {.type = type, .body = STR_INIT("{}")};
    for (struct worker *worker = kind->workers.first, *next; worker != NULL; worker = next) {
        next = worker->next;
        worker_send(worker, &envelope);
    }
}

/* ---- dispatch */

static void call_send(struct link_call *call, struct worker *worker)
{
    int64_t left_ms = call->deadline_ms - clock_monotonic_ms();
    struct envelope envelope = {
        .type = MESSAGE_REQUEST,
        .operation_version = call->version,
        .budget_ms = (uint32_t)(left_ms > 1 ? left_ms : 1),
        .subject = str_from_cstr(call->operation),
        .traceparent = str_from_cstr(call->traceparent),
        .body = str_from_bytes(call->request_body, call->request_body_len),
    };
    memcpy(envelope.request_id, call->request_id, REQUEST_ID_BYTES);
    call_list_move(call, &worker->in_flight);
    call->worker = worker;
    worker_send(worker, &envelope); /* requeues the call when the worker is gone */
}

/* The head of the queue first; others may pass it when only they find a worker. */
static void queue_dispatch(struct kind *kind)
{
    for (struct link_call *call = kind->queue.first, *next; call != NULL; call = next) {
        next = call->next;
        struct worker *worker = worker_pool_choose(&kind->workers, call);
        if (worker != NULL)
            call_send(call, worker);
    }
}

/* ---- what a worker says */

static void send_to(struct kind *kind, struct str routing_id, enum message_type type,
                    struct str body)
{
    const struct envelope envelope = {.type = type, .body = body};
    envelope_send(kind->listener.socket, routing_id, &envelope);
}

static bool hello_is_honest(const struct kind *kind, const struct hello_message *hello,
                            const struct envelope_buffer *buffer)
{
    const char *name = KIND_NAMES[kind->which];
    if (!str_equals_cstr(hello->kind, name))
        return false;
    if (!kind->link->is_curve)
        return true;
    const char *user = zmq_msg_gets(&buffer->frames[FRAMES], "User-Id");
    return user != NULL && strcmp(user, name) == 0;
}

static void worker_welcome(struct worker *worker)
{
    struct link_edge *link = kind_of(worker)->link;
    char body[128];
    int len = snprintf(body, sizeof(body), "{\"edge\":\"%s\"}", link->id);
    send_to(kind_of(worker), worker_routing_id(worker), MESSAGE_WELCOME,
            str_from_bytes(body, (size_t)len));
    if (str_is_present(worker->hello.keys) &&
        key_union_add(link->keys, worker->hello.keys, clock_monotonic_ms()) &&
        link->on_keys != NULL)
        link->on_keys(link->context, key_union_text(link->keys));
}

static void on_hello(struct kind *kind, const struct envelope_buffer *buffer)
{
    struct arena *arena = arena_new(4 * HELLO_BYTES_MAX);
    struct hello_message hello;
    if (arena == NULL || buffer->envelope.body.len > HELLO_BYTES_MAX ||
        fields_from_json(&HELLO_MESSAGE, buffer->envelope.body, arena, &hello) != OK ||
        !hello_is_honest(kind, &hello, buffer)) {
        malformed_note(kind->link, kind);
        arena_free(arena);
        return;
    }
    struct worker *worker = worker_pool_get(&kind->workers, buffer->routing_id);
    bool is_new = worker == NULL;
    if (is_new)
        worker = worker_pool_add(&kind->workers, buffer->routing_id, kind);
    if (worker == NULL) {
        arena_free(arena);
        return;
    }
    arena_free(worker->arena);
    worker->arena = arena;
    worker->hello = hello;
    worker->heard_ms = clock_monotonic_ms();
    if (is_new)
        log_information("worker.new", LOG_CSTR("kind", KIND_NAMES[kind->which]),
                        LOG_STR("worker", hello.instance), LOG_STR("release", hello.release));
    worker_welcome(worker);
}

static void on_ready(struct kind *kind, struct worker *worker, struct str body)
{
    struct arena *arena = arena_new(4 * 1024);
    struct ready_message ready;
    if (arena == NULL || body.len > READY_BYTES_MAX ||
        fields_from_json(&READY_MESSAGE, body, arena, &ready) != OK || ready.every_ms == 0) {
        malformed_note(kind->link, kind);
        arena_free(arena);
        return;
    }
    worker->credit = ready.credit;
    worker->every_ms = ready.every_ms;
    if (!str_equals(ready.keys_version, worker->hello.keys_version) &&
        !(str_is_empty(ready.keys_version) && str_is_empty(worker->hello.keys_version)))
        send_to(kind, worker_routing_id(worker), MESSAGE_WHO, STR("{}"));
    arena_free(arena);
    queue_dispatch(kind);
}

/* Draining ends with BYE, when nothing of ours is in flight there any more. */
static void draining_check(struct worker *worker)
{
    if (!worker->is_draining || worker->in_flight.len > 0)
        return;
    send_to(kind_of(worker), worker_routing_id(worker), MESSAGE_BYE, STR("{}"));
    worker_remove(worker, "drained");
}

static void on_reply(struct kind *kind, struct worker *worker, const struct envelope *envelope)
{
    struct link_call *call = call_table_get(kind->link->calls, envelope->request_id);
    if (call == NULL || call->worker != worker)
        return; /* late: its call was cancelled, or repeated elsewhere */
    call_end(call, failure_from_name(envelope->subject), envelope->body);
    draining_check(worker);
    queue_dispatch(kind);
}

static void message_handle(struct kind *kind, const struct envelope_buffer *buffer)
{
    const struct envelope *envelope = &buffer->envelope;
    struct worker *worker = worker_pool_get(&kind->workers, buffer->routing_id);
    if (envelope->type == MESSAGE_HELLO) {
        on_hello(kind, buffer);
        return;
    }
    if (worker == NULL) {
        if (envelope->type == MESSAGE_READY)
            send_to(kind, buffer->routing_id, MESSAGE_WHO, STR("{}"));
        else if (envelope->type == MESSAGE_DRAINING)
            send_to(kind, buffer->routing_id, MESSAGE_BYE, STR("{}"));
        return;
    }
    worker->heard_ms = clock_monotonic_ms();
    switch (envelope->type) {
    case MESSAGE_READY:
        on_ready(kind, worker, envelope->body);
        break;
    case MESSAGE_REPLY:
        on_reply(kind, worker, envelope);
        break;
    case MESSAGE_DRAINING:
        worker->is_draining = true;
        draining_check(worker);
        break;
    default:
        malformed_note(kind->link, kind);
    }
}

static void socket_drain(struct kind *kind)
{
    for (int i = 0; envelope_waits(kind->listener.socket); i++) {
        struct envelope_buffer buffer;
        if (i == RECEIVE_MAX_PER_TURN) {
            loop_again(kind->link->loop);
            return;
        }
        switch (envelope_receive(kind->listener.socket, true, &buffer)) {
        case ENVELOPE_RECEIVED:
            message_handle(kind, &buffer);
            envelope_buffer_finish(&buffer);
            break;
        case ENVELOPE_MALFORMED:
            malformed_note(kind->link, kind);
            break;
        case ENVELOPE_NONE:
            return;
        }
    }
}

/* The listener says that somebody left, not who: probing names them. */
static void departures_note(struct kind *kind)
{
    if (!listener_takes_departures(&kind->listener))
        return;
    kind->probe_until_ms = clock_monotonic_ms() + PROBE_FOR_MS;
    loop_timer_start(kind->link->timer, 0, 0);
}

/* ---- the turn and the tick */

static void ended_tell(struct link_edge *link)
{
    struct link_call *call;
    while ((call = link->ended.first) != NULL) {
        call_list_remove(call);
        call_table_remove(link->calls, call);
        call->on_reply(call->context, call->failure, str_from_bytes(call->body, call->body_len));
        call_free(call);
    }
}

static void on_turn(void *context)
{
    struct link_edge *link = context;
    for (int i = 0; i < WORKER_KINDS; i++) {
        departures_note(&link->kinds[i]);
        socket_drain(&link->kinds[i]);
        queue_dispatch(&link->kinds[i]);
    }
    ended_tell(link);
}

static void calls_expire(struct kind *kind, int64_t now_ms)
{
    for (struct link_call *call = kind->queue.first, *next; call != NULL; call = next) {
        next = call->next;
        if (call->deadline_ms <= now_ms)
            call_end(call, FAIL_BUDGET_SPENT, STR_ABSENT);
        else if (call->patience_ms <= now_ms && !worker_pool_serves(&kind->workers, call))
            call_end(call, FAIL_WORKER_UNAVAILABLE, STR_ABSENT);
    }
    for (struct worker *worker = kind->workers.first; worker != NULL; worker = worker->next)
        for (struct link_call *call = worker->in_flight.first, *next; call != NULL; call = next) {
            next = call->next;
            if (call->deadline_ms <= now_ms)
                call_end(call, FAIL_BUDGET_SPENT, STR_ABSENT);
        }
}

/* Silence counts only while the edge itself was awake to hear. */
static void silent_remove(struct kind *kind, int64_t now_ms, int64_t stalled_ms)
{
    for (struct worker *worker = kind->workers.first, *next; worker != NULL; worker = next) {
        next = worker->next;
        worker->heard_ms += stalled_ms;
        if (now_ms - worker->heard_ms > SILENCE_READYS * worker->every_ms)
            worker_remove(worker, "silent");
        else
            draining_check(worker);
    }
}

static void on_tick(void *context)
{
    struct link_edge *link = context;
    int64_t now_ms = clock_monotonic_ms();
    int64_t since_ms = now_ms - link->ticked_ms;
    bool is_probing = false, beats = now_ms - link->beat_ms >= BEAT_EVERY_MS;
    link->ticked_ms = now_ms;
    if (beats)
        link->beat_ms = now_ms;
    for (int i = 0; i < WORKER_KINDS; i++) {
        struct kind *kind = &link->kinds[i];
        socket_drain(kind); /* what has arrived while the edge slept is no silence */
        calls_expire(kind, now_ms);
        silent_remove(kind, now_ms, since_ms > STALL_MS ? since_ms : 0);
        if (beats || kind->probe_until_ms > now_ms)
            workers_tell(kind, MESSAGE_PROBE);
        is_probing = is_probing || kind->probe_until_ms > now_ms;
        queue_dispatch(kind);
    }
    loop_timer_start(link->timer, is_probing ? PROBE_EVERY_MS : TICK_MS, 0);
}

/* ---- opening and closing */

static bool kind_open(struct kind *kind, const struct link_edge_options *options)
{
    struct link_edge *link = kind->link;
    return listener_open(&kind->listener, link->loop, link->zmq, options->listen[kind->which],
                         KIND_NAMES[kind->which], options->secret_key);
}

static bool link_start(struct link_edge *link, const struct link_edge_options *options)
{
    unsigned char id[REQUEST_ID_BYTES];
    random_fill(id, sizeof(id));
    hex_write(link->id, id, sizeof(id));
    link->zmq = zmq_ctx_new();
    link->calls = call_table_new();
    link->keys = key_union_new();
    link->turn = loop_turn_new(link->loop, on_turn, link);
    link->timer = loop_timer_new(link->loop, on_tick, link);
    if (link->zmq == NULL || link->calls == NULL || link->keys == NULL || link->turn == NULL ||
        link->timer == NULL)
        return false;
    link->is_curve = !str_is_empty(options->secret_key);
    if (link->is_curve) {
        link->zap = zap_open(link->loop, link->zmq, options->allowed_keys);
        if (link->zap == NULL) {
            log_error("link.refused", LOG_CSTR("option", "CURVE_ALLOWED_KEYS_FILE"));
            return false;
        }
    }
    for (int i = 0; i < WORKER_KINDS; i++) {
        if (!kind_open(&link->kinds[i], options)) {
            log_error("link.refused", LOG_STR("endpoint", options->listen[i]),
                      LOG_CSTR("why", zmq_strerror(zmq_errno())));
            return false;
        }
    }
    loop_timer_start(link->timer, TICK_MS, 0);
    return true;
}

struct link_edge *link_edge_new(struct loop *loop, const struct link_edge_options *options)
{
    struct link_edge *link = calloc(1, sizeof(*link));
    if (link == NULL)
        return NULL;
    link->loop = loop;
    link->on_keys = options->on_keys;
    link->context = options->context;
    link->ticked_ms = clock_monotonic_ms();
    link->malformed_logged_ms = -1000;
    for (unsigned i = 0; i < WORKER_KINDS; i++)
        link->kinds[i] = (struct kind){.link = link, .which = (enum worker_kind)i};
    if (!link_start(link, options)) {
        link_edge_free(link);
        return NULL;
    }
    return link;
}

static void calls_free(struct link_edge *link, struct call_list *list)
{
    while (list->first != NULL) {
        struct link_call *call = list->first;
        call_list_remove(call);
        call_table_remove(link->calls, call);
        call_free(call);
    }
}

static void kind_close(struct kind *kind)
{
    calls_free(kind->link, &kind->queue);
    while (kind->workers.first != NULL) {
        struct worker *worker = kind->workers.first;
        worker_pool_take(&kind->workers, worker);
        calls_free(kind->link, &worker->in_flight);
        worker_free(worker);
    }
    listener_close(&kind->listener);
}

void link_edge_free(struct link_edge *link)
{
    if (link == NULL)
        return;
    calls_free(link, &link->ended);
    for (int i = 0; i < WORKER_KINDS; i++)
        kind_close(&link->kinds[i]);
    zap_close(link->zap);
    loop_turn_free(link->turn);
    loop_timer_free(link->timer);
    if (link->zmq != NULL)
        zmq_ctx_term(link->zmq);
    key_union_free(link->keys);
    call_table_free(link->calls);
    free(link);
}

/* ---- what the edge asks */

struct link_call *link_edge_call(struct link_edge *link, const struct link_edge_request *request,
                                 link_reply_cb *on_reply_cb, void *context)
{
    struct kind *kind = &link->kinds[request->kind];
    struct link_call *call = call_new(link, request, on_reply_cb, context);
    if (call == NULL)
        return NULL;
    call->patience_ms = clock_monotonic_ms() + PATIENCE_MS;
    call->kind = kind;
    bool is_known = call_table_get(link->calls, call->request_id) != NULL;
    bool is_full = kind->queue.len >= QUEUE_REQUESTS_MAX;
    if (!is_known)
        call_table_add(link->calls, call);
    if (is_known || is_full) {
        call_end(call, is_known ? FAIL_SERVER_ERROR : FAIL_OVERLOADED, STR_ABSENT);
        return call;
    }
    call_list_move(call, &kind->queue);
    struct worker *worker = kind->queue.len == 1 ? worker_pool_choose(&kind->workers, call) : NULL;
    if (worker != NULL)
        call_send(call, worker);
    return call;
}

void link_call_cancel(struct link_call *call)
{
    struct link_edge *link = call->link;
    struct worker *worker = call->worker;
    call_list_remove(call);
    call_table_remove(link->calls, call);
    call_free(call);
    if (worker != NULL)
        loop_again(link->loop); /* its place is free for the next in the queue */
}

void link_edge_say_bye(struct link_edge *link)
{
    for (int i = 0; i < WORKER_KINDS; i++)
        workers_tell(&link->kinds[i], MESSAGE_BYE);
}

size_t link_edge_workers(const struct link_edge *link, enum worker_kind kind)
{
    return link->kinds[kind].workers.len;
}

size_t link_edge_workers_ready(const struct link_edge *link, enum worker_kind kind)
{
    size_t len = 0;
    for (const struct worker *at = link->kinds[kind].workers.first; at != NULL; at = at->next)
        len += !at->is_draining && at->credit > 0;
    return len;
}

size_t link_edge_queued(const struct link_edge *link, enum worker_kind kind)
{
    return link->kinds[kind].queue.len;
}

size_t link_edge_in_flight(const struct link_edge *link, enum worker_kind kind)
{
    size_t len = 0;
    for (const struct worker *at = link->kinds[kind].workers.first; at != NULL; at = at->next)
        len += at->in_flight.len;
    return len;
}
