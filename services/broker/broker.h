/* What the operations of a broker share: GitHub, the servers file, the issuer.
 *
 *     TRY(broker_open(loop, &config, issuer, arena, &problem));
 *     broker_get()->github, broker_servers()
 *     broker_close(); */
#ifndef SERVICES_BROKER_BROKER_H
#define SERVICES_BROKER_BROKER_H

#include "common/oauth/servers.h"
#include "common/process/loop.h"
#include "services/broker/github.h"

struct broker_config {
    struct str github_client_id;
    struct str github_client_secret;
    struct str github_url;
    struct str github_api_url;
    struct str servers_file;
    int64_t rate_sign_in_per_minute; /* of one address; 0: without limit */
};

struct broker {
    const struct broker_config *config;
    struct loop *loop;
    struct str issuer;
    struct github *github;
    struct servers_watch *servers;
};

/* On failure *ret_problem is one sentence. config and issuer live as long as the process. */
enum failure broker_open(struct loop *loop, const struct broker_config *config, struct str issuer,
                         struct arena *arena, struct str *ret_problem) MUST_CHECK;
void broker_close(void);
void broker_reload(void);

const struct broker *broker_get(void);
/* Until the loop turns. */
const struct servers *broker_servers(void);
/* Why a server that a session of this time names is not there: FAIL_CONFIGURATION_BEHIND while the
 * file is young or behind the session, because processes reload it at different moments;
 * FAIL_SERVER_REMOVED after. */
enum failure broker_server_missing(int64_t created_at) MUST_CHECK;
/* Why a person whom another broker let in at this time is not on the list: likewise, or
 * FAIL_USER_NOT_ALLOWED. */
enum failure broker_user_missing(int64_t signed_in_at) MUST_CHECK;

#endif
