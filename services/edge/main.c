/* The edge: its options, and the one main. */
#include "proto/link_edge_metrics.h"
#include "services/edge/edge_metrics.h"

static const struct option OPTIONS[] = {
    {OPTION_AT(struct edge_config, listen), .name = "LISTEN", .kind = OPTION_LIST,
     .fallback = "127.0.0.1:8787",
     .help = "where HTTP is served: host:port, [v6]:port or *:port; not used when systemd hands "
             "over a socket"},
    {OPTION_AT(struct edge_config, signer_listen), .name = "SIGNER_LISTEN", .kind = OPTION_STR,
     .flags = OPTION_REQUIRED | OPTION_ENDPOINT,
     .help = "ZeroMQ endpoint that signers connect to, ipc:///path or tcp://host:port"},
    {OPTION_AT(struct edge_config, broker_listen), .name = "BROKER_LISTEN", .kind = OPTION_STR,
     .flags = OPTION_REQUIRED | OPTION_ENDPOINT, .help = "the same for brokers"},
    {OPTION_AT(struct edge_config, registry_listen), .name = "REGISTRY_LISTEN", .kind = OPTION_STR,
     .flags = OPTION_REQUIRED | OPTION_ENDPOINT, .help = "the same for registries"},
    {OPTION_AT(struct edge_config, trusted_proxies), .name = "TRUSTED_PROXIES", .kind = OPTION_LIST,
     .help = "addresses and networks whose X-Forwarded-For and traceparent are believed"},
    {OPTION_AT(struct edge_config, tls_certificate_file), .name = "TLS_CERTIFICATE_FILE",
     .kind = OPTION_STR, .flags = OPTION_PATH,
     .help = "PEM certificate with its chain; with TLS_KEY_FILE it serves https"},
    {OPTION_AT(struct edge_config, tls_key_file), .name = "TLS_KEY_FILE", .kind = OPTION_STR,
     .flags = OPTION_PATH, .help = "its PEM private key; both are read again on SIGHUP"},
    {OPTION_AT(struct edge_config, curve_secret_key), .name = "CURVE_SECRET_KEY",
     .kind = OPTION_STR, .flags = OPTION_SECRET,
     .help = "the edge's CURVE key in Z85; it encrypts the link"},
    {OPTION_AT(struct edge_config, curve_allowed_keys_file), .name = "CURVE_ALLOWED_KEYS_FILE",
     .kind = OPTION_STR, .flags = OPTION_PATH,
     .help = "which workers may connect: lines of <kind> <public key in Z85>; read again when "
             "it changes"},
    {OPTION_AT(struct edge_config, drain_delay_ms), .name = "DRAIN_DELAY_MS", .kind = OPTION_I64,
     .fallback = "0", .max = 60000,
     .help = "milliseconds to go on accepting after SIGTERM, while an ingress takes the edge out"},
};
const struct options EDGE_OPTIONS = {OPTIONS, sizeof(OPTIONS) / sizeof(OPTIONS[0])};

int main(int argc, char **argv)
{
    static const struct service service = {
        .kind = "edge",
        .options = {{&EDGE_OPTIONS, &edge_config}},
        .metrics = {&EDGE_METRICS, &LINK_EDGE_METRICS},
        .start = edge_start,
        .is_ready = edge_is_ready,
        .drain = edge_drain,
        .stop = edge_stop,
        .reload = edge_reload,
    };
    return service_main(argc, argv, &service);
}
