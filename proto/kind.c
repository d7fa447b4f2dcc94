/* Who is alive is learned in three ways: the listener says that somebody left, probing says who,
 * and silence tells of those that are stopped. Whatever was in flight on the dead goes back to the
 * head of the queue, with the same request id. */
#include "proto/kind.h"
#include "common/base/clock.h"
#include "common/base/hex.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "proto/control.h"
#include "proto/envelope.h"
#include "proto/link_edge_metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PROBE_FOR_MS = 300, /* the monitor may know before the ROUTER does */
    SILENCE_READYS = 5, /* so many READYs missed: dead */
    EVERY_MS_MIN =
        50, /* of READY, whatever a worker says: neither at once dead nor for ever alive */
    EVERY_MS_MAX = 10000,
    RECEIVE_MAX_PER_TURN = 256,
    MALFORMED_LOG_EVERY_MS = 1000,
};

static void malformed_note(struct kind *kind)
{
    struct link_edge *link = kind->link;
    int64_t now_ms = clock_monotonic_ms();
    link->malformed++;
    if (now_ms - link->malformed_logged_ms < MALFORMED_LOG_EVERY_MS)
        return;
    link->malformed_logged_ms = now_ms;
    log_warning("message.malformed", LOG_CSTR("from", worker_kind_name(kind->which)),
                LOG_I64("count", link->malformed));
}

void kind_end_call(struct link_call *call, enum failure failure, struct str body)
{
    struct link_edge *link = call->link;
    call_list_move(call, &link->ended);
    call->worker = NULL;
    call->failure = failure;
    /* One more byte, so that the empty text is not absent. */
    call->body = str_is_present(body) ? malloc(body.len + 1) : NULL;
    call->body_len = call->body != NULL ? body.len : 0;
    if (call->body_len > 0)
        memcpy(call->body, body.at, body.len);
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
    if (++call->repeats > CALL_REPEATS_MAX) {
        char request_id[2 * REQUEST_ID_BYTES + 1];
        hex_write(request_id, call->request_id, REQUEST_ID_BYTES);
        log_error("request.poison", LOG_CSTR("request_id", request_id),
                  LOG_TRACE(str_from_cstr(call->traceparent)),
                  LOG_CSTR("operation", call->announced));
        link_edge_metrics.poison[kind->which]++;
        kind_end_call(call, FAIL_REQUEST_POISON, STR_ABSENT);
        return;
    }
    link_edge_metrics.repeated[kind->which]++;
    call->queued_us = clock_monotonic_us();
    call->patience_ms = call->queued_us / 1000 + KIND_PATIENCE_MS;
    call_list_move_front(call, &kind->queue);
}

static void keys_tell(struct link_edge *link, bool has_changed)
{
    if (has_changed && link->on_keys != NULL)
        link->on_keys(link->context, key_union_text(link->keys));
}

/* Its requests go back to the head of the queue, the oldest first. */
static void worker_remove(struct worker *worker, enum departure why)
{
    struct kind *kind = kind_of(worker);
    link_edge_metrics.departures[kind->which][why]++;
    worker_pool_take(&kind->workers, worker);
    log_information("worker.gone", LOG_CSTR("kind", worker_kind_name(kind->which)),
                    LOG_STR("worker", worker->hello.instance), LOG_CSTR("why", departure_name(why)),
                    LOG_I64("repeated", worker->in_flight.len));
    while (worker->in_flight.last != NULL)
        call_requeue(kind, worker->in_flight.last);
    /* From now on its keys grow old. */
    if (str_is_present(worker->hello.keys))
        keys_tell(kind->link,
                  key_union_add(kind->link->keys, worker->hello.keys, clock_monotonic_ms()));
    worker_free(worker);
    loop_again(kind->link->loop);
}

static int send_to(struct kind *kind, struct str routing_id, const struct envelope *envelope)
{
    kind->listener.is_stirred = true; /* sending may have swallowed an event of ZMQ_FD */
    return envelope_send(kind->listener.socket, routing_id, envelope);
}

static void tell(struct kind *kind, struct str routing_id, enum message_type type, struct str body)
{
    const struct envelope envelope = {.type = type, .body = body};
    send_to(kind, routing_id, &envelope);
}

