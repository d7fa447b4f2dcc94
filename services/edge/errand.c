/* The link answers every request exactly once and within its budget, so an errand needs no timer
 * of its own: the budget handed over is what is left of it. */
#include "services/edge/errand.h"
#include "common/base/clock.h"
#include "common/base/hex.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "common/base/traceparent.h"

#include <h2o.h>

static void errand_unlink(struct errand *errand)
{
    if (errand->previous != NULL)
        errand->previous->next = errand->next;
    else if (errand->request.edge->errands == errand)
        errand->request.edge->errands = errand->next;
    if (errand->next != NULL)
        errand->next->previous = errand->previous;
    errand->previous = errand->next = NULL;
}

/* libh2o frees the request: after the reply, or because the connection is gone. */
static void on_dispose(void *memory)
{
    struct errand *errand = memory;
    if (errand->link_call != NULL)
        link_call_cancel(errand->link_call);
    errand_unlink(errand);
    arena_free(errand->arena);
}

static void trace_begin(struct errand *errand)
{
    unsigned char span_id[SPAN_ID_BYTES];
    random_fill(span_id, sizeof(span_id));
    traceparent_make_child(request_traceparent(&errand->request), errand->request_id, span_id,
                           errand->traceparent);
}

/* The worker knows the sign-in that this request belongs to. */
static void trace_continue(struct errand *errand, struct str earlier)
{
    char text[TRACEPARENT_CHARACTERS + 1];
    if (traceparent_continue(earlier, str_from_cstr(errand->traceparent), text))
        memcpy(errand->traceparent, text, sizeof(text));
}

struct errand *errand_new(const struct request *request, int64_t budget_ms)
{
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    char *id = arena != NULL ? arena_take(arena, REQUEST_ID_CHARACTERS + 1) : NULL;
    struct str address;
    if (id == NULL || !request_read_address(request, arena, &address)) {
        arena_free(arena);
        request->route->problem(request, FAIL_OVERLOADED);
        return NULL;
    }
    struct errand *errand = h2o_mem_alloc_shared(&request->h2o->pool, sizeof(*errand), on_dispose);
    *errand = (struct errand){
        .request = *request,
        .arena = arena,
        .deadline_ms = request->started_us / 1000 + budget_ms,
        .next = request->edge->errands,
    };
    if (errand->next != NULL)
        errand->next->previous = errand;
    request->edge->errands = errand;
    random_fill(errand->request_id, sizeof(errand->request_id));
    hex_write(id, errand->request_id, sizeof(errand->request_id));
    errand->request.id = str_from_bytes(id, REQUEST_ID_CHARACTERS);
    errand->request.address = address;
    trace_begin(errand);
    return errand;
}

struct str errand_make_seed(struct errand *errand)
{
    unsigned char seed[SEED_BYTES];
    random_fill(seed, sizeof(seed));
    return hex_encode(errand->arena, str_from_bytes(seed, sizeof(seed)));
}

static void on_link_reply(void *context, enum failure failure, struct str body)
{
    struct errand *errand = context;
    const struct fields *fields = errand->question->reply;
    void *reply = NULL;
    trace_continue(errand, link_call_continued(errand->link_call));
    errand->request.retry_after_s = link_call_retry_after_s(errand->link_call);
    errand->link_call = NULL;
    if (fields != NULL) {
        reply = arena_take(errand->arena, fields->size_bytes);
        if (reply == NULL) {
            errand_fail(errand, FAIL_OVERLOADED);
            return;
        }
        /* A failure may come without members, and stays that failure. */
        enum failure decoding =
            body.len > 0 ? fields_from_json(fields, body, errand->arena, reply) : OK;
        if (failure == OK && (decoding != OK || body.len == 0))
            failure = FAIL_MESSAGE_MALFORMED;
    }
    errand->on_reply(errand, failure, reply);
}

static bool is_short_of_memory(struct errand *errand)
{
    bool is_short = arena_has_failed(errand->arena);
    if (is_short)
        errand_fail(errand, FAIL_OVERLOADED);
    return is_short;
}

