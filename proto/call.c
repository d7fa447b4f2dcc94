#include "proto/call.h"
#include "common/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096 };

struct call_table {
    struct link_call *buckets[BUCKETS];
};

/* Room is one byte more than the text: calloc has written its end. */
static void text_copy(char *room, struct str text)
{
    if (text.len > 0)
        memcpy(room, text.at, text.len);
}

/* One allocation: the texts stand behind the struct. */
struct link_call *call_new(struct link_edge *link, const struct link_edge_request *request,
                           link_reply_cb *on_reply, void *context)
{
    enum { VERSION_BYTES = 16 };
    size_t announced = request->operation.len + VERSION_BYTES;
    size_t operation = request->operation.len + 1, traceparent = request->traceparent.len + 1;
    struct link_call *call =
        calloc(1, sizeof(*call) + announced + operation + traceparent + request->body.len + 1);
    if (call == NULL)
        return NULL;
    call->link = link;
    call->announced = (char *)(call + 1);
    call->operation = call->announced + announced;
    call->traceparent = call->operation + operation;
    call->request_body = call->traceparent + traceparent;
    snprintf(call->announced, announced, "%.*s/%u", STR_ARGS(request->operation), request->version);
    text_copy(call->operation, request->operation);
    text_copy(call->traceparent, request->traceparent);
    text_copy(call->request_body, request->body);
    call->request_body_len = request->body.len;
    call->version = request->version;
    memcpy(call->request_id, request->request_id, REQUEST_ID_BYTES);
    call->queued_us = clock_monotonic_us();
    call->deadline_ms = call->queued_us / 1000 + request->budget_ms;
    call->on_reply = on_reply;
    call->context = context;
    return call;
}

void call_free(struct link_call *call)
{
    /* Both bodies may carry secrets. */
    explicit_bzero(call->request_body, call->request_body_len);
    if (call->body != NULL)
        explicit_bzero(call->body, call->body_len);
    free(call->body);
    free(call);
}

bool call_is_suspect(const struct link_call *call)
{
    return call->repeats == CALL_REPEATS_MAX;
}

void call_list_remove(struct link_call *call)
{
    struct call_list *list = call->list;
    if (list == NULL)
        return;
    if (call->previous != NULL)
        call->previous->next = call->next;
    else
        list->first = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
    else
        list->last = call->previous;
    list->len--;
    call->list = NULL;
    call->previous = call->next = NULL;
}

void call_list_move(struct link_call *call, struct call_list *list)
{
    call_list_remove(call);
    call->list = list;
    call->previous = list->last;
    if (list->last != NULL)
        list->last->next = call;
    else
        list->first = call;
    list->last = call;
    list->len++;
}

void call_list_move_front(struct link_call *call, struct call_list *list)
{
    call_list_remove(call);
    call->list = list;
    call->next = list->first;
    if (list->first != NULL)
        list->first->previous = call;
    else
        list->last = call;
    list->first = call;
    list->len++;
}

struct call_table *call_table_new(void)
{
    return calloc(1, sizeof(struct call_table));
}

void call_table_free(struct call_table *table)
{
    free(table);
}

/* Request ids are random: any of their bits are a hash. */
static size_t bucket_of(const unsigned char request_id[REQUEST_ID_BYTES])
{
    return (size_t)(request_id[0] << 8 | request_id[1]) % BUCKETS;
}

void call_table_add(struct call_table *table, struct link_call *call)
{
    struct link_call **bucket = &table->buckets[bucket_of(call->request_id)];
    call->collision = *bucket;
    *bucket = call;
}

void call_table_remove(struct call_table *table, struct link_call *call)
{
    struct link_call **at = &table->buckets[bucket_of(call->request_id)];
    while (*at != NULL && *at != call)
        at = &(*at)->collision;
    if (*at == call)
        *at = call->collision;
}

struct link_call *call_table_get(const struct call_table *table,
                                 const unsigned char request_id[REQUEST_ID_BYTES])
{
    struct link_call *call = table->buckets[bucket_of(request_id)];
    while (call != NULL && memcmp(call->request_id, request_id, REQUEST_ID_BYTES) != 0)
        call = call->collision;
    return call;
}
