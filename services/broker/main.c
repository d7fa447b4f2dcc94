/* The broker: its configuration, its operations, and one call. */
#include "common/base/limits.h"
#include "services/broker/broker.h"
#include "services/broker/broker_metrics.h"
#include "services/broker/operations.h"

static const struct option BROKER_OPTIONS[] = {
    {OPTION_AT(struct broker_config, github_client_id), .name = "GITHUB_CLIENT_ID",
     .kind = OPTION_STR, .flags = OPTION_REQUIRED, .help = "the GitHub OAuth app's client id"},
    {OPTION_AT(struct broker_config, github_client_secret), .name = "GITHUB_CLIENT_SECRET",
     .kind = OPTION_STR, .flags = OPTION_REQUIRED | OPTION_SECRET, .help = "its client secret"},
    {OPTION_AT(struct broker_config, github_url), .name = "GITHUB_URL", .kind = OPTION_STR,
     .fallback = "https://github.com", .help = "where people sign in; GitHub Enterprise's own URL"},
    {OPTION_AT(struct broker_config, github_api_url), .name = "GITHUB_API_URL", .kind = OPTION_STR,
     .fallback = "https://api.github.com",
     .help = "GitHub's API; for GitHub Enterprise https://<host>/api/v3"},
    {OPTION_AT(struct broker_config, servers_file), .name = "SERVERS_FILE", .kind = OPTION_STR,
     .flags = OPTION_REQUIRED | OPTION_PATH,
     .help = "path of the servers file (the original's config.json)"},
    {OPTION_AT(struct broker_config, rate_sign_in_per_minute), .name = "RATE_SIGN_IN_PER_MINUTE",
     .kind = OPTION_I64, .fallback = "60", .max = RATES_MAX,
     .help =
         "returns from GitHub that one address (IPv6: one /64) may make in a minute; 0: without "
         "limit"},
};
static const struct options OPTIONS = {BROKER_OPTIONS,
                                       sizeof(BROKER_OPTIONS) / sizeof(BROKER_OPTIONS[0])};

static const struct operation OPERATIONS[] = {
    {"login", 1, &LOGIN_REQUEST, &SIGN_IN_REPLY, login_handle},
    {"callback", 1, &CALLBACK_REQUEST, &SIGN_IN_REPLY, callback_handle},
    {"decide", 1, &DECIDE_REQUEST, &SIGN_IN_REPLY, decide_handle},
};

static struct broker_config config;

static enum failure start(const struct service_context *context, struct str *ret_problem)
{
    return broker_open(context->loop, &config, context->config->base_url, context->arena,
                       ret_problem);
}

static const struct worker BROKER = {
    .kind = "broker",
    .options = &OPTIONS,
    .config = &config,
    .metrics = &BROKER_METRICS,
    .operations = OPERATIONS,
    .operations_len = sizeof(OPERATIONS) / sizeof(OPERATIONS[0]),
    .start = start,
    .stop = broker_close,
    .reload = broker_reload,
};

int main(int argc, char **argv)
{
    return worker_main(argc, argv, &BROKER);
}
