/* What the edge is: its configuration, its link to the workers, and what it has prepared at start.
 * One per process, made by edge_start, read by every endpoint through struct request. */
#ifndef SERVICES_EDGE_EDGE_H
#define SERVICES_EDGE_EDGE_H

#include "common/process/service.h"
#include "proto/link_edge.h"
#include "services/edge/proxies.h"

struct errand;
struct file_watch;

struct edge_config {
    struct strs listen;
    struct str signer_listen;
    struct str broker_listen;
    struct str registry_listen;
    struct strs trusted_proxies;
    struct str tls_certificate_file;
    struct str tls_key_file;
    struct str curve_secret_key;
    struct str curve_allowed_keys_file;
    int64_t drain_delay_ms;
};

struct edge {
    const struct edge_config *config;
    struct loop *loop;
    struct arena *arena;  /* of the process */
    struct str issuer;    /* the base URL: nothing that a client sends changes it */
    struct str base_path; /* the issuer's path, "" without one */
    struct str host;      /* the issuer's host, for pages */
    bool is_https;
    bool is_draining;
    struct proxies proxies;
    struct link_edge *link;
    struct file_watch *allowed_keys_watch; /* NULL without CURVE */
    struct http_server *server;
    struct errand *errands; /* waiting for a worker */
};

extern const struct options EDGE_OPTIONS;
extern struct edge_config edge_config;

enum failure edge_start(const struct service_context *context, struct str *ret_problem) MUST_CHECK;
bool edge_is_ready(void);
void edge_drain(void);
void edge_stop(void);
void edge_reload(void);

/* Derives issuer, base_path, host and is_https; part of edge_start, apart for tests. */
void edge_set_issuer(struct edge *edge, struct str base_url);

#endif
