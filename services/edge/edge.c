/* Starts and ends the edge's parts in order: what answers needs no worker, so it listens as soon as
 * the link is bound. */
#include "services/edge/edge.h"
#include "common/base/log.h"
#include "common/oauth/uri.h"
#include "common/process/file_watch.h"
#include "services/edge/edge_metrics.h"
#include "services/edge/endpoints.h"
#include "services/edge/http_server.h"
#include "services/edge/page.h"

enum { CURVE_ALLOWED_BYTES_MAX = 256 * 1024 };

struct edge_config edge_config;

static struct edge edge;

void edge_set_issuer(struct edge *self, struct str base_url)
{
    struct uri uri = {0};
    self->issuer = base_url;
    if (!uri_split(base_url, &uri)) /* service_main has checked it */
        return;
    self->base_path = str_is_present(uri.path) ? uri.path : STR("");
    self->host = uri.host;
    self->is_https = uri_has_scheme(&uri, STR("https"));
}

static void on_keys(void *context, struct str keys)
{
    (void)context;
    keys_set(keys);
    service_readiness_changed();
}

static bool endpoint_is_one(struct str endpoint)
{
    return str_starts_with(endpoint, STR("ipc://")) || str_starts_with(endpoint, STR("tcp://"));
}

/* A broken list is reported and the old one stays. */
static bool allowed_keys_read(struct str *ret_problem)
{
    struct arena *arena = arena_new(2 * CURVE_ALLOWED_BYTES_MAX);
    struct str list;
    bool is_good = arena != NULL &&
                   file_read(edge_config.curve_allowed_keys_file, CURVE_ALLOWED_BYTES_MAX, arena,
                             &list) == OK &&
                   link_edge_allow(edge.link, list);
    arena_free(arena);
    if (!is_good)
        *ret_problem = STR("CURVE_ALLOWED_KEYS_FILE must have lines of <kind> <Z85 public key>");
    return is_good;
}

static void on_allowed_keys(void *context)
{
    struct str problem = STR_ABSENT;
    (void)context;
    if (allowed_keys_read(&problem))
        log_information("allowed_keys.read");
    else
        log_error("reload.refused", LOG_STR("problem", problem));
}

static enum failure link_open(bool is_check, struct str *ret_problem)
{
    static const char PROBLEM[] =
        "SIGNER_LISTEN, BROKER_LISTEN and REGISTRY_LISTEN must be free ZeroMQ endpoints, "
        "and CURVE_SECRET_KEY a Z85 key with CURVE_ALLOWED_KEYS_FILE beside it";
    struct str allowed_keys_file = edge_config.curve_allowed_keys_file;
    struct link_edge_options options = {
        .listen = {[WORKER_REGISTRY] = edge_config.registry_listen,
                   [WORKER_BROKER] = edge_config.broker_listen,
                   [WORKER_SIGNER] = edge_config.signer_listen},
        .secret_key = edge_config.curve_secret_key,
        .on_keys = on_keys,
    };
    if (!str_is_empty(allowed_keys_file) && file_read(allowed_keys_file, CURVE_ALLOWED_BYTES_MAX,
                                                      edge.arena, &options.allowed_keys) != OK) {
        *ret_problem = STR("CURVE_ALLOWED_KEYS_FILE cannot be read");
        return FAIL_CONFIGURATION_INVALID;
    }
    if (!str_is_empty(allowed_keys_file) && !is_check)
        edge.allowed_keys_watch =
            file_watch_new(edge.loop, allowed_keys_file, on_allowed_keys, NULL);
    /* Binding an ipc endpoint takes it from an edge that runs beside this check. */
    bool is_good = true;
    for (int i = 0; i < WORKER_KINDS; i++)
        is_good = is_good && endpoint_is_one(options.listen[i]);
    if (is_good && !is_check)
        is_good = (edge.link = link_edge_new(edge.loop, &options)) != NULL;
    if (is_good)
        return OK;
    *ret_problem = str_from_cstr(PROBLEM);
    return FAIL_CONFIGURATION_INVALID;
}

enum failure edge_start(const struct service_context *context, struct str *ret_problem)
{
    edge = (struct edge){.config = &edge_config, .loop = context->loop, .arena = context->arena};
    edge_set_issuer(&edge, context->config->base_url);
    page_init();
    if (!proxies_read(edge_config.trusted_proxies, &edge.proxies)) {
        *ret_problem =
            STR("TRUSTED_PROXIES must list at most 64 addresses or networks (10.0.0.0/8)");
        return FAIL_CONFIGURATION_INVALID;
    }
    if (!metadata_init(&edge) || !landing_init(&edge)) {
        *ret_problem = STR("there is not enough memory to start");
        return FAIL_CONFIGURATION_INVALID;
    }
    TRY(link_open(context->is_check, ret_problem));
    edge.server = http_server_new(&edge, !context->is_check, ret_problem);
    edge_metrics_show(&edge);
    return edge.server != NULL ? OK : FAIL_CONFIGURATION_INVALID;
}

/* Only whether it listens and knows a key set (service_main adds: and does not drain), because an
 * edge that is taken out while workers are away takes metadata and keys with it (DESIGN section
 * 8). */
bool edge_is_ready(void)
{
    return edge.server != NULL && keys_are_known();
}

static void on_drained(void *context)
{
    (void)context;
    link_edge_say_bye(edge.link);
    service_drained();
}

void edge_drain(void)
{
    edge.is_draining = true;
    http_server_drain(edge.server, edge_config.drain_delay_ms, on_drained, NULL);
}

void edge_stop(void)
{
    if (edge.server != NULL)
        errands_fail_all(&edge);
    http_server_free(edge.server);
    file_watch_free(edge.allowed_keys_watch);
    link_edge_free(edge.link);
    keys_forget();
    edge_metrics_show(NULL);
    edge = (struct edge){0};
}

void edge_reload(void)
{
    struct str problem = STR_ABSENT;
    link_edge_forget_keys(edge.link);
    if (http_server_reload_tls(edge.server, &problem) &&
        (edge.allowed_keys_watch == NULL || allowed_keys_read(&problem)))
        log_information("reloaded");
    else
        log_error("reload.refused", LOG_STR("problem", problem));
}
