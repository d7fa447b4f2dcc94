#include "proto/request_list.h"
#include "common/base/clock.h"
#include "common/base/hex.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/traceparent.h"

#include <string.h>

enum { REPLY_HELD_US_MAX = 2000 };

static void request_free(struct request_list *list, struct request *request)
{
    if (request->previous != NULL)
        request->previous->next = request->next;
    else
        list->first = request->next;
    if (request->next != NULL)
        request->next->previous = request->previous;
    request->connection->in_flight--;
    list->in_flight--;
    if (request->is_parked) {
        request->connection->parked--;
        list->parked--;
    }
    arena_free(request->link_request.arena); /* the request itself lies in it */
}

struct request *request_new(struct request_list *list, struct connection *connection,
                            const struct envelope *envelope)
{
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    struct request *request = arena != NULL ? arena_take(arena, sizeof(*request)) : NULL;
    if (request == NULL) {
        arena_free(arena);
        return NULL;
    }
    memcpy(request->id, envelope->request_id, REQUEST_ID_BYTES);
    request->connection = connection;
    request->link_request = (struct link_request){
        .operation = ARENA_JOIN(arena, envelope->subject, STR("/"),
                                arena_decimal(arena, envelope->operation_version)),
        .request_id = hex_encode(arena, str_from_bytes(envelope->request_id, REQUEST_ID_BYTES)),
        .traceparent = arena_dup(arena, envelope->traceparent),
        .body = arena_dup(arena, envelope->body),
        .deadline_ms = clock_monotonic_ms() + envelope->time_ms,
        .arena = arena,
    };
    if (!str_is_present(request->link_request.operation) ||
        !str_is_present(request->link_request.request_id) ||
        !str_is_present(request->link_request.body)) {
        arena_free(arena); /* half a request would be another one */
        return NULL;
    }
    request->next = list->first;
    if (list->first != NULL)
        list->first->previous = request;
    list->first = request;
    connection->in_flight++;
    list->in_flight++;
    return request;
}

static uint32_t retry_after_ms(int64_t retry_after_s)
{
    return retry_after_s > UINT32_MAX / 1000 ? UINT32_MAX : (uint32_t)(retry_after_s * 1000);
}

static void reply_send(struct request_list *list, struct request *request)
{
    struct envelope envelope = {
        .type = MESSAGE_REPLY,
        .subject = str_from_cstr(failure_row(request->failure)->name),
        .traceparent = request->link_request.continued,
        .body = str_is_present(request->reply) ? request->reply : STR("{}"),
        .time_ms = retry_after_ms(request->link_request.retry_after_s),
    };
    memcpy(envelope.request_id, request->id, REQUEST_ID_BYTES);
    /* An edge that is gone has nobody waiting. */
    dealer_send_envelope(&request->connection->dealer, &envelope);
    request_free(list, request);
}

void request_list_flush(struct request_list *list)
{
    while (list->answered != NULL) {
        struct request *request = list->answered;
        list->answered = request->next_answered;
        reply_send(list, request);
    }
}

void request_answer(struct request_list *list, struct request *request, enum failure failure,
                    struct str body)
{
    const struct link_request *asked = &request->link_request;
    int64_t now_us = clock_monotonic_us();
    if (body.len > MESSAGE_BYTES_MAX) { /* a frame that would cost the connection */
        log_error("reply.too_long", LOG_STR("request_id", asked->request_id),
                  LOG_TRACE(asked->traceparent), LOG_STR("operation", asked->operation),
                  LOG_I64("bytes", body.len));
        failure = FAIL_SERVER_ERROR;
        body = STR_ABSENT;
    }
    struct str kept = arena_dup(asked->arena, body);
    bool is_kept = str_is_present(kept) || !str_is_present(body);
    request->failure = failure;
    request->reply = is_kept ? kept : body;
    if (list->answered == NULL) {
        list->answered = request;
        list->answered_us = now_us;
    } else
        list->answered_last->next_answered = request;
    list->answered_last = request;
    if (!is_kept || now_us - list->answered_us >= REPLY_HELD_US_MAX)
        request_list_flush(list);
}

void request_list_finish(struct request_list *list)
{
    while (list->first != NULL)
        request_free(list, list->first);
    list->answered = NULL;
}
