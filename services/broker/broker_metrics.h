/* What a broker counts beside its operations.
 *
 *     broker_metrics.sign_ins[SIGN_IN_ALLOWED]++;
 *     broker_metrics_count_github(step, failure, duration_us);
 *
 * One for the process. */
#ifndef SERVICES_BROKER_BROKER_METRICS_H
#define SERVICES_BROKER_BROKER_METRICS_H

#include "common/base/metrics.h"

enum sign_in_result {
    SIGN_IN_ALLOWED,
    SIGN_IN_DENIED,             /* not on the access list */
    SIGN_IN_SINGLE_SIGN_ON,     /* the same, while GitHub withheld organisations */
    SIGN_IN_CANCELLED,          /* by the person, at GitHub */
    SIGN_IN_CODE_REFUSED,       /* GitHub did not take its own code */
    SIGN_IN_GITHUB_LIMITED,     /* GitHub's rate limit */
    SIGN_IN_GITHUB_UNAVAILABLE, /* slow, away, not as documented */
    SIGN_IN_FAILED,             /* our own trouble */
    SIGN_IN_RESULTS
};

enum github_step {
    GITHUB_TOKEN,
    GITHUB_USER,
    GITHUB_EMAILS,
    GITHUB_MEMBERSHIPS,
    GITHUB_TEAMS,
    GITHUB_STEPS
};

enum consent_decision {
    CONSENT_APPROVE,
    CONSENT_DENY,
    CONSENT_REMEMBERED,
    CONSENT_BEFORE_GITHUB,
    CONSENT_DECISIONS
};

enum github_result {
    GITHUB_OK,
    GITHUB_REFUSED,
    GITHUB_RATE_LIMITED,
    GITHUB_UNAVAILABLE,
    GITHUB_RESULTS
};

struct broker_metrics {
    uint64_t sign_ins[SIGN_IN_RESULTS];
    uint64_t consents[CONSENT_DECISIONS];
    uint64_t github[GITHUB_STEPS][GITHUB_RESULTS];
    struct histogram github_durations[GITHUB_STEPS];
};

extern struct broker_metrics broker_metrics;
extern const struct metrics BROKER_METRICS;

/* One request to GitHub has ended. */
void broker_metrics_count_github(enum github_step step, enum failure failure, int64_t duration_us);
/* GitHub could not say who signed in. */
void broker_metrics_count_sign_in_failure(enum failure failure);
/* As the audit stream names it. */
void broker_metrics_count_consent(struct str decision);

#endif
