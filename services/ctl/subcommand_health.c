/* health: one GET, for health checks in containers that have neither a shell nor curl. */

#include "common/base/limits.h"
#include "services/ctl/invocation.h"
#include "services/ctl/web.h"

enum { TIMEOUT_MS_MAX = 60000, TIMEOUT_MS = 3000 };

int subcommand_health_run(const struct invocation *invocation)
{
    struct str url = invocation->words.at[0];
    int64_t timeout_ms;
    if (!invocation_get_number(invocation, "--timeout-ms", TIMEOUT_MS, 1, TIMEOUT_MS_MAX,
                               &timeout_ms))
        return SUBCOMMAND_MISUSED;
    struct web_answer answer;
    struct web_question question = {.url = url, .timeout_ms = timeout_ms};
    if (!web_ask(&question, invocation->arena, &answer))
        return subcommand_complain("%.*s does not answer: %s", STR_ARGS(url), answer.reason);
    if (answer.status < 200 || answer.status > 299)
        return subcommand_complain("%.*s answers %d", STR_ARGS(url), answer.status);
    return SUBCOMMAND_DONE;
}
