#include "services/broker/broker.h"
#include "common/process/servers_watch.h"
#include "proto/worker.h"

static struct broker self;

enum failure broker_open(struct loop *loop, const struct broker_config *config, struct str issuer,
                         struct arena *arena, struct str *ret_problem)
{
    const struct github_options options = {
        .client_id = config->github_client_id,
        .client_secret = config->github_client_secret,
        .url = config->github_url,
        .api_url = config->github_api_url,
        .redirect_uri = arena_printf(arena, "%.*s/auth/github/callback", STR_ARGS(issuer)),
    };
    self = (struct broker){.config = config, .loop = loop, .issuer = issuer};
    TRY(github_open(loop, &options, &self.github, ret_problem));
    TRY(servers_watch_open(loop, config->servers_file, arena, &self.servers, ret_problem));
    worker_audit_servers(self.servers);
    return OK;
}

void broker_close(void)
{
    servers_watch_close(self.servers);
    github_close(self.github);
    self = (struct broker){.loop = NULL};
}

void broker_reload(void)
{
    servers_watch_reload(self.servers);
}

const struct broker *broker_get(void)
{
    return &self;
}

enum failure broker_server_missing(int64_t created_at)
{
    return servers_watch_is_young(self.servers) || servers_watch_is_behind(self.servers, created_at)
               ? FAIL_CONFIGURATION_BEHIND
               : FAIL_SERVER_REMOVED;
}

enum failure broker_user_missing(int64_t signed_in_at)
{
    return servers_watch_is_behind(self.servers, signed_in_at) ? FAIL_CONFIGURATION_BEHIND
                                                               : FAIL_USER_NOT_ALLOWED;
}

const struct servers *broker_servers(void)
{
    return servers_watch_get(self.servers);
}
