#include "services/broker/broker.h"
#include "common/oauth/scope.h"
#include "common/oauth/uri.h"

static struct broker self;

/* https, or http on loopback (a stand-in): the client secret and people's tokens go there. */
static bool github_url_is_usable(struct str text)
{
    struct uri uri;
    if (!uri_split(text, &uri) || str_is_present(uri.userinfo) || str_is_present(uri.query) ||
        str_is_present(uri.fragment))
        return false;
    return uri_has_scheme(&uri, STR("https")) ||
           (uri_has_scheme(&uri, STR("http")) && uri_host_is_loopback(uri.host));
}

static enum failure github_url_check(const char *name, struct str *url, struct arena *arena,
                                     struct str *ret_problem)
{
    while (str_ends_with(*url, STR("/")))
        url->len--;
    if (github_url_is_usable(*url))
        return OK;
    *ret_problem = arena_printf(arena,
                                "%s must be an https URL without query, or http on this machine; "
                                "it is '%.*s'.",
                                name, STR_ARGS(*url));
    return FAIL_CONFIGURATION_INVALID;
}

enum failure broker_open(struct loop *loop, struct broker_config *config, struct str issuer,
                         struct arena *arena, struct str *ret_problem)
{
    TRY(github_url_check("GITHUB_URL", &config->github_url, arena, ret_problem));
    TRY(github_url_check("GITHUB_API_URL", &config->github_api_url, arena, ret_problem));
    self = (struct broker){.config = config, .issuer = issuer, .loop = loop};
    TRY(servers_watch_open(loop, config->servers_file, arena, &self.servers, ret_problem));
    self.http = http_client_new(loop, &(struct http_client_options){.user_agent = STR("mcp-oauth")});
    if (self.http == NULL) {
        *ret_problem = STR("Memory is gone.");
        broker_close();
        return FAIL_LIMIT_REACHED;
    }
    return OK;
}

void broker_close(void)
{
    http_client_free(self.http);
    servers_watch_close(self.servers);
    self = (struct broker){.config = NULL};
}

const struct broker *broker_get(void)
{
    return &self;
}

enum failure broker_find_server(struct str scope, const struct server **ret_server)
{
    const struct server *server =
        servers_find_scope(servers_watch_get(self.servers), scope_find_mcp(scope));
    if (server == NULL)
        return servers_watch_is_young(self.servers) ? FAIL_CONFIGURATION_BEHIND
                                                    : FAIL_SERVER_REMOVED;
    *ret_server = server;
    return OK;
}
