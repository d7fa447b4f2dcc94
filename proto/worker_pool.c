#include "proto/worker_pool.h"
#include "common/base/limits.h"

#include <stdlib.h>
#include <string.h>

struct worker *worker_pool_add(struct worker_pool *pool, struct str routing_id, void *owner)
{
    bool is_possible = pool->len < WORKERS_MAX && routing_id.len <= ROUTING_ID_BYTES_MAX;
    struct worker *worker = is_possible ? calloc(1, sizeof(*worker)) : NULL;
    if (worker == NULL)
        return NULL;
    worker->owner = owner;
    worker->every_ms = WORKER_FIRST_READY_MS;
    memcpy(worker->routing_id, routing_id.at, routing_id.len);
    worker->routing_id_len = routing_id.len;
    worker->next = pool->first;
    pool->first = worker;
    pool->len++;
    return worker;
}

struct worker *worker_pool_get(const struct worker_pool *pool, struct str routing_id)
{
    struct worker *worker = pool->first;
    while (worker != NULL && !str_equals(worker_routing_id(worker), routing_id))
        worker = worker->next;
    return worker;
}

void worker_pool_take(struct worker_pool *pool, struct worker *worker)
{
    struct worker **at = &pool->first;
    while (*at != worker)
        at = &(*at)->next;
    *at = worker->next;
    pool->len--;
}

void worker_free(struct worker *worker)
{
    arena_free(worker->arena);
    free(worker);
}

struct str worker_routing_id(const struct worker *worker)
{
    return str_from_bytes(worker->routing_id, worker->routing_id_len);
}

static bool announces(const struct worker *worker, const struct link_call *call)
{
    return strs_contain(worker->hello.operations, str_from_cstr(call->announced));
}

static bool serves(const struct worker *worker, const struct link_call *call)
{
    return !worker->is_draining && worker->credit > 0 && announces(worker, call);
}

static bool has_suspect(const struct worker *worker)
{
    return worker->in_flight.first != NULL && call_is_suspect(worker->in_flight.first);
}

static bool has_room(const struct worker *worker)
{
    return !worker->is_draining && !worker->is_reserved && !has_suspect(worker) &&
           (int64_t)worker->in_flight.len < worker->credit;
}

/* It may be full: a suspect waits until it is empty. */
static bool can_be_reserved(const struct worker *worker)
{
    return !worker->is_draining && !worker->is_reserved && !has_suspect(worker) &&
           worker->credit > 0;
}

static bool is_better(const struct worker *worker, const struct worker *best)
{
    if (worker->in_flight.len != best->in_flight.len)
        return worker->in_flight.len < best->in_flight.len;
    return worker->chosen < best->chosen;
}

struct worker *worker_pool_choose(struct worker_pool *pool, const struct link_call *call)
{
    bool is_suspect = call_is_suspect(call);
    struct worker *best = NULL;
    for (struct worker *worker = pool->first; worker != NULL; worker = worker->next)
        if ((is_suspect ? can_be_reserved(worker) : has_room(worker)) &&
            (best == NULL || is_better(worker, best)) && announces(worker, call))
            best = worker;
    if (best == NULL)
        return NULL;
    if (is_suspect && best->in_flight.len > 0) {
        best->is_reserved = true;
        return NULL;
    }
    best->chosen = ++pool->choices;
    return best;
}

void worker_pool_release(struct worker_pool *pool)
{
    for (struct worker *worker = pool->first; worker != NULL; worker = worker->next)
        worker->is_reserved = false;
}

bool worker_pool_has_room(const struct worker_pool *pool)
{
    const struct worker *worker = pool->first;
    while (worker != NULL && !has_room(worker))
        worker = worker->next;
    return worker != NULL;
}

bool worker_pool_serves(const struct worker_pool *pool, const struct link_call *call)
{
    for (const struct worker *worker = pool->first; worker != NULL; worker = worker->next)
        if (serves(worker, call))
            return true;
    return false;
}
