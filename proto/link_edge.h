/* The edge's end of the link: one ROUTER per worker kind, least-loaded dispatch, a bounded queue,
 * and repetition when a worker dies (proto/README.md).
 *
 *     struct link_edge *link = link_edge_new(loop, &options);
 *     struct link_call *call = link_edge_call(link, &request, on_reply, context);
 *     link_call_cancel(call);                      when the HTTP client has gone
 *     link_edge_free(link);
 *
 * on_reply is called exactly once for each call that was not cancelled, never inside
 * link_edge_call; the reply's texts are borrowed until it returns. */
#ifndef PROTO_LINK_EDGE_H
#define PROTO_LINK_EDGE_H

#include "common/base/failure.h"
#include "common/process/loop.h"

enum worker_kind { WORKER_REGISTRY, WORKER_BROKER, WORKER_SIGNER, WORKER_KINDS };

const char *worker_kind_name(enum worker_kind kind);
bool worker_kind_from_name(struct str name, enum worker_kind *ret_kind);

struct link_edge;
struct link_call;

struct link_edge_options {
    struct str listen[WORKER_KINDS]; /* ZeroMQ endpoints to bind */
    struct str secret_key;           /* CURVE, Z85, or absent */
    struct str allowed_keys;         /* text of the allow-list: "<kind> <Z85 public key>" lines */
    /* The union of all signers' public keys changed: a JWK set, JSON. A key stays while a signer
     * that names it lives, and then for as long as what it signed. */
    void (*on_keys)(void *context, struct str keys);
    void *context;
};

struct link_edge_request {
    enum worker_kind kind;
    struct str operation;         /* "exchange" */
    unsigned version;             /* 1 */
    unsigned char request_id[16]; /* unique among the calls in flight */
    struct str traceparent;
    struct str body; /* JSON */
    int64_t budget_ms;
};

typedef void link_reply_cb(void *context, enum failure failure, struct str body);

/* NULL, with one log line that says what to change, for an endpoint or key that cannot be used. */
struct link_edge *link_edge_new(struct loop *loop, const struct link_edge_options *options);
void link_edge_free(struct link_edge *link); /* accepts NULL; calls in flight are cancelled */

/* Always gives a call; full queues and missing workers are told by on_reply: FAIL_OVERLOADED,
 * FAIL_WORKER_UNAVAILABLE, FAIL_BUDGET_SPENT, FAIL_REQUEST_POISON, FAIL_BODY_TOO_LARGE (more than
 * MESSAGE_BYTES_MAX); FAIL_SERVER_ERROR for a request_id in flight. NULL only without memory. */
struct link_call *link_edge_call(struct link_edge *link, const struct link_edge_request *request,
                                 link_reply_cb *on_reply, void *context);
/* In on_reply: the seconds after which a repetition may succeed, as the worker said; 0: not told.
 */
int64_t link_call_retry_after_s(const struct link_call *call);
/* In on_reply: the traceparent of the earlier trace that the worker went on with, empty without
 * one. Borrowed until on_reply returns. */
struct str link_call_continued(const struct link_call *call);
void link_call_cancel(struct link_call *call); /* not after on_reply */

/* The allow-list has changed. False, and the old one stays, for a broken list; true without CURVE.
 */
bool link_edge_allow(struct link_edge *link, struct str allowed_keys) MUST_CHECK;
/* Publishes no key any more that no living signer names: one has leaked. While no signer lives,
 * nothing is forgotten. */
void link_edge_forget_keys(struct link_edge *link);

/* Says BYE to every worker, and takes no new one. No call may follow. */
void link_edge_say_bye(struct link_edge *link);

/* For readiness, metrics and tests. */
size_t link_edge_workers(const struct link_edge *link,
                         enum worker_kind kind); /* alive, with or without credit */
size_t link_edge_workers_ready(
    const struct link_edge *link,
    enum worker_kind kind); /* that give credit or have requests of ours in flight */
size_t link_edge_queued(const struct link_edge *link, enum worker_kind kind);
size_t link_edge_in_flight(const struct link_edge *link, enum worker_kind kind);
size_t link_edge_malformed(const struct link_edge *link); /* messages dropped so far */

#endif
