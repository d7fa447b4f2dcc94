#include "services/broker/broker_metrics.h"

struct broker_metrics broker_metrics;

static const char *const SIGN_IN_NAMES[SIGN_IN_RESULTS] = {
    [SIGN_IN_ALLOWED] = "allowed",
    [SIGN_IN_DENIED] = "denied",
    [SIGN_IN_SINGLE_SIGN_ON] = "single_sign_on_required",
    [SIGN_IN_CANCELLED] = "cancelled",
    [SIGN_IN_CODE_REFUSED] = "code_refused",
    [SIGN_IN_GITHUB_LIMITED] = "github_rate_limited",
    [SIGN_IN_GITHUB_UNAVAILABLE] = "github_unavailable",
    [SIGN_IN_FAILED] = "failed",
};

static const char *const STEP_NAMES[GITHUB_STEPS] = {
    [GITHUB_TOKEN] = "token",   [GITHUB_USER] = "user",
    [GITHUB_EMAILS] = "emails", [GITHUB_MEMBERSHIPS] = "memberships",
    [GITHUB_TEAMS] = "teams",
};

static const char *const GITHUB_RESULT_NAMES[GITHUB_RESULTS] = {
    [GITHUB_OK] = "ok",
    [GITHUB_REFUSED] = "refused",
    [GITHUB_RATE_LIMITED] = "rate_limited",
    [GITHUB_UNAVAILABLE] = "unavailable",
};

static const char *const CONSENT_NAMES[CONSENT_DECISIONS] = {
    [CONSENT_APPROVE] = "approve",
    [CONSENT_DENY] = "deny",
    [CONSENT_REMEMBERED] = "remembered",
    [CONSENT_BEFORE_GITHUB] = "before_github",
};

void broker_metrics_count_github(enum github_step step, enum failure failure, int64_t duration_us)
{
    enum github_result result = failure == OK                         ? GITHUB_OK
                                : failure == FAIL_GITHUB_CODE_REFUSED ? GITHUB_REFUSED
                                : failure == FAIL_GITHUB_RATE_LIMITED ? GITHUB_RATE_LIMITED
                                                                      : GITHUB_UNAVAILABLE;
    broker_metrics.github[step][result]++;
    histogram_observe_us(&broker_metrics.github_durations[step], duration_us);
}

void broker_metrics_count_sign_in_failure(enum failure failure)
{
    enum sign_in_result result = failure == FAIL_GITHUB_CODE_REFUSED   ? SIGN_IN_CODE_REFUSED
                                 : failure == FAIL_GITHUB_RATE_LIMITED ? SIGN_IN_GITHUB_LIMITED
                                 : failure == FAIL_GITHUB_UNAVAILABLE  ? SIGN_IN_GITHUB_UNAVAILABLE
                                                                       : SIGN_IN_FAILED;
    broker_metrics.sign_ins[result]++;
}

void broker_metrics_count_consent(struct str decision)
{
    for (size_t i = 0; i < CONSENT_DECISIONS; i++)
        broker_metrics.consents[i] += str_equals_cstr(decision, CONSENT_NAMES[i]);
}

static const char *sign_in_value(size_t index)
{
    return SIGN_IN_NAMES[index];
}

static const char *step_value(size_t index)
{
    return STEP_NAMES[index];
}

static const char *github_result_value(size_t index)
{
    return GITHUB_RESULT_NAMES[index];
}

static const char *consent_value(size_t index)
{
    return CONSENT_NAMES[index];
}

static const struct metric ROWS[] = {
    {.name = "mcp_oauth_sign_ins_total",
     .type = METRIC_COUNTER,
     .help = "returns from GitHub, by what became of them",
     .labels = {{"result", SIGN_IN_RESULTS, sign_in_value}},
     .counts = broker_metrics.sign_ins},
    {.name = "mcp_oauth_consents_total",
     .type = METRIC_COUNTER,
     .help = "decisions about a client: approve, deny, remembered (not asked again), before_github",
     .labels = {{"decision", CONSENT_DECISIONS, consent_value}},
     .counts = broker_metrics.consents},
    {.name = "mcp_oauth_github_requests_total",
     .type = METRIC_COUNTER,
     .help = "requests to GitHub, by what was asked and how it ended",
     .labels = {{"step", GITHUB_STEPS, step_value},
                {"result", GITHUB_RESULTS, github_result_value}},
     .counts = &broker_metrics.github[0][0]},
    {.name = "mcp_oauth_github_request_duration_seconds",
     .type = METRIC_HISTOGRAM,
     .help = "from a request to GitHub to its answer, by what was asked",
     .labels = {{"step", GITHUB_STEPS, step_value}},
     .histograms = broker_metrics.github_durations},
};

const struct metrics BROKER_METRICS = {ROWS, sizeof(ROWS) / sizeof(ROWS[0])};
