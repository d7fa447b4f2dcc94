/* The worker's end of the link: connects to every edge, announces what it can do, and hands each
 * request to a handler (proto/README.md).
 *
 *     struct link_worker *link = link_worker_new(loop, &options);
 *     ... on_request(context, request) is called for each; then, at once or later:
 *     link_worker_reply(request, OK, body);            takes the request back
 *     link_worker_drain(link, on_drained, context);    on SIGTERM
 *     link_worker_free(link);
 *
 * A request that waits for a third party may be parked: it no longer counts as credit, so that the
 * others go on. A link_request and its arena live until link_worker_reply. A request whose deadline
 * has passed when it arrives is dropped unhandled. */
#ifndef PROTO_LINK_WORKER_H
#define PROTO_LINK_WORKER_H

#include "common/base/arena.h"
#include "common/base/failure.h"
#include "common/process/loop.h"

struct link_worker;

struct link_request {
    struct str operation;   /* one of those announced */
    struct str request_id;  /* 32 hex digits */
    struct str traceparent; /* may be empty */
    struct str continued;   /* the handler's: a traceparent to tell with the reply; absent: none */
    struct str body;        /* JSON, not yet decoded */
    int64_t deadline_ms;    /* clock_monotonic_ms */
    struct arena *arena;    /* for everything that serves this request; freed with it */
    int64_t retry_after_s;  /* the handler's: sent with the reply; 0: nothing is told */
};

typedef void link_request_cb(void *context, struct link_request *request);

struct link_worker_options {
    struct str kind; /* "signer" */
    struct str instance;
    struct strs operations; /* "exchange/1" ... */
    struct strs edges;      /* ZeroMQ endpoints; a tcp host name stands for all its addresses */
    struct str secret_key;  /* CURVE, Z85, or absent */
    struct strs edge_keys;  /* the edge's public key, Z85; several while it is rotated */
    int64_t credit;         /* in flight over all edges, usually CREDIT_TOTAL */
    link_request_cb *on_request;
    void (*on_welcome)(void *context); /* an edge has taken this worker; may be NULL */
    void *context;
};

/* NULL, with one log line that says what to change, for an endpoint or key that cannot be used.
 * Texts are copied. */
struct link_worker *link_worker_new(struct loop *loop, const struct link_worker_options *options);
void link_worker_free(struct link_worker *link); /* accepts NULL */

/* Public keys for HELLO (a JWK set, JSON) and their version for READY; texts are copied. HELLO is
 * sent anew when they change. */
void link_worker_announce_keys(struct link_worker *link, struct str keys, struct str keys_version);

/* While not ready the worker keeps its connections and gives no credit (its store is away). */
void link_worker_set_ready(struct link_worker *link, bool is_ready);

/* From here on the request only waits for a third party; the edge hears at once that it may send
 * another one. False when REQUESTS_PARKED_MAX wait already: then answer it. */
bool link_worker_park(struct link_request *request) MUST_CHECK;

/* Takes the request back. The reply leaves before the loop sleeps, together with the others of this
 * turn, and within 2 ms of the first of them. body may be absent: {}. */
void link_worker_reply(struct link_request *request, enum failure failure, struct str body);

typedef void link_drained_cb(void *context);
/* Says DRAINING to every edge; on_drained when nothing is in flight, or after 20 s. */
void link_worker_drain(struct link_worker *link, link_drained_cb *on_drained, void *context);

/* For readiness, metrics and tests. */
size_t link_worker_edges(const struct link_worker *link); /* connected and welcomed */
size_t link_worker_in_flight(const struct link_worker *link);
size_t link_worker_malformed(const struct link_worker *link); /* messages dropped so far */

#endif
