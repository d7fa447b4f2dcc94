/* The registry: its configuration, its operations, and one call. */
#include "common/base/limits.h"
#include "services/registry/operations.h"
#include "services/registry/registry.h"
#include "services/registry/registry_metrics.h"

static const struct option REGISTRY_OPTIONS[] = {
    {OPTION_AT(struct registry_config, servers_file), .name = "SERVERS_FILE", .kind = OPTION_STR,
     .flags = OPTION_REQUIRED | OPTION_PATH,
     .help = "path of the servers file (the original's config.json)"},
    {OPTION_AT(struct registry_config, document_trusted_domains),
     .name = "DOCUMENT_TRUSTED_DOMAINS", .kind = OPTION_LIST,
     .help = "domains, with all below them, whose client ID metadata documents are accepted; "
             "default: every one"},
    {OPTION_AT(struct registry_config, document_private_hosts), .name = "DOCUMENT_PRIVATE_HOSTS",
     .kind = OPTION_LIST,
     .help = "hosts, as host or host:port, whose metadata documents and keys may lie on private "
             "addresses"},
    {OPTION_AT(struct registry_config, document_ca_file), .name = "DOCUMENT_CA_FILE",
     .kind = OPTION_STR, .flags = OPTION_PATH,
     .help = "PEM certificates of the authorities that DOCUMENT_PRIVATE_HOSTS use; default: the "
             "system's"},
    {OPTION_AT(struct registry_config, rate_register_per_hour), .name = "RATE_REGISTER_PER_HOUR",
     .kind = OPTION_I64, .fallback = "200", .max = RATES_MAX,
     .help = "registrations of one address (IPv6: one /64) in an hour; 0: without limit"},
    {OPTION_AT(struct registry_config, rate_register_per_day_all),
     .name = "RATE_REGISTER_PER_DAY_ALL", .kind = OPTION_I64, .fallback = "10000", .max = RATES_MAX,
     .help = "registrations of all together in a day, which bounds Redis; 0: without limit"},
    {OPTION_AT(struct registry_config, rate_authorize_per_minute),
     .name = "RATE_AUTHORIZE_PER_MINUTE", .kind = OPTION_I64, .fallback = "300", .max = RATES_MAX,
     .help = "sign-ins that one address (IPv6: one /64) begins in a minute; 0: without limit"},
};
static const struct options OPTIONS = {REGISTRY_OPTIONS,
                                       sizeof(REGISTRY_OPTIONS) / sizeof(REGISTRY_OPTIONS[0])};

static const struct operation OPERATIONS[] = {
    {"authorize", 1, &AUTHORIZE_REQUEST, &AUTHORIZE_REPLY, authorize_handle},
    {"register", 1, &REGISTER_REQUEST, &REGISTER_REPLY, register_handle},
    {"client", 1, &CLIENT_REQUEST, &CLIENT_REPLY, client_handle},
    {"client_update", 1, &CLIENT_UPDATE_REQUEST, &CLIENT_UPDATE_REPLY, client_update_handle},
    {"client_delete", 1, &CLIENT_DELETE_REQUEST, NULL, client_delete_handle},
    {"protected_resource", 1, &PROTECTED_RESOURCE_REQUEST, &PROTECTED_RESOURCE_REPLY,
     protected_resource_handle},
    {"resolve", 1, &RESOLVE_REQUEST, NULL, resolve_handle},
};

static struct registry_config config;

static enum failure start(const struct service_context *context, struct str *ret_problem)
{
    return registry_open(context->loop, &config, context->config->base_url, context->arena,
                         ret_problem);
}

static const struct worker REGISTRY = {
    .kind = "registry",
    .options = &OPTIONS,
    .config = &config,
    .metrics = &REGISTRY_METRICS,
    .operations = OPERATIONS,
    .operations_len = sizeof(OPERATIONS) / sizeof(OPERATIONS[0]),
    .start = start,
    .stop = registry_close,
    .reload = registry_reload,
};

int main(int argc, char **argv)
{
    return worker_main(argc, argv, &REGISTRY);
}