void kind_tell(struct kind *kind, enum message_type type)
{
    const struct envelope envelope = {.type = type, .body = STR_INIT("{}")};
    for (struct worker *worker = kind->workers.first, *next; worker != NULL; worker = next) {
        next = worker->next;
        int error = send_to(kind, worker_routing_id(worker), &envelope);
        if (error != 0 && error != EAGAIN)
            worker_remove(worker, DEPARTURE_DISCONNECTED);
    }
}

/* ---- dispatch */

static void call_send(struct link_call *call, struct worker *worker)
{
    struct kind *kind = kind_of(worker);
    int64_t now_us = clock_monotonic_us(), left_ms = call->deadline_ms - now_us / 1000;
    struct envelope envelope = {
        .type = MESSAGE_REQUEST,
        .operation_version = call->version,
        .time_ms = (uint32_t)(left_ms > 1 ? left_ms : 1),
        .subject = str_from_cstr(call->operation),
        .traceparent = str_from_cstr(call->traceparent),
        .body = str_from_bytes(call->request_body, call->request_body_len),
    };
    memcpy(envelope.request_id, call->request_id, REQUEST_ID_BYTES);
    int error = send_to(kind, worker_routing_id(worker), &envelope);
    if (error == EAGAIN) {
        worker->credit = 0; /* it does not read: nothing more before its next READY */
        return;
    }
    histogram_observe_us(&link_edge_metrics.queue_wait[kind->which], now_us - call->queued_us);
    call_list_move(call, &worker->in_flight);
    call->worker = worker;
    if (error != 0)
        worker_remove(worker, DEPARTURE_DISCONNECTED);
}

/* The head of the queue first; others may pass it when only they find a worker. */
void kind_dispatch(struct kind *kind)
{
    if (kind->queue.len == 0)
        return;
    worker_pool_release(&kind->workers);
    if (!worker_pool_has_room(&kind->workers))
        return;
    int64_t now_ms = clock_monotonic_ms();
    for (struct link_call *call = kind->queue.first, *next; call != NULL; call = next) {
        next = call->next;
        struct worker *worker = worker_pool_choose(&kind->workers, call);
        if (call->deadline_ms <= now_ms)
            kind_end_call(call, FAIL_BUDGET_SPENT, STR_ABSENT);
        else if (worker != NULL)
            call_send(call, worker);
        if (!worker_pool_has_room(&kind->workers))
            return;
    }
}

/* ---- what a worker says */

static bool hello_is_honest(const struct kind *kind, const struct hello_message *hello,
                            const struct envelope_buffer *buffer)
{
    const char *name = worker_kind_name(kind->which);
    if (!str_equals_cstr(hello->kind, name))
        return false;
    if (!kind->link->is_curve)
        return true;
    const char *user = zmq_msg_gets(&buffer->frames[FRAMES], "User-Id");
    return user != NULL && strcmp(user, name) == 0;
}

static void worker_welcome(struct worker *worker)
{
    struct kind *kind = kind_of(worker);
    struct link_edge *link = kind->link;
    char body[128];
    int len = snprintf(body, sizeof(body), "{\"edge\":\"%s\"}", link->id);
    tell(kind, worker_routing_id(worker), MESSAGE_WELCOME, str_from_bytes(body, (size_t)len));
    if (str_is_present(worker->hello.keys))
        keys_tell(link, key_union_add(link->keys, worker->hello.keys, clock_monotonic_ms()));
}

static void on_hello(struct kind *kind, const struct envelope_buffer *buffer)
{
    struct arena *arena = arena_new(4 * HELLO_BYTES_MAX);
    struct hello_message hello;
    if (arena == NULL || buffer->envelope.body.len > HELLO_BYTES_MAX ||
        fields_from_json(&HELLO_MESSAGE, buffer->envelope.body, arena, &hello) != OK ||
        !hello_is_honest(kind, &hello, buffer)) {
        malformed_note(kind);
        arena_free(arena);
        return;
    }
    struct worker *worker = worker_pool_get(&kind->workers, buffer->routing_id);
    bool is_new = worker == NULL;
    if (is_new)
        worker = worker_pool_add(&kind->workers, buffer->routing_id, kind);
    if (worker == NULL) {
        log_warning("worker.refused", LOG_CSTR("kind", worker_kind_name(kind->which)),
                    LOG_STR("worker", hello.instance), LOG_I64("workers_max", WORKERS_MAX));
        arena_free(arena);
        return;
    }
    arena_free(worker->arena);
    worker->arena = arena;
    worker->hello = hello;
    worker->heard_ms = clock_monotonic_ms();
    link_edge_metrics.arrivals[kind->which] += is_new;
    if (is_new)
        log_information("worker.new", LOG_CSTR("kind", worker_kind_name(kind->which)),
                        LOG_STR("worker", hello.instance), LOG_STR("release", hello.release));
    worker_welcome(worker);
}

