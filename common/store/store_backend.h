/* Where commands go: to one Redis, to the master that Sentinels name, or to the nodes of a cluster.
 *
 *     backend = store_backend_open(loop, &url, &options, &events);
 *     unsigned slot = store_backend_slot(backend, key);
 *     struct store_node *node = store_backend_node(backend, slot);
 *     store_backend_flush(backend);                                  at the end of each turn
 *     store_backend_close(backend);
 *
 * What differs between the three is known here, and ends here. Private to the store. */
#ifndef COMMON_STORE_STORE_BACKEND_H
#define COMMON_STORE_STORE_BACKEND_H

#include "common/store/store.h"
#include "common/store/store_node.h"

struct store_backend;

struct store_backend_events {
    void (*on_reply)(void *context, struct store_node *node, void *command,
                     const struct redisReply *reply);
    void (*on_change)(void *context); /* of what store_backend_is_ready says, perhaps */
    void *context;
};

/* For what else in this folder needs a connection there. */
struct store_backend *store_backend_of(struct store *store);

/* NULL when memory is gone. Of the options it takes, and copies, the credentials. */
struct store_backend *store_backend_open(struct loop *loop, const struct store_url *url,
                                         const struct store_options *options,
                                         const struct store_backend_events *events);
void store_backend_close(struct store_backend *backend); /* accepts NULL */

bool store_backend_is_ready(const struct store_backend *backend);
/* Why there was no connection when there was none last. Borrowed until the loop turns. */
const char *store_backend_reason(const struct store_backend *backend);
/* Then a command may be told to go elsewhere, and must be kept until it is answered. */
bool store_backend_is_cluster(const struct store_backend *backend);

unsigned store_backend_slot(const struct store_backend *backend, struct str key);
/* NULL when nobody has the slot; else perhaps one that is not ready. */
struct store_node *store_backend_node(struct store_backend *backend, unsigned slot);
/* The masters one by one, for those who look at each; an index means the same one until the map of
 * a cluster changes. NULL beyond their number. */
size_t store_backend_masters(const struct store_backend *backend);
struct store_node *store_backend_master(const struct store_backend *backend, size_t index);
/* As whom it connects; borrowed. */
const struct store_credentials *store_backend_credentials(const struct store_backend *backend);
size_t store_backend_pending(const struct store_backend *backend); /* commands without a reply */
/* Where a command goes that `from` has refused; NULL when this refusal leads nowhere.
 * *ret_is_asking is written with an answer. */
struct store_node *store_backend_redirect(struct store_backend *backend,
                                          const struct store_node *from, struct str refusal,
                                          bool *ret_is_asking);
void store_backend_flush(struct store_backend *backend);
void store_backend_check_silence(struct store_backend *backend);

#endif
