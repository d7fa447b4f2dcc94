/* REDIS_URL: which kind of Redis, and where.
 *
 *     struct store_url url;
 *     const char *problem = store_url_parse(text, &url);             NULL: it is good
 *
 *     unix:/path/to/socket                                          one Redis
 *     redis://host:port                                             one Redis
 *     redis-sentinel://host:port,host:port/NAME                     the master of this name
 *     redis-cluster://host:port,host:port                           a cluster, some of its nodes
 *
 * Private to the store. */
#ifndef COMMON_STORE_STORE_URL_H
#define COMMON_STORE_STORE_URL_H

#include "common/base/limits.h"
#include "common/store/store_address.h"

enum {
    STORE_PORT_DEFAULT = 6379,
    STORE_SENTINEL_PORT_DEFAULT = 26379,
    STORE_MASTER_BYTES_MAX = 64,
};

enum store_url_kind { STORE_URL_SINGLE, STORE_URL_SENTINEL, STORE_URL_CLUSTER };

struct store_url {
    enum store_url_kind kind;
    struct store_address at[REDIS_SEEDS_MAX]; /* one; or the Sentinels; or nodes to begin with */
    size_t len;
    char
        master[STORE_MASTER_BYTES_MAX]; /* STORE_URL_SENTINEL: the name that Sentinel knows it by */
};

/* What is wrong, in words that follow the option's name; NULL when nothing is. */
const char *store_url_parse(struct str text, struct store_url *ret_url);

#endif
