/* One Redis server: a connection that is made, verified, and made again with backoff whenever it is
 * lost.
 *
 *     struct store_node *node = store_node_open(loop, &options);
 *     if (store_node_is_ready(node)) store_node_send(node, words, lengths, count, command);
 *     store_node_flush(node);                                   at the end of each turn
 *     store_node_close(node);
 *
 * A node is ready when it has taken the credentials, answered PING (which it refuses while it
 * loads) and says by ROLE that it is a master. Every command that was sent gets on_reply once, in
 * order, with NULL when the connection was lost. Private to the store. */
#ifndef COMMON_STORE_STORE_NODE_H
#define COMMON_STORE_STORE_NODE_H

#include "common/store/store_connection.h"
#include "common/store/store_sentinel.h"

struct redisReply;
struct store_node;

struct store_node_options {
    struct store_address address;    /* not with Sentinel */
    struct store_sentinel *sentinel; /* asked for the address before each attempt; or NULL */
    const struct store_credentials *credentials;
    void (*on_reply)(void *context, struct store_node *node, void *command,
                     const struct redisReply *reply);
    /* It has become ready, has been lost, or an attempt has failed. */
    void (*on_change)(void *context, struct store_node *node);
    void *context;
};

/* NULL when memory is gone. Never calls back before it returns. */
struct store_node *store_node_open(struct loop *loop, const struct store_node_options *options);
/* What is pending gets its on_reply first. Not inside a callback of the node. Accepts NULL. */
void store_node_close(struct store_node *node);

bool store_node_is_ready(const struct store_node *node);
/* The first attempt is still under way: it may be ready in a moment. */
bool store_node_is_new(const struct store_node *node);
const struct store_address *store_node_address(const struct store_node *node);
/* Why the last connection or attempt ended; empty when none has. Borrowed until the next one. */
const char *store_node_reason(const struct store_node *node);
size_t store_node_pending(const struct store_node *node); /* commands without their reply */

/* Only while it is ready. command: not NULL; with is_asking, ASKING goes before it. False when the
 * connection is about to end; on_reply is then not called. */
bool store_node_send(struct store_node *node, const char **words, const size_t *lengths, int count,
                     bool is_asking, void *command);
void store_node_flush(struct store_node *node);
/* Gives the connection up for a new one: it is no longer what it was. May be called inside
 * on_reply. */
void store_node_drop(struct store_node *node, const char *reason);
/* Drops a connection that has owed replies for too long: a host that vanished does not even refuse,
 * only its silence tells. */
void store_node_check_silence(struct store_node *node);

#endif
