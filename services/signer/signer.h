/* What the operations of this process share: its configuration, its keys, and the servers file.
 *
 *     TRY(signer_open(loop, &config, issuer, arena, &problem));
 *     const struct signer *signer = signer_get();
 *     signer_close();
 *
 * There is one signer in a process; everything in it lives until signer_close, except what the
 * servers file says, which is borrowed until the loop turns. */
#ifndef SERVICES_SIGNER_SIGNER_H
#define SERVICES_SIGNER_SIGNER_H

#include "common/oauth/servers.h"
#include "common/process/loop.h"
#include "common/process/servers_watch.h"
#include "services/signer/keys.h"

struct signer_config {
    struct keys_config keys;
    struct str servers_file;
    int64_t access_token_ttl_s;
    int64_t refresh_token_ttl_s;
    int64_t refresh_grace_s;
    int64_t grant_ttl_s;
    int64_t rate_token_failures_per_minute; /* of one client at one address; 0: without limit */
    int64_t rate_validate_per_minute;       /* of one address; 0: without limit */
};

struct signer {
    const struct signer_config *config;
    struct str issuer;
    struct keys *keys;
    struct servers_watch *servers;
};

/* config and issuer are borrowed. On failure *ret_problem is one sentence, in the arena or static.
 */
enum failure signer_open(struct loop *loop, const struct signer_config *config, struct str issuer,
                         struct arena *arena, struct str *ret_problem) MUST_CHECK;
void signer_close(void);
const struct signer *signer_get(void);

/* The MCP server that a granted scope is for, as the servers file says now. When the file does not
 * know it: FAIL_CONFIGURATION_BEHIND while the file is young or behind what was granted at that
 * time (FIELD_I64_ABSENT: nothing was), FAIL_SERVER_REMOVED after. */
enum failure signer_find_server(struct str scope, int64_t granted_at,
                                const struct server **ret_server) MUST_CHECK;
/* The same for a person whom the file refuses and who was let in at that time. */
enum failure signer_refuse_user(enum failure refusal, int64_t signed_in_at) MUST_CHECK;
/* How long a revocation must be remembered at least: until the last access token is refused for its
 * age by everyone whose clock is CLOCK_SKEW_S behind. */
int64_t signer_revoked_ttl_s(void);

#endif
