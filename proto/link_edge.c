/* Three kinds of worker, and the turn in which they are served. Replies are told in the turn hook,
 * so that on_reply never runs inside link_edge_call. */
#include "proto/link_edge.h"
#include "common/base/clock.h"
#include "common/base/hex.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "proto/kind.h"
#include "proto/link_edge_metrics.h"
#include "proto/zap.h"

#include <stdlib.h>
#include <string.h>

enum {
    TICK_MS = 50,
    TICK_PROBING_MS = 5, /* while somebody is known to have left */
    BEAT_EVERY_MS = 1000,
    STALL_MS = 250, /* between two ticks: the edge itself slept */
    KEYS_RENEW_EVERY_MS = 60000,
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

/* ---- the turn and the tick */

/* Only those that had ended before: whoever asks anew in on_reply waits for the next turn. */
static void ended_tell(struct link_edge *link)
{
    for (size_t left = link->ended.len; left > 0 && link->ended.first != NULL; left--) {
        struct link_call *call = link->ended.first;
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
        if (kind_takes_departures(&link->kinds[i]))
            loop_timer_start(link->timer, 0, 0);
        kind_receive(&link->kinds[i]);
        kind_dispatch(&link->kinds[i]);
    }
    ended_tell(link);
    /* Sending may have swallowed the event of a message that came meanwhile. */
    for (int i = 0; i < WORKER_KINDS; i++) {
        kind_receive(&link->kinds[i]);
        if (link->kinds[i].listener.is_stirred)
            loop_again(link->loop);
    }
}

static void on_tick(void *context)
{
    struct link_edge *link = context;
    struct kind_tick tick = {.now_ms = clock_monotonic_ms()};
    int64_t since_ms = tick.now_ms - link->ticked_ms;
    bool is_probing = false;
    tick.stalled_ms = since_ms > STALL_MS ? since_ms : 0;
    tick.beats = tick.now_ms - link->beat_ms >= BEAT_EVERY_MS;
    link->ticked_ms = tick.now_ms;
    if (tick.beats)
        link->beat_ms = tick.now_ms;
    for (int i = 0; i < WORKER_KINDS; i++)
        is_probing |= kind_tick(&link->kinds[i], &tick);
    if (tick.now_ms - link->keys_renewed_ms >= KEYS_RENEW_EVERY_MS) {
        link->keys_renewed_ms = tick.now_ms;
        kind_renew_keys(&link->kinds[WORKER_SIGNER]);
    }
    loop_timer_start(link->timer, is_probing ? TICK_PROBING_MS : TICK_MS, 0);
}

/* ---- opening and closing */

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
    link->keys_renewed_ms = link->ticked_ms;
    link->malformed_logged_ms = -1000;
    for (unsigned i = 0; i < WORKER_KINDS; i++)
        link->kinds[i] = (struct kind){.link = link, .which = (enum worker_kind)i};
    if (!link_start(link, options)) {
        link_edge_free(link);
        return NULL;
    }
    link_edge_metrics.link = link;
    return link;
}

void link_edge_free(struct link_edge *link)
{
    if (link == NULL)
        return;
    if (link_edge_metrics.link == link)
        link_edge_metrics.link = NULL;
    while (link->ended.first != NULL) {
        struct link_call *call = link->ended.first;
        call_list_remove(call);
        call_free(call);
    }
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

/* OK when the call may wait for a worker. */
static enum failure call_admit(const struct kind *kind, const struct link_call *call)
{
    if (call_table_get(kind->link->calls, call->request_id) != NULL)
        return FAIL_SERVER_ERROR; /* the id is in flight: a bug of ours, not to be sent twice */
    if (call->request_body_len > MESSAGE_BYTES_MAX)
        return FAIL_BODY_TOO_LARGE; /* a frame that would cost us the worker's connection */
    return kind->queue.len >= QUEUE_REQUESTS_MAX ? FAIL_OVERLOADED : OK;
}

struct link_call *link_edge_call(struct link_edge *link, const struct link_edge_request *request,
                                 link_reply_cb *on_reply, void *context)
{
    struct kind *kind = &link->kinds[request->kind];
    struct link_call *call = call_new(link, request, on_reply, context);
    if (call == NULL)
        return NULL;
    call->patience_ms = call->queued_us / 1000 + KIND_PATIENCE_MS;
    call->kind = kind;
    enum failure refusal = call_admit(kind, call);
    if (refusal != OK) {
        kind_end_call(call, refusal, STR_ABSENT);
        return call;
    }
    call_table_add(link->calls, call);
    call_list_move(call, &kind->queue);
    if (kind->queue.len == 1)
        kind_dispatch(kind);
    return call;
}

int64_t link_call_retry_after_s(const struct link_call *call)
{
    return call->retry_after_s;
}

struct str link_call_continued(const struct link_call *call)
{
    return str_from_cstr(call->continued);
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

bool link_edge_allow(struct link_edge *link, struct str allowed_keys)
{
    return link->zap == NULL || zap_allow(link->zap, allowed_keys);
}

void link_edge_forget_keys(struct link_edge *link)
{
    kind_forget_keys(&link->kinds[WORKER_SIGNER]);
}

void link_edge_say_bye(struct link_edge *link)
{
    link->has_said_bye = true;
    for (int i = 0; i < WORKER_KINDS; i++)
        kind_tell(&link->kinds[i], MESSAGE_BYE);
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

size_t link_edge_malformed(const struct link_edge *link)
{
    return link->malformed;
}