static void on_ready(struct kind *kind, struct worker *worker, struct str body)
{
    struct arena *arena = arena_new(4 * 1024);
    struct ready_message ready;
    if (arena == NULL || body.len > READY_BYTES_MAX ||
        fields_from_json(&READY_MESSAGE, body, arena, &ready) != OK || ready.every_ms == 0) {
        malformed_note(kind);
        arena_free(arena);
        return;
    }
    worker->credit = ready.credit;
    worker->every_ms = ready.every_ms < EVERY_MS_MIN   ? EVERY_MS_MIN
                       : ready.every_ms > EVERY_MS_MAX ? EVERY_MS_MAX
                                                       : ready.every_ms;
    if (!str_equals(ready.keys_version, worker->hello.keys_version) &&
        !(str_is_empty(ready.keys_version) && str_is_empty(worker->hello.keys_version)))
        tell(kind, worker_routing_id(worker), MESSAGE_WHO, STR("{}"));
    arena_free(arena);
    kind_dispatch(kind);
}

/* Draining ends with BYE, when nothing of ours is in flight there any more. */
static void draining_check(struct worker *worker)
{
    if (!worker->is_draining || worker->in_flight.len > 0)
        return;
    tell(kind_of(worker), worker_routing_id(worker), MESSAGE_BYE, STR("{}"));
    worker_remove(worker, DEPARTURE_DRAINED);
}

static void on_reply(struct kind *kind, struct worker *worker, const struct envelope *envelope)
{
    struct link_call *call = call_table_get(kind->link->calls, envelope->request_id);
    if (call == NULL || call->worker != worker)
        return; /* late: its call was cancelled, or repeated elsewhere */
    call->retry_after_s = (envelope->time_ms + INT64_C(999)) / 1000;
    traceparent_continue(envelope->traceparent, str_from_cstr(call->traceparent), call->continued);
    kind_end_call(call, failure_from_name(envelope->subject), envelope->body);
    draining_check(worker);
    kind_dispatch(kind);
}

static void message_handle(struct kind *kind, const struct envelope_buffer *buffer)
{
    const struct envelope *envelope = &buffer->envelope;
    struct worker *worker = worker_pool_get(&kind->workers, buffer->routing_id);
    if (worker != NULL)
        worker->heard_ms = clock_monotonic_ms();
    switch (envelope->type) {
    case MESSAGE_HELLO:
        if (!kind->link->has_said_bye)
            on_hello(kind, buffer);
        break;
    case MESSAGE_READY:
        if (worker != NULL)
            on_ready(kind, worker, envelope->body);
        else if (!kind->link->has_said_bye)
            tell(kind, buffer->routing_id, MESSAGE_WHO, STR("{}"));
        break;
    case MESSAGE_REPLY:
        if (worker != NULL)
            on_reply(kind, worker, envelope);
        break;
    case MESSAGE_DRAINING:
        if (worker == NULL) {
            tell(kind, buffer->routing_id, MESSAGE_BYE, STR("{}"));
            break;
        }
        worker->is_draining = true;
        draining_check(worker);
        break;
    default: /* what only an edge may send */
        malformed_note(kind);
    }
}

void kind_receive(struct kind *kind)
{
    if (!kind->listener.is_stirred)
        return;
    for (int i = 0; i < RECEIVE_MAX_PER_TURN; i++) {
        struct envelope_buffer buffer;
        switch (envelope_receive(kind->listener.socket, true, &buffer)) {
        case ENVELOPE_RECEIVED:
            message_handle(kind, &buffer);
            envelope_buffer_finish(&buffer);
            break;
        case ENVELOPE_MALFORMED:
            malformed_note(kind);
            break;
        case ENVELOPE_NONE:
            kind->listener.is_stirred = false;
            return;
        }
    }
    loop_again(kind->link->loop);
}

