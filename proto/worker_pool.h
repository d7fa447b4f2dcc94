/* The workers of one kind as an edge knows them: plain data, and the choice of one for a call.
 *
 *     struct worker *worker = worker_pool_add(&pool, routing_id, owner);
 *     worker = worker_pool_choose(&pool, call);       the least loaded that may take it now
 *     worker_pool_take(&pool, worker);
 *     worker_free(worker);
 *
 * No ZeroMQ here; link_edge.c speaks for them. */
#ifndef PROTO_WORKER_POOL_H
#define PROTO_WORKER_POOL_H

#include "proto/call.h"
#include "proto/control.h"

enum { ROUTING_ID_BYTES_MAX = 255, WORKER_FIRST_READY_MS = 200 };

struct worker {
    struct worker *next;
    void *owner; /* of the pool */
    char routing_id[ROUTING_ID_BYTES_MAX];
    size_t routing_id_len;
    struct arena *arena; /* of the hello */
    struct hello_message hello;
    int64_t credit;   /* how many of our requests it takes at once */
    int64_t every_ms; /* between two READYs */
    int64_t heard_ms;
    bool is_draining;
    bool is_reserved; /* for a suspect that waits until nothing is in flight here */
    uint64_t chosen;  /* when, in choices of the pool */
    struct call_list in_flight;
};

struct worker_pool {
    struct worker *first;
    size_t len;
    uint64_t choices;
};

/* NULL without memory, beyond WORKERS_MAX, or for an impossible routing id. */
struct worker *worker_pool_add(struct worker_pool *pool, struct str routing_id, void *owner);
struct worker *worker_pool_get(const struct worker_pool *pool, struct str routing_id); /* or NULL */
void worker_pool_take(struct worker_pool *pool, struct worker *worker);
void worker_free(struct worker *worker); /* taken out of its pool, without calls in flight */
struct str worker_routing_id(const struct worker *worker);

/* The one with the fewest requests in flight, among equals the one that waited longest. NULL when
 * nobody who announced the operation has credit left. A suspect is alone where it is in flight, so
 * that its worker's death says whose fault it was: it waits for one that is then reserved. */
struct worker *worker_pool_choose(struct worker_pool *pool, const struct link_call *call);
/* Takes all reservations back: whoever still waits for one makes it again. */
void worker_pool_release(struct worker_pool *pool);
/* Somebody has credit left, for whatever operation. */
bool worker_pool_has_room(const struct worker_pool *pool);
/* Somebody could take the call, now or after some answers. */
bool worker_pool_serves(const struct worker_pool *pool, const struct link_call *call);

#endif
