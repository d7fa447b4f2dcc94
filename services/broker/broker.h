/* What the operations of a broker share: its configuration, the servers file, and the way out to
 * GitHub.
 *
 *     TRY(broker_open(loop, &config, issuer, arena, &problem));
 *     const struct broker *broker = broker_get();
 *     broker_close();
 *
 * There is one broker in a process. What the servers file says is borrowed until the loop turns. */
#ifndef SERVICES_BROKER_BROKER_H
#define SERVICES_BROKER_BROKER_H

#include "common/net/http_client.h"
#include "common/oauth/servers.h"
#include "common/process/loop.h"
#include "common/process/servers_watch.h"

struct broker_config {
    struct str github_client_id;
    struct str github_client_secret;
    struct str github_url;     /* without a trailing slash once broker_open has succeeded */
    struct str github_api_url; /* the same */
    struct str servers_file;
};

struct broker {
    const struct broker_config *config;
    struct str issuer;
    struct loop *loop;
    struct http_client *http;
    struct servers_watch *servers;
};

/* config and issuer are borrowed for the life of the process. On failure *ret_problem is one
 * sentence, in the arena or static. */
enum failure broker_open(struct loop *loop, struct broker_config *config, struct str issuer,
                         struct arena *arena, struct str *ret_problem) MUST_CHECK;
void broker_close(void);
const struct broker *broker_get(void);

/* The MCP server that a granted scope is for, as the servers file says now. When the file does not
 * know it: FAIL_CONFIGURATION_BEHIND while the file is young, FAIL_SERVER_REMOVED after. */
enum failure broker_find_server(struct str scope, const struct server **ret_server) MUST_CHECK;

#endif