bool kind_takes_departures(struct kind *kind)
{
    if (!listener_takes_departures(&kind->listener))
        return false;
    kind->probe_until_ms = clock_monotonic_ms() + PROBE_FOR_MS;
    return true;
}

/* ---- the tick */

/* Neighbours in the queue mostly want the same operation: one look at the workers serves them. */
static void queue_expire(struct kind *kind, int64_t now_ms)
{
    const char *announced = "";
    bool is_served = false;
    for (struct link_call *call = kind->queue.first, *next; call != NULL; call = next) {
        next = call->next;
        if (strcmp(announced, call->announced) != 0)
            is_served = worker_pool_serves(&kind->workers, call);
        announced = call->announced;
        if (is_served)
            call->patience_ms = now_ms + KIND_PATIENCE_MS;
        if (call->deadline_ms <= now_ms)
            kind_end_call(call, FAIL_BUDGET_SPENT, STR_ABSENT);
        else if (call->patience_ms <= now_ms)
            kind_end_call(call, FAIL_WORKER_UNAVAILABLE, STR_ABSENT);
    }
}

static void in_flight_expire(struct kind *kind, int64_t now_ms)
{
    for (struct worker *worker = kind->workers.first; worker != NULL; worker = worker->next)
        for (struct link_call *call = worker->in_flight.first, *next; call != NULL; call = next) {
            next = call->next;
            if (call->deadline_ms <= now_ms)
                kind_end_call(call, FAIL_BUDGET_SPENT, STR_ABSENT);
        }
}

/* Silence counts only while the edge itself was awake to hear. */
static void silent_remove(struct kind *kind, const struct kind_tick *tick)
{
    for (struct worker *worker = kind->workers.first, *next; worker != NULL; worker = next) {
        next = worker->next;
        int64_t heard_ms = worker->heard_ms + tick->stalled_ms;
        worker->heard_ms = heard_ms < tick->now_ms ? heard_ms : tick->now_ms;
        if (tick->now_ms - worker->heard_ms > SILENCE_READYS * worker->every_ms)
            worker_remove(worker, DEPARTURE_SILENT);
        else
            draining_check(worker);
    }
}

bool kind_tick(struct kind *kind, const struct kind_tick *tick)
{
    bool is_probing = kind->probe_until_ms > tick->now_ms;
    kind_receive(kind); /* what has arrived while the edge slept is no silence */
    queue_expire(kind, tick->now_ms);
    in_flight_expire(kind, tick->now_ms);
    silent_remove(kind, tick);
    if (tick->beats || is_probing)
        kind_tell(kind, MESSAGE_PROBE);
    kind_dispatch(kind);
    return is_probing;
}

/* How many workers have named keys. */
static size_t living_keys_add(struct kind *kind, int64_t now_ms, bool *has_changed)
{
    size_t len = 0;
    for (struct worker *worker = kind->workers.first; worker != NULL; worker = worker->next) {
        if (!str_is_present(worker->hello.keys))
            continue;
        *has_changed |= key_union_add(kind->link->keys, worker->hello.keys, now_ms);
        len++;
    }
    return len;
}

void kind_renew_keys(struct kind *kind)
{
    struct link_edge *link = kind->link;
    int64_t now_ms = clock_monotonic_ms();
    bool has_changed = false;
    living_keys_add(kind, now_ms, &has_changed);
    has_changed |= key_union_drop_old(link->keys, now_ms);
    keys_tell(link, has_changed);
}

void kind_forget_keys(struct kind *kind)
{
    struct link_edge *link = kind->link;
    int64_t now_ms = clock_monotonic_ms();
    bool has_changed = false;
    /* The departed may have been named in this same millisecond. */
    if (living_keys_add(kind, now_ms + 1, &has_changed) > 0)
        has_changed |= key_union_drop_unnamed(link->keys, now_ms + 1);
    keys_tell(link, has_changed);
}

/* ---- opening and closing */

bool kind_open(struct kind *kind, const struct link_edge_options *options)
{
    struct link_edge *link = kind->link;
    return listener_open(&kind->listener, link->loop, link->zmq, options->listen[kind->which],
                         worker_kind_name(kind->which), options->secret_key);
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

void kind_close(struct kind *kind)
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