void errand_ask(struct errand *errand, const struct errand_question *question, const void *message,
                errand_reply_cb *on_reply)
{
    struct str body;
    unsigned char span_id[SPAN_ID_BYTES];
    char traceparent[TRACEPARENT_CHARACTERS + 1];
    if (is_short_of_memory(errand))
        return;
    enum failure failure = fields_check_lengths(question->message, message);
    if (failure == OK)
        failure = fields_to_json(question->message, message, errand->arena, &body);
    if (failure != OK) {
        errand_fail(errand, failure == FAIL_MESSAGE_MALFORMED ? FAIL_REQUEST_MALFORMED : failure);
        return;
    }
    random_fill(span_id, sizeof(span_id));
    traceparent_make_child(str_from_cstr(errand->traceparent), errand->request_id, span_id,
                           traceparent);
    int64_t left_ms = errand->deadline_ms - clock_monotonic_ms();
    struct link_edge_request link_request = {
        .kind = question->kind,
        .operation = str_from_cstr(question->operation),
        .version = question->version,
        .traceparent = str_from_cstr(traceparent),
        .body = body,
        .budget_ms = left_ms > BUDGET_MIN_MS ? left_ms : BUDGET_MIN_MS,
    };
    memcpy(link_request.request_id, errand->request_id, sizeof(errand->request_id));
    errand->question = question;
    errand->on_reply = on_reply;
    errand->link_call =
        link_edge_call(errand->request.edge->link, &link_request, on_link_reply, errand);
    if (errand->link_call == NULL)
        errand_fail(errand, FAIL_OVERLOADED);
}

/* Logs the request, which ends with the reply that follows. Whether the client is still there shows
 * when that is written; one that only closed its sending side still reads it. */
static void errand_end(struct errand *errand, int status)
{
    log_information("request", LOG_STR("request_id", errand->request.id),
                    LOG_TRACE(str_from_cstr(errand->traceparent)),
                    LOG_STR("method", errand->request.method),
                    LOG_CSTR("route", errand->request.route->path), LOG_I64("status", status),
                    LOG_I64("duration_us", clock_monotonic_us() - errand->request.started_us));
    errand_unlink(errand);
}

void errand_reply(struct errand *errand, const struct reply *reply)
{
    if (is_short_of_memory(errand))
        return;
    errand_end(errand, reply->status);
    reply_send(&errand->request, reply);
}

void errand_reply_page(struct errand *errand, struct reply *reply, struct str html)
{
    if (is_short_of_memory(errand))
        return;
    errand_end(errand, reply->status);
    reply_send_page(&errand->request, reply, html);
}

void errand_redirect(struct errand *errand, struct reply *reply, struct str location)
{
    if (is_short_of_memory(errand))
        return;
    errand_end(errand, 302);
    reply_send_redirect(&errand->request, reply, location);
}

void errand_fail(struct errand *errand, enum failure failure)
{
    /* What was misread for want of memory is not the client's fault, nor the worker's. */
    if (arena_has_failed(errand->arena) && failure != FAIL_LIMIT_REACHED)
        failure = FAIL_OVERLOADED;
    const struct failure_row *row = failure_row(failure);
    if (row->status >= 500)
        log_warning("request.failed", LOG_STR("request_id", errand->request.id),
                    LOG_TRACE(str_from_cstr(errand->traceparent)),
                    LOG_CSTR("route", errand->request.route->path), LOG_CSTR("failure", row->name));
    errand_end(errand, row->status);
    errand->request.route->problem(&errand->request, failure);
}

void errands_fail_all(struct edge *edge)
{
    while (edge->errands != NULL) {
        struct errand *errand = edge->errands;
        if (errand->link_call != NULL)
            link_call_cancel(errand->link_call);
        errand->link_call = NULL;
        errand_fail(errand, FAIL_WORKER_UNAVAILABLE);
    }
}
