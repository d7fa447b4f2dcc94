#include "services/signer/signer.h"
#include "common/base/limits.h"
#include "common/oauth/scope.h"

static struct signer self;

enum failure signer_open(struct loop *loop, const struct signer_config *config, struct str issuer,
                         struct arena *arena, struct str *ret_problem)
{
    self = (struct signer){.config = config, .issuer = issuer};
    enum failure failure = keys_open(loop, &config->keys, arena, &self.keys, ret_problem);
    if (failure == OK)
        failure = servers_watch_open(loop, config->servers_file, arena, &self.servers, ret_problem);
    if (failure != OK)
        signer_close();
    return failure;
}

void signer_close(void)
{
    servers_watch_close(self.servers);
    keys_close(self.keys);
    self = (struct signer){.config = NULL};
}

const struct signer *signer_get(void)
{
    return &self;
}

enum failure signer_find_server(struct str scope, int64_t granted_at,
                                const struct server **ret_server)
{
    const struct server *server =
        servers_find_scope(servers_watch_get(self.servers), scope_find_mcp(scope));
    if (server == NULL)
        return servers_watch_is_young(self.servers) ||
                       servers_watch_is_behind(self.servers, granted_at)
                   ? FAIL_CONFIGURATION_BEHIND
                   : FAIL_SERVER_REMOVED;
    *ret_server = server;
    return OK;
}

enum failure signer_refuse_user(enum failure refusal, int64_t signed_in_at)
{
    return servers_watch_is_behind(self.servers, signed_in_at) ? FAIL_CONFIGURATION_BEHIND
                                                               : refusal;
}

int64_t signer_revoked_ttl_s(void)
{
    return self.config->access_token_ttl_s + INT64_C(2) * CLOCK_SKEW_S;
}
