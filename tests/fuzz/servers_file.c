/* The operator controls this input: the servers file. A slip in it must be told, never be run with.
 * Attacks servers_new_from_json and the questions of servers.h. */
#include "common/oauth/scope.h"
#include "tests/fuzz/fuzz.h"

static void check_server(const struct servers *servers, const struct server *server,
                         struct arena *arena)
{
    struct str domain, key, rule;
    const struct servers_user nobody = {.login = STR(""), .id = 0};
    FUZZ_CHECK(scope_split_mcp(server->scope, &domain, &key));
    FUZZ_CHECK(scope_check(server->scope) == OK &&
               str_index_of(server->scope, ' ') == server->scope.len);
    FUZZ_CHECK(servers_find(servers, domain, key) == server);
    FUZZ_CHECK(servers_find_scope(servers, server->scope) == server);
    if (str_is_present(server->resource))
        FUZZ_CHECK(servers_find_resource(servers, server->resource) == server);
    for (size_t i = 0; i < server->redirects.hosts.len; i++)
        FUZZ_CHECK(redirect_policy_host_is_valid(server->redirects.hosts.at[i]));
    FUZZ_CHECK(servers_check_user(server, &nobody, arena, &rule) == FAIL_USER_NOT_ALLOWED);
}

static void check_client(const struct servers *servers, const struct servers_client *client)
{
    FUZZ_CHECK(servers_find_client(servers, client->client_id) == client);
    FUZZ_CHECK(str_is_present(client->client_secret_sha256) !=
               str_equals(client->token_endpoint_auth_method, STR("none")));
    for (size_t i = 0; i < client->redirect_uris.len; i++)
        FUZZ_CHECK(redirect_uri_check(client->redirect_uris.at[i]) == OK);
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct servers *servers = NULL;
    struct str problem = STR_ABSENT;
    enum failure failure = servers_new_from_json(input, arena, &servers, &problem);
    if (failure != OK) {
        FUZZ_CHECK(failure != FAIL_CONFIGURATION_INVALID || !str_is_empty(problem));
        FUZZ_CHECK(servers == NULL);
        return;
    }
    FUZZ_CHECK(servers->len >= 1 && !str_is_present(problem));
    for (size_t i = 0; i < servers->len; i++)
        check_server(servers, &servers->at[i], arena);
    for (size_t i = 0; i < servers->clients_len; i++)
        check_client(servers, &servers->clients[i]);
    servers_free(servers);
}
