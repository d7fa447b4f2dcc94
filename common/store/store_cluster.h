/* A Redis Cluster: one connection to each of its masters, and which of them has which slot.
 *
 *     cluster = store_cluster_open(loop, &options);
 *     struct store_node *node = store_cluster_node(cluster, slot);            NULL: nobody has it
 *     node = store_cluster_redirect(cluster, &redirection);                   MOVED or ASK
 *     store_cluster_flush(cluster);                                           at each turn's end
 *     store_cluster_close(cluster);
 *
 * The map is asked for at the start, whenever a command is told that it was wrong, and for as long
 * as a master is lost, every second; a MOVED corrects it at once. Private to the store. */
#ifndef COMMON_STORE_STORE_CLUSTER_H
#define COMMON_STORE_STORE_CLUSTER_H

#include "common/store/store_node.h"
#include "common/store/store_slot.h"

struct store_cluster;

struct store_cluster_options {
    const struct store_url *url;                 /* borrowed while it lives */
    const struct store_credentials *credentials; /* the same */
    void (*on_reply)(void *context, struct store_node *node, void *command,
                     const struct redisReply *reply);
    void (*on_change)(void *context); /* of what store_cluster_is_ready says, perhaps */
    void *context;
};

/* NULL when memory is gone. */
struct store_cluster *store_cluster_open(struct loop *loop,
                                         const struct store_cluster_options *options);
void store_cluster_close(struct store_cluster *cluster); /* accepts NULL */

/* The map is known, every master has been tried, and one is there at least: a cluster that has lost
 * one master goes on for all other slots. */
bool store_cluster_is_ready(const struct store_cluster *cluster);

/* Why the map or a node was not there, the last time. Borrowed until the loop turns. */
const char *store_cluster_reason(const struct store_cluster *cluster);

/* Those of the map, in an order that stands until it changes. NULL beyond their number. */
size_t store_cluster_masters(const struct store_cluster *cluster);
struct store_node *store_cluster_master(const struct store_cluster *cluster, size_t index);

size_t store_cluster_pending(const struct store_cluster *cluster); /* at all nodes */

/* May be a node that is not ready. NULL when nobody has the slot: then the map is asked for. */
struct store_node *store_cluster_node(struct store_cluster *cluster, unsigned slot);
/* NULL when there are too many nodes. */
struct store_node *store_cluster_redirect(struct store_cluster *cluster,
                                          const struct store_redirection *redirection);
/* The map may be wrong: it is asked for soon, at most ten times a second. */
void store_cluster_refresh(struct store_cluster *cluster);
/* Also closes nodes that are no longer needed. */
void store_cluster_flush(struct store_cluster *cluster);
void store_cluster_check_silence(struct store_cluster *cluster);

#endif
