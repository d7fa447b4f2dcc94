/* One request of the edge on its way: plain data, the lists it moves between, and the table that
 * finds it by its request id.
 *
 *     struct link_call *call = call_new(link, &request, on_reply, context);
 *     call_table_add(table, call);
 *     call_list_move(call, &queue);        from wherever it was
 *     call_list_remove(call); call_table_remove(table, call); call_free(call); */
#ifndef PROTO_CALL_H
#define PROTO_CALL_H

#include "common/base/traceparent.h"
#include "proto/envelope.h"
#include "proto/link_edge.h"

struct worker;
struct kind;
struct call_table;

enum { CALL_REPEATS_MAX = 2 };

struct call_list {
    struct link_call *first, *last;
    size_t len;
};

struct link_call {
    struct link_edge *link;
    struct kind *kind;
    struct worker *worker; /* in flight there, or NULL */
    struct call_list *list;
    struct link_call *previous, *next;
    struct link_call *collision; /* of the table */
    char *announced;             /* "exchange/1" */
    char *operation;
    char *traceparent;
    char *request_body;
    size_t request_body_len;
    unsigned version;
    unsigned char request_id[REQUEST_ID_BYTES];
    int64_t deadline_ms;
    int64_t queued_us;   /* since when it waits for a worker */
    int64_t patience_ms; /* until then it waits for a worker to appear */
    int repeats;
    link_reply_cb *on_reply;
    void *context;
    enum failure failure; /* how it has ended */
    int64_t retry_after_s;
    char continued[TRACEPARENT_CHARACTERS + 1]; /* by the reply; empty: none */
    char *body;
    size_t body_len;
};

/* NULL without memory. Texts are copied. */
struct link_call *call_new(struct link_edge *link, const struct link_edge_request *request,
                           link_reply_cb *on_reply, void *context);
void call_free(struct link_call *call); /* out of list and table already */

/* Workers died of it, or beside it, so often that one more death would end it. */
bool call_is_suspect(const struct link_call *call);

void call_list_move(struct link_call *call, struct call_list *list);       /* to its end */
void call_list_move_front(struct link_call *call, struct call_list *list); /* to its head */
void call_list_remove(struct link_call *call);

struct call_table *call_table_new(void);
void call_table_free(struct call_table *table); /* accepts NULL */
void call_table_add(struct call_table *table, struct link_call *call);
void call_table_remove(struct call_table *table, struct link_call *call); /* it may be absent */
struct link_call *call_table_get(const struct call_table *table,
                                 const unsigned char request_id[REQUEST_ID_BYTES]);

#endif
