/* A worker's connections to its edges: plain data and what can be told from it. link_worker.c
 * decides what is said on them.
 *
 *     struct connection *connection = connection_new(&place, endpoint, edge_key, resolver);
 *     connection_list_add(&list, connection);
 *     connection_close(connection);
 *     connection_list_sweep(&list);              frees what nothing waits for
 *     connection_list_finish(&list); */
#ifndef PROTO_CONNECTION_H
#define PROTO_CONNECTION_H

#include "common/base/limits.h"
#include "proto/dealer.h"

struct resolver;

/* What every connection of a worker has in common. */
struct connection_place {
    struct loop *loop;
    void *zmq;
    struct str secret_key; /* CURVE, Z85; absent: none */
    void *owner;
};

struct connection {
    const struct connection_place *place;
    struct connection *next;
    char *endpoint;
    struct str edge_key; /* who it expects there; outlives the connection */
    struct dealer dealer;
    struct resolver *resolver; /* which found it; NULL: named in the configuration */
    bool is_listed;            /* in the resolver's last answer; always, when configured */
    bool is_greeted;           /* HELLO is on its way */
    bool is_welcomed;          /* the edge knows us */
    bool is_duplicate;         /* closed, because another one leads to the same edge */
    char edge[NAME_BYTES_MAX]; /* its id, from WELCOME */
    int64_t heard_ms, greeted_ms;
    size_t in_flight; /* requests to be answered here */
    size_t parked;    /* those of them that only wait for a third party */
};

struct connection_list {
    struct connection *first;
    size_t len;
};

/* NULL when the endpoint or a key cannot be used, or without memory. */
struct connection *connection_new(const struct connection_place *place, struct str endpoint,
                                  struct str edge_key, struct resolver *resolver);
void connection_close(struct connection *connection);
bool connection_open_again(struct connection *connection);
bool connection_is_open(const struct connection *connection);
/* The peer is away: whoever comes next must be greeted. */
void connection_forget_peer(struct connection *connection);

void connection_list_add(struct connection_list *list, struct connection *connection);
/* The one that is open to this endpoint with this key, or is closed as a duplicate; or NULL. */
struct connection *connection_list_find(const struct connection_list *list, struct str endpoint,
                                        struct str edge_key);
/* Another one that this edge has welcomed, or NULL. */
const struct connection *connection_list_twin(const struct connection_list *list,
                                              const struct connection *connection);
size_t connection_list_open(const struct connection_list *list);
size_t connection_list_welcomed(const struct connection_list *list);
void connection_list_sweep(struct connection_list *list);
void connection_list_finish(struct connection_list *list);

#endif
