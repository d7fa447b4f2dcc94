#include "services/signer/signer_metrics.h"
#include "common/base/clock.h"
#include "services/signer/signer.h"

enum replay { REPLAY_CODE, REPLAY_REFRESH_TOKEN, REPLAY_CLIENT_ASSERTION, REPLAYS };
enum { ALGS = PUBLIC_KEY_EDDSA + 1 };

static const struct {
    const char *name;
    enum failure failure;
} REPLAY_ROWS[REPLAYS] = {
    [REPLAY_CODE] = {"code", FAIL_CODE_REPLAYED},
    [REPLAY_REFRESH_TOKEN] = {"refresh_token", FAIL_REFRESH_TOKEN_REPLAYED},
    [REPLAY_CLIENT_ASSERTION] = {"client_assertion", FAIL_CLIENT_ASSERTION_REPLAYED},
};

static struct {
    uint64_t issued[GRANT_TYPES][ALGS];
    uint64_t replays[REPLAYS];
} self;

void signer_metrics_count_issued(enum grant_type grant_type)
{
    const struct signing_key *key = keys_signer(signer_get()->keys);
    self.issued[grant_type][public_key_alg(signing_key_public(key))]++;
}

void signer_metrics_count_refusal(enum failure failure)
{
    for (size_t i = 0; i < REPLAYS; i++)
        self.replays[i] += REPLAY_ROWS[i].failure == failure;
}

static const char *grant_type_value(size_t index)
{
    static const char *const names[GRANT_TYPES] = {"authorization_code", "refresh_token"};
    return names[index];
}

static const char *alg_value(size_t index)
{
    static const char *const names[ALGS] = {"RS256", "ES256", "EdDSA"};
    return names[index];
}

static const char *replay_value(size_t index)
{
    return REPLAY_ROWS[index].name;
}

static struct str state_of(bool is_used, int64_t use_from_s)
{
    if (is_used)
        return STR("used");
    return use_from_s > clock_wall_s() ? STR("future") : STR("kept");
}

static void signing_keys_collect(struct metrics_writer *writer, const struct metric *metric)
{
    if (signer_get()->keys == NULL)
        return;
    const struct signing_key *used = keys_signer(signer_get()->keys);
    struct public_keys public = keys_public(signer_get()->keys);
    for (size_t i = 0; i < public.len; i++) {
        int64_t use_from_s = keys_signing_use_from_s(signer_get()->keys, i);
        bool is_used = public.at[i] == signing_key_public(used);
        const struct str values[] = {public_key_kid(public.at[i]),
                                     public_key_alg_name(public.at[i]),
                                     state_of(is_used, use_from_s)};
        metrics_write_sample(writer, metric, values, (double)use_from_s);
    }
}

static void refresh_keys_collect(struct metrics_writer *writer, const struct metric *metric)
{
    if (signer_get()->keys == NULL)
        return;
    const struct refresh_ring *ring = keys_refresh_ring(signer_get()->keys);
    for (size_t i = 0; i < refresh_ring_keys_count(ring); i++) {
        char version[24];
        int64_t number, use_from_s;
        refresh_ring_describe(ring, i, &number, &use_from_s);
        int len = snprintf(version, sizeof(version), "v%lld", (long long)number);
        const struct str values[] = {
            str_from_bytes(version, (size_t)len),
            state_of(number == refresh_ring_sealing_version(ring), use_from_s)};
        metrics_write_sample(writer, metric, values, (double)use_from_s);
    }
}

static const struct metric ROWS[] = {
    {.name = "mcp_oauth_tokens_issued_total",
     .type = METRIC_COUNTER,
     .help = "answers of the token endpoint with an access token, by grant type and signature",
     .labels = {{"grant_type", GRANT_TYPES, grant_type_value}, {"alg", ALGS, alg_value}},
     .counts = &self.issued[0][0]},
    {.name = "mcp_oauth_replays_total",
     .type = METRIC_COUNTER,
     .help = "what works once and came again: code, refresh_token (the grant was revoked: somebody "
             "has a stolen copy), client_assertion",
     .labels = {{"what", REPLAYS, replay_value}},
     .counts = self.replays},
    {.name = "mcp_oauth_signing_key_use_from_timestamp_seconds",
     .type = METRIC_GAUGE,
     .help = "since when a key may sign, in seconds since 1970; 0: not given. state: used, kept "
             "(only verifies), future",
     .labels = {{"kid"}, {"alg"}, {"state"}},
     .collect = signing_keys_collect},
    {.name = "mcp_oauth_refresh_key_use_from_timestamp_seconds",
     .type = METRIC_GAUGE,
     .help = "since when a key may seal refresh tokens, in seconds since 1970; 0: not given. "
             "state: used, kept (only opens), future",
     .labels = {{"version"}, {"state"}},
     .collect = refresh_keys_collect},
};

const struct metrics SIGNER_METRICS = {ROWS, sizeof(ROWS) / sizeof(ROWS[0])};
