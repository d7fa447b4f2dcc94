/* What a Redis server says about itself: INFO, TIME, and where it is allowed CONFIG GET. For eyes
 * and `doctor`.
 *
 *     server_facts_get(store, master, on_facts, context);
 *     static void on_facts(void *context, enum failure failure, const struct server_facts *facts)
 *
 * Texts are borrowed until the callback returns. */
#ifndef COMMON_STORE_SERVER_FACTS_H
#define COMMON_STORE_SERVER_FACTS_H

#include "common/store/store.h"

enum { SERVER_FACT_BYTES_MAX = 48 };

struct server_facts {
    char version[SERVER_FACT_BYTES_MAX];          /* "7.0.15" */
    char maxmemory_policy[SERVER_FACT_BYTES_MAX]; /* "noeviction" */
    int64_t used_memory_bytes;
    int64_t maxmemory_bytes; /* 0: no limit of its own */
    bool is_aof_enabled;
    bool is_aof_good;  /* the last write to it succeeded */
    int64_t rdb_saves; /* -1: not known */
    int64_t replicas;
    int64_t evicted_keys;
    int64_t time_us;               /* since 1970, by its clock */
    int64_t asked_us, answered_us; /* by ours */
    /* by CONFIG GET, which only the operator may; empty otherwise */
    bool is_config_known;
    char notify_keyspace_events[SERVER_FACT_BYTES_MAX];
    char appendfsync[SERVER_FACT_BYTES_MAX];
};

/* facts: NULL on failure. */
typedef void server_facts_cb(void *context, enum failure failure, const struct server_facts *facts);
/* asks_config: only for a user who may, else the refusal is logged. */
void server_facts_get(struct store *store, size_t master, bool asks_config,
                      server_facts_cb *on_facts, void *context);

/* A value of INFO's text, by its name; absent when it is not there. */
struct str server_facts_find(struct str info, const char *name);

#endif
