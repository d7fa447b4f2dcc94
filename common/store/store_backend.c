/* With Sentinel there is one node too, which asks before each attempt where it is. */
#include "common/store/store_backend.h"

#include <stdlib.h>
#include <string.h>

#include "common/store/store_cluster.h"
#include "common/store/store_reply.h"

struct store_backend {
    struct loop *loop;
    struct store_url url;
    struct store_credentials credentials, sentinel_credentials; /* copies */
    struct store_backend_events events;
    struct store_sentinel *sentinel; /* or NULL */
    struct store_node *node;         /* NULL in a cluster */
    struct store_cluster *cluster;   /* NULL elsewhere */
};

static struct str text_copy(struct str text)
{
    return str_from_cstr(str_is_present(text) ? strndup(text.at, text.len) : NULL);
}

static void text_free(struct str text)
{
    char *at = (char *)(uintptr_t)text.at; /* ours, from text_copy */
    if (at != NULL)
        explicit_bzero(at, text.len);
    free(at);
}

static void on_node_change(void *context, struct store_node *node)
{
    (void)node;
    const struct store_backend *backend = context;
    backend->events.on_change(backend->events.context);
}

static void on_node_reply(void *context, struct store_node *node, void *command,
                          const struct redisReply *reply)
{
    const struct store_backend *backend = context;
    backend->events.on_reply(backend->events.context, node, command, reply);
}

static bool cluster_open(struct store_backend *backend)
{
    const struct store_cluster_options options = {
        .url = &backend->url,
        .credentials = &backend->credentials,
        .on_reply = backend->events.on_reply,
        .on_change = backend->events.on_change,
        .context = backend->events.context,
    };
    backend->cluster = store_cluster_open(backend->loop, &options);
    return backend->cluster != NULL;
}

static bool node_open(struct store_backend *backend)
{
    struct store_node_options options = {
        .credentials = &backend->credentials,
        .on_reply = on_node_reply,
        .on_change = on_node_change,
        .context = backend,
    };
    if (backend->url.kind == STORE_URL_SENTINEL) {
        backend->sentinel =
            store_sentinel_new(backend->loop, &backend->url, &backend->sentinel_credentials);
        options.sentinel = backend->sentinel;
        if (backend->sentinel == NULL)
            return false;
    } else {
        options.address = backend->url.at[0];
    }
    backend->node = store_node_open(backend->loop, &options);
    return backend->node != NULL;
}

struct store_backend *store_backend_open(struct loop *loop, const struct store_url *url,
                                         const struct store_options *options,
                                         const struct store_backend_events *events)
{
    struct store_backend *backend = calloc(1, sizeof(*backend));
    if (backend == NULL)
        return NULL;
    backend->loop = loop;
    backend->url = *url;
    backend->events = *events;
    backend->credentials =
        (struct store_credentials){text_copy(options->user), text_copy(options->password)};
    backend->sentinel_credentials = (struct store_credentials){
        text_copy(options->sentinel_user), text_copy(options->sentinel_password)};
    if (!(url->kind == STORE_URL_CLUSTER ? cluster_open(backend) : node_open(backend))) {
        store_backend_close(backend);
        return NULL;
    }
    return backend;
}

void store_backend_close(struct store_backend *backend)
{
    if (backend == NULL)
        return;
    store_sentinel_free(backend->sentinel);
    store_node_close(backend->node);
    store_cluster_close(backend->cluster);
    text_free(backend->credentials.user);
    text_free(backend->credentials.password);
    text_free(backend->sentinel_credentials.user);
    text_free(backend->sentinel_credentials.password);
    free(backend);
}

bool store_backend_is_ready(const struct store_backend *backend)
{
    return backend->cluster != NULL ? store_cluster_is_ready(backend->cluster)
                                    : store_node_is_ready(backend->node);
}

const char *store_backend_reason(const struct store_backend *backend)
{
    return backend->cluster != NULL ? store_cluster_reason(backend->cluster)
                                    : store_node_reason(backend->node);
}

bool store_backend_is_cluster(const struct store_backend *backend)
{
    return backend->cluster != NULL;
}

unsigned store_backend_slot(const struct store_backend *backend, struct str key)
{
    return backend->cluster != NULL ? store_slot_of_key(key) : 0;
}

struct store_node *store_backend_node(struct store_backend *backend, unsigned slot)
{
    return backend->cluster != NULL ? store_cluster_node(backend->cluster, slot) : backend->node;
}

size_t store_backend_masters(const struct store_backend *backend)
{
    return backend->cluster != NULL ? store_cluster_masters(backend->cluster) : 1;
}

struct store_node *store_backend_master(const struct store_backend *backend, size_t index)
{
    if (backend->cluster != NULL)
        return store_cluster_master(backend->cluster, index);
    return index == 0 ? backend->node : NULL;
}

const struct store_credentials *store_backend_credentials(const struct store_backend *backend)
{
    return &backend->credentials;
}

size_t store_backend_pending(const struct store_backend *backend)
{
    return backend->cluster != NULL ? store_cluster_pending(backend->cluster)
                                    : store_node_pending(backend->node);
}

struct store_node *store_backend_redirect(struct store_backend *backend,
                                          const struct store_node *from, struct str refusal,
                                          bool *ret_is_asking)
{
    struct store_redirection redirection;
    if (backend->cluster == NULL)
        return NULL;
    if (store_refusal_is(refusal, "CLUSTERDOWN"))
        store_cluster_refresh(backend->cluster);
    if (!store_redirection_parse(refusal, store_node_address(from), &redirection))
        return NULL;
    struct store_node *node = store_cluster_redirect(backend->cluster, &redirection);
    if (node != NULL)
        *ret_is_asking = redirection.is_ask;
    return node;
}

void store_backend_flush(struct store_backend *backend)
{
    if (backend->cluster != NULL)
        store_cluster_flush(backend->cluster);
    else
        store_node_flush(backend->node);
}

void store_backend_check_silence(struct store_backend *backend)
{
    if (backend->cluster != NULL)
        store_cluster_check_silence(backend->cluster);
    else
        store_node_check_silence(backend->node);
}
