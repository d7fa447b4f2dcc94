/* What a signer counts beside its operations.
 *
 *     signer_metrics_count_issued(GRANT_REFRESH_TOKEN);
 *     signer_metrics_count_refusal(failure);
 *
 * One for the process. */
#ifndef SERVICES_SIGNER_SIGNER_METRICS_H
#define SERVICES_SIGNER_SIGNER_METRICS_H

#include "common/base/metrics.h"
#include "common/crypto/public_key.h"

enum grant_type { GRANT_AUTHORIZATION_CODE, GRANT_REFRESH_TOKEN, GRANT_TYPES };

extern const struct metrics SIGNER_METRICS;

/* The token endpoint has answered with tokens. */
void signer_metrics_count_issued(enum grant_type grant_type);
/* Of the token endpoint: something that works once came again. Other failures are let be. */
void signer_metrics_count_refusal(enum failure failure);

#endif
