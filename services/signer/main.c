/* The signer: its configuration, its operations, and one call. */
#include "common/base/limits.h"
#include "services/signer/operations.h"
#include "services/signer/signer.h"
#include "services/signer/signer_metrics.h"

#define YEAR_S (INT64_C(366) * 24 * 3600)

static const struct option SIGNER_OPTIONS[] = {
    {OPTION_AT(struct signer_config, keys.jwt_private_key), .name = "JWT_PRIVATE_KEY",
     .kind = OPTION_TEXT, .flags = OPTION_SECRET,
     .help = "one or more PEM private keys that sign tokens: RSA, P-256 or Ed25519; required, or "
             "JWT_PRIVATE_KEY_DIRECTORY"},
    {OPTION_AT(struct signer_config, keys.jwt_private_key_directory),
     .name = "JWT_PRIVATE_KEY_DIRECTORY", .kind = OPTION_STR, .flags = OPTION_PATH,
     .help = "path of a directory that has them as *.pem files"},
    {OPTION_AT(struct signer_config, keys.jwt_public_key), .name = "JWT_PUBLIC_KEY",
     .kind = OPTION_STR, .help = "its public key in PEM; only compared"},
    {OPTION_AT(struct signer_config, keys.refresh_encryption_key), .name = "REFRESH_ENCRYPTION_KEY",
     .kind = OPTION_TEXT, .flags = OPTION_REQUIRED | OPTION_SECRET,
     .help = "32 random bytes in base64 that seal refresh tokens, or a list of such, newest first"},
    {OPTION_AT(struct signer_config, servers_file), .name = "SERVERS_FILE", .kind = OPTION_STR,
     .flags = OPTION_REQUIRED | OPTION_PATH,
     .help = "path of the servers file (the original's config.json)"},
    {OPTION_AT(struct signer_config, access_token_ttl_s), .name = "ACCESS_TOKEN_TTL_S",
     .kind = OPTION_I64, .fallback = "3600", .min = 10, .max = ACCESS_TOKEN_TTL_MAX_S,
     .help = "seconds that an access token is good for"},
    {OPTION_AT(struct signer_config, refresh_token_ttl_s), .name = "REFRESH_TOKEN_TTL_S",
     .kind = OPTION_I64, .fallback = "2592000", .min = 60, .max = YEAR_S,
     .help = "seconds that a refresh token is good for, from its last use"},
    {OPTION_AT(struct signer_config, grant_ttl_s), .name = "GRANT_TTL_S", .kind = OPTION_I64,
     .fallback = "7776000", .min = 60, .max = 10 * YEAR_S,
     .help = "seconds after which a person must sign in again, refreshed or not"},
    {OPTION_AT(struct signer_config, refresh_grace_s), .name = "REFRESH_GRACE_S",
     .kind = OPTION_I64, .fallback = "60", .min = 0, .max = 3600,
     .help = "seconds in which a used refresh token gets its successor again; 0: never"},
    {OPTION_AT(struct signer_config, rate_token_failures_per_minute),
     .name = "RATE_TOKEN_FAILURES_PER_MINUTE", .kind = OPTION_I64, .fallback = "60",
     .max = RATES_MAX,
     .help = "refused requests to /token of one client at one address (IPv6: one /64) in a minute; "
             "0: without limit"},
    {OPTION_AT(struct signer_config, rate_validate_per_minute), .name = "RATE_VALIDATE_PER_MINUTE",
     .kind = OPTION_I64, .fallback = "60000", .max = RATES_MAX,
     .help = "requests to /validate of one address (IPv6: one /64) in a minute; 0: without limit"},
};
static const struct options OPTIONS = {SIGNER_OPTIONS,
                                       sizeof(SIGNER_OPTIONS) / sizeof(SIGNER_OPTIONS[0])};

static const struct operation OPERATIONS[] = {
    {"exchange", 1, &EXCHANGE_REQUEST, &TOKEN_REPLY, exchange_handle},
    {"refresh", 1, &REFRESH_REQUEST, &TOKEN_REPLY, refresh_handle},
    {"validate", 1, &VALIDATE_REQUEST, &VALIDATE_REPLY, validate_handle},
    {"introspect", 1, &INTROSPECT_REQUEST, &INTROSPECT_REPLY, introspect_handle},
    {"userinfo", 1, &USERINFO_REQUEST, &USERINFO_REPLY, userinfo_handle},
    {"verify", 1, &VERIFY_REQUEST, &VERIFY_REPLY, verify_handle},
    {"revoke", 1, &REVOKE_REQUEST, NULL, revoke_handle},
    {"client_revoke", 1, &CLIENT_REVOKE_REQUEST, NULL, revoke_handle_client},
};

static struct signer_config config;

static void keys_show(void)
{
    keys_announce(signer_get()->keys, worker_link());
    worker_show_keys(keys_version(signer_get()->keys));
}

static void on_keys_change(void *context, const struct keys_change *change)
{
    (void)context;
    keys_show();
    worker_audit((struct audit_entry){
        .event = AUDIT_KEYS,
        .reason = change->ring,
        .before = change->before,
        .after = change->after,
    });
}

static enum failure start(const struct service_context *context, struct str *ret_problem)
{
    TRY(signer_open(context->loop, &config, context->config->base_url, context->arena,
                    ret_problem));
    worker_audit_servers(signer_get()->servers);
    keys_show();
    keys_on_change(signer_get()->keys, on_keys_change, NULL);
    return OK;
}

static void reload(void)
{
    servers_watch_reload(signer_get()->servers);
    keys_reload(signer_get()->keys);
}

static const struct worker SIGNER = {
    .kind = "signer",
    .options = &OPTIONS,
    .config = &config,
    .metrics = &SIGNER_METRICS,
    .operations = OPERATIONS,
    .operations_len = sizeof(OPERATIONS) / sizeof(OPERATIONS[0]),
    .start = start,
    .stop = signer_close,
    .reload = reload,
};

int main(int argc, char **argv)
{
    return worker_main(argc, argv, &SIGNER);
}
