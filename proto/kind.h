/* One kind of worker behind an edge: its ROUTER, who has announced itself there, and the calls that
 * wait. Private to the edge's end of the link: link_edge.c owns three of them and the loop's turn.
 *
 *     if (!kind_open(kind, options)) ...
 *     kind_receive(kind); kind_dispatch(kind);          every turn
 *     kind_tick(kind, &tick);                           every 50 ms
 *     kind_close(kind);
 *
 * A call is always in exactly one place: its kind's queue, a worker's list, or the list of those
 * that have ended and wait to be told. */
#ifndef PROTO_KIND_H
#define PROTO_KIND_H

#include "proto/call.h"
#include "proto/key_union.h"
#include "proto/listener.h"
#include "proto/worker_pool.h"

struct kind {
    struct link_edge *link;
    enum worker_kind which;
    struct listener listener;
    struct worker_pool workers;
    struct call_list queue;
    int64_t probe_until_ms; /* somebody left, and nobody knows yet who */
};

struct link_edge {
    struct loop *loop;
    void *zmq;
    struct zap *zap;
    bool is_curve;
    bool has_said_bye;
    char id[2 * REQUEST_ID_BYTES + 1];
    struct kind kinds[WORKER_KINDS];
    struct call_table *calls;
    struct call_list ended;
    struct key_union *keys;
    struct loop_turn *turn;
    struct loop_timer *timer;
    int64_t ticked_ms, beat_ms, keys_renewed_ms, malformed_logged_ms;
    size_t malformed;
    void (*on_keys)(void *context, struct str keys);
    void *context;
};

struct kind_tick {
    int64_t now_ms;
    int64_t stalled_ms; /* for so long the edge itself slept: nobody else's fault */
    bool beats;         /* workers hear an idle edge */
};

enum { KIND_PATIENCE_MS = 2000 }; /* with no worker that could take the request */

bool kind_open(struct kind *kind, const struct link_edge_options *options);
void kind_close(struct kind *kind); /* its calls are cancelled */

/* Reads what has arrived. Cheap when nothing has, and nothing was sent since. */
void kind_receive(struct kind *kind);
/* Sends what waits to whoever has credit. */
void kind_dispatch(struct kind *kind);
/* True when somebody left: tick soon. */
bool kind_takes_departures(struct kind *kind);
/* Ends what is late, removes who is silent or gone. True while it should be called every few
 * milliseconds. */
bool kind_tick(struct kind *kind, const struct kind_tick *tick);
/* To every worker; those that cannot be reached are removed. */
void kind_tell(struct kind *kind, enum message_type type);

/* Moves the call to those that have ended. body is copied. */
void kind_end_call(struct link_call *call, enum failure failure, struct str body);
/* The keys of every living signer count as named now; drops those of the long gone. */
void kind_renew_keys(struct kind *kind);
/* Drops every key that no living signer names, unless none lives. */
void kind_forget_keys(struct kind *kind);

#endif
