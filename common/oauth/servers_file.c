/* Reads the servers file for servers.h: what its members mean. How JSON is read and problems are
 * reported is servers_reader's work. The first problem ends the reading, because the sentence about
 * it is all that a person can act on at once. */
#include "common/oauth/servers.h"
#include "common/base/limits.h"
#include "common/oauth/client_authentication.h"
#include "common/oauth/client_id.h"
#include "common/oauth/client_metadata.h"
#include "common/oauth/resource.h"
#include "common/oauth/scope.h"
#include "common/oauth/servers_reader.h"
#include "common/oauth/uri.h"

#include <jansson.h>

enum {
    /* A list entry of one letter takes 4 bytes of the file and 32 of memory. */
    ARENA_BYTES_MAX = 16 * SERVERS_FILE_BYTES_MAX,
    TEAM_BYTES_MAX = 200, /* with its "team:" it fits into RULE_BYTES_MAX */
};

/* Top-level members apply to every server that does not say otherwise. */
struct file {
    json_t *servers;
    json_t *clients;
    struct server defaults;
};

static void json_release(json_t **json)
{
    json_decref(*json);
}
#define OWNED_JSON __attribute__((cleanup(json_release))) json_t *

static enum failure read_resource(struct servers_reader *reader, json_t *value, struct str path,
                                  void *ret_value)
{
    struct uri uri;
    if (!json_is_string(value) || resource_check(servers_reader_text_of(value)) != OK ||
        !uri_split(servers_reader_text_of(value), &uri) || str_is_empty(uri.host))
        return servers_reader_report(
            reader, "%.*s must be the URL of the MCP server, without a fragment.", STR_ARGS(path));
    return servers_reader_keep(reader, servers_reader_text_of(value), ret_value);
}

static enum failure read_consent(struct servers_reader *reader, json_t *value, struct str path,
                                 void *ret_value)
{
    bool is_before =
        json_is_string(value) && str_equals(servers_reader_text_of(value), STR("before_github"));
    if (!is_before &&
        !(json_is_string(value) && str_equals(servers_reader_text_of(value), STR("after_github"))))
        return servers_reader_report(reader, "%.*s must be \"after_github\" or \"before_github\".",
                                     STR_ARGS(path));
    *(bool *)ret_value = is_before;
    return OK;
}

static enum failure read_json(struct servers_reader *reader, json_t *value, struct str path,
                              void *ret_value)
{
    (void)reader;
    (void)path;
    *(json_t **)ret_value = value;
    return OK;
}

/* lists */

/* GitHub's logins have letters, digits and '-'; managed users also a '_'. */
static bool login_is_valid(struct str login)
{
    for (size_t i = 0; i < login.len; i++) {
        char c = login.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return login.len > 0 && login.len <= GITHUB_LOGIN_BYTES_MAX;
}

static bool slug_is_valid(struct str slug)
{
    for (size_t i = 0; i < slug.len; i++)
        if ((unsigned char)slug.at[i] <= ' ' || slug.at[i] == '/' || slug.at[i] == 0x7f)
            return false;
    return slug.len > 0;
}

static bool team_is_valid(struct str team)
{
    struct str org, slug;
    return team.len <= TEAM_BYTES_MAX && str_cut(team, '/', &org, &slug) && login_is_valid(org) &&
           slug_is_valid(slug);
}

static enum failure read_orgs(struct servers_reader *reader, json_t *value, struct str path,
                              void *ret_value)
{
    return servers_reader_list(reader, value, path, login_is_valid,
                               "the name of a GitHub organisation", ret_value);
}

static enum failure read_teams(struct servers_reader *reader, json_t *value, struct str path,
                               void *ret_value)
{
    return servers_reader_list(reader, value, path, team_is_valid, "organisation/team", ret_value);
}

static enum failure read_redirect_hosts(struct servers_reader *reader, json_t *value,
                                        struct str path, void *ret_value)
{
    return servers_reader_list(
        reader, value, path, redirect_policy_host_is_valid,
        "a lower-case host without a port, \"localhost\", or a private-use scheme "
        "such as \"cursor:\"",
        ret_value);
}

static bool redirect_uri_is_valid(struct str text)
{
    return redirect_uri_check(text) == OK;
}

static enum failure read_redirect_uris(struct servers_reader *reader, json_t *value,
                                       struct str path, void *ret_value)
{
    if (json_array_size(value) < 1 || json_array_size(value) > REDIRECT_URIS_MAX)
        return servers_reader_report(reader, "%.*s must be a list of 1 to %d URIs.", STR_ARGS(path),
                                     REDIRECT_URIS_MAX);
    return servers_reader_list(
        reader, value, path, redirect_uri_is_valid,
        "https, or http on a loopback address, or a private-use scheme, and without "
        "a fragment",
        ret_value);
}

/* Logins are texts, ids are numbers. A text of digits is refused: meant as an id, it would admit
 * whoever registers it as a login. */
static enum failure read_users(struct servers_reader *reader, json_t *value, struct str path,
                               void *ret_value)
{
    struct server *server = ret_value;
    size_t len = json_array_size(value);
    if (!json_is_array(value))
        return servers_reader_report(reader, "%.*s must be a list.", STR_ARGS(path));
    struct strs logins = {.at = arena_take_array(reader->arena, len + 1, sizeof(*logins.at))};
    int64_t *ids = arena_take_array(reader->arena, len + 1, sizeof(*ids)), number;
    size_t ids_len = 0;
    if (logins.at == NULL || ids == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < len; i++) {
        json_t *entry = json_array_get(value, i);
        if (json_is_integer(entry) && json_integer_value(entry) > 0)
            ids[ids_len++] = json_integer_value(entry);
        else if (!json_is_string(entry) || !login_is_valid(servers_reader_text_of(entry)))
            return servers_reader_report(
                reader, "%.*s[%zu] must be a GitHub login, or a GitHub id as a number.",
                STR_ARGS(path), i);
        else if (str_to_i64(servers_reader_text_of(entry), &number))
            return servers_reader_report(
                reader, "%.*s[%zu] looks like a GitHub id; write it without quotes.",
                STR_ARGS(path), i);
        else
            TRY(servers_reader_keep(reader, servers_reader_text_of(entry),
                                    &logins.at[logins.len++]));
    }
    server->allowed_users = logins;
    server->allowed_ids = ids;
    server->allowed_ids_len = ids_len;
    return OK;
}

/* the servers */

static const struct servers_member SERVER_MEMBERS[] = {
    {"name", servers_reader_text, offsetof(struct server, name)},
    {"description", servers_reader_text, offsetof(struct server, description)},
    {"allowed_users", read_users, 0},
    {"allowed_orgs", read_orgs, offsetof(struct server, allowed_orgs)},
    {"allowed_teams", read_teams, offsetof(struct server, allowed_teams)},
    {"resource", read_resource, offsetof(struct server, resource)},
    {"redirect_hosts", read_redirect_hosts, offsetof(struct server, redirects.hosts)},
    {"introspection_secret_sha256", servers_reader_sha256,
     offsetof(struct server, introspection_secret_sha256)},
    {"consent", read_consent, offsetof(struct server, asks_consent_before_github)},
    {"reauthenticate_after", servers_reader_duration,
     offsetof(struct server, reauthenticate_after_s)},
};

/* Both become part of a scope, a URL path and a client_id. */
static bool domain_is_valid(struct str domain)
{
    for (size_t i = 0; i < domain.len; i++)
        if (domain.at[i] >= 'A' && domain.at[i] <= 'Z')
            return false;
    return domain.len <= SERVER_KEY_BYTES_MAX && uri_host_is_valid(domain) &&
           str_index_of(domain, ':') == domain.len;
}

static bool key_is_valid(struct str key)
{
    for (size_t i = 0; i < key.len; i++) {
        char c = key.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_' || c == '.' || c == '~'))
            return false;
    }
    return key.len > 0 && key.len <= SERVER_KEY_BYTES_MAX;
}

static enum failure append_hosts(struct servers_reader *reader, struct strs more,
                                 struct strs *hosts)
{
    struct strs both = {
        .at = arena_take_array(reader->arena, hosts->len + more.len + 1, sizeof(*both.at))};
    if (both.at == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < hosts->len; i++)
        both.at[both.len++] = hosts->at[i];
    for (size_t i = 0; i < more.len; i++)
        both.at[both.len++] = more.at[i];
    *hosts = both;
    return OK;
}

static enum failure read_server(struct servers_reader *reader, json_t *value, struct str path,
                                const struct server *defaults, struct server *server)
{
    struct str domain = server->domain, key = server->key;
    *server = *defaults;
    server->domain = server->redirects.domain = domain;
    server->key = server->name = key;
    server->description = STR("");
    server->redirects.hosts = (struct strs){.len = 0};
    TRY(servers_reader_members(reader, value, path, SERVER_MEMBERS,
                               sizeof(SERVER_MEMBERS) / sizeof(SERVER_MEMBERS[0]), server));
    TRY(append_hosts(reader, defaults->redirects.hosts, &server->redirects.hosts));
    if (json_object_get(value, "allowed_users") == NULL &&
        json_object_get(value, "allowed_orgs") == NULL &&
        json_object_get(value, "allowed_teams") == NULL)
        return servers_reader_report(
            reader, "%.*s.allowed_users is missing; list who may use this server.", STR_ARGS(path));
    if (str_is_empty(server->name))
        server->name = key;
    server->scope = scope_make_mcp(reader->arena, domain, key);
    return str_is_present(server->scope) ? OK : FAIL_LIMIT_REACHED;
}

static enum failure read_domain(struct servers_reader *reader, const char *domain, json_t *value,
                                const struct server *defaults, struct servers *servers)
{
    const char *key;
    json_t *entry;
    struct str path = arena_printf(reader->arena, "servers.%s", domain);
    if (!str_is_present(path))
        return FAIL_LIMIT_REACHED;
    if (!domain_is_valid(str_from_cstr(domain)))
        return servers_reader_report(
            reader, "%.*s: a domain must be a lower-case host name without a port.",
            STR_ARGS(path));
    if (!json_is_object(value))
        return servers_reader_report(reader, "%.*s must be an object of servers.", STR_ARGS(path));
    json_object_foreach(value, key, entry)
    {
        if (servers_reader_is_comment(key))
            continue;
        struct str at = servers_reader_join(reader, path, key);
        if (!str_is_present(at))
            return FAIL_LIMIT_REACHED;
        if (!key_is_valid(str_from_cstr(key)))
            return servers_reader_report(
                reader,
                "%.*s: the name of a server may have letters, digits, '-', '_', "
                "'.' and '~' only.",
                STR_ARGS(at));
        struct server *server = &servers->at[servers->len++];
        TRY(servers_reader_keep(reader, str_from_cstr(domain), &server->domain));
        TRY(servers_reader_keep(reader, str_from_cstr(key), &server->key));
        TRY(read_server(reader, entry, at, defaults, server));
    }
    return OK;
}

static enum failure check_resources_differ(struct servers_reader *reader,
                                           const struct servers *servers)
{
    for (size_t i = 0; i < servers->len; i++) {
        struct str resource = servers->at[i].resource;
        const struct server *first =
            str_is_present(resource) ? servers_find_resource(servers, resource) : &servers->at[i];
        if (first != &servers->at[i])
            return servers_reader_report(reader,
                                         "servers.%.*s.%.*s.resource is the same as that of "
                                         "servers.%.*s.%.*s; each server needs its own.",
                                         STR_ARGS(servers->at[i].domain),
                                         STR_ARGS(servers->at[i].key), STR_ARGS(first->domain),
                                         STR_ARGS(first->key));
    }
    return OK;
}

static enum failure read_servers(struct servers_reader *reader, const struct file *file,
                                 struct servers *servers)
{
    const char *domain;
    json_t *value;
    size_t count = 0;
    if (!json_is_object(file->servers))
        return servers_reader_report(reader,
                                     "servers is missing; it must be an object of domains.");
    json_object_foreach(file->servers, domain, value) count += json_object_size(value);
    if (count > SERVERS_MAX)
        return servers_reader_report(reader, "servers has %zu servers; at most %d are possible.",
                                     count, SERVERS_MAX);
    servers->at = arena_take_array(reader->arena, count + 1, sizeof(*servers->at));
    if (servers->at == NULL)
        return FAIL_LIMIT_REACHED;
    json_object_foreach(file->servers, domain, value) if (!servers_reader_is_comment(domain))
        TRY(read_domain(reader, domain, value, &file->defaults, servers));
    if (servers->len == 0)
        return servers_reader_report(reader,
                                     "servers is empty; configure at least one MCP server.");
    return check_resources_differ(reader, servers);
}

/* the clients */

static const struct servers_member CLIENT_MEMBERS[] = {
    {"client_id", servers_reader_text, offsetof(struct servers_client, client_id)},
    {"client_name", servers_reader_text, offsetof(struct servers_client, client_name)},
    {"redirect_uris", read_redirect_uris, offsetof(struct servers_client, redirect_uris)},
    {"scope", servers_reader_text, offsetof(struct servers_client, scope)},
    {"token_endpoint_auth_method", servers_reader_text,
     offsetof(struct servers_client, token_endpoint_auth_method)},
    {"client_secret_sha256", servers_reader_sha256,
     offsetof(struct servers_client, client_secret_sha256)},
};

static enum failure check_client_method(struct servers_reader *reader, struct str path,
                                        struct servers_client *client)
{
    bool has_secret = str_is_present(client->client_secret_sha256);
    if (!str_is_present(client->token_endpoint_auth_method))
        client->token_endpoint_auth_method = has_secret ? STR("client_secret_basic") : STR("none");
    if (!client_authentication_method_is_known(client->token_endpoint_auth_method))
        return servers_reader_report(
            reader,
            "%.*s.token_endpoint_auth_method must be none, client_secret_basic "
            "or client_secret_post.",
            STR_ARGS(path));
    if (str_equals(client->token_endpoint_auth_method, STR("none")) == has_secret)
        return servers_reader_report(reader,
                                     "%.*s.client_secret_sha256 must be there exactly when "
                                     "token_endpoint_auth_method is not none.",
                                     STR_ARGS(path));
    return OK;
}

static enum failure check_client_scope(struct servers_reader *reader, const struct servers *servers,
                                       struct str path, struct str scope)
{
    struct str mcp = scope_find_mcp(scope);
    if (scope_check(scope) != OK)
        return servers_reader_report(reader, "%.*s.scope must be words separated by spaces.",
                                     STR_ARGS(path));
    if (scope_count_mcp(scope) > 1)
        return servers_reader_report(reader, "%.*s.scope must name at most one MCP server.",
                                     STR_ARGS(path));
    if (str_is_present(mcp) && servers_find_scope(servers, mcp) == NULL)
        return servers_reader_report(
            reader, "%.*s.scope names an MCP server that servers does not have.", STR_ARGS(path));
    return OK;
}

static enum failure check_client(struct servers_reader *reader, const struct servers *servers,
                                 struct str path, struct servers_client *client)
{
    if (client_id_check(client->client_id) != OK)
        return servers_reader_report(reader, "%.*s.client_id must be a text of visible characters.",
                                     STR_ARGS(path));
    if (servers_find_client(servers, client->client_id) != NULL)
        return servers_reader_report(reader, "%.*s.client_id occurs twice.", STR_ARGS(path));
    if (!client_name_is_valid(client->client_name))
        return servers_reader_report(reader,
                                     "%.*s.client_name must be a text of 1 to %d characters.",
                                     STR_ARGS(path), CLIENT_NAME_CHARACTERS_MAX);
    if (client->redirect_uris.len == 0)
        return servers_reader_report(reader, "%.*s.redirect_uris is missing.", STR_ARGS(path));
    TRY(check_client_scope(reader, servers, path, client->scope));
    const struct server *server = servers_find_scope(servers, scope_find_mcp(client->scope));
    for (size_t i = 0; i < client->redirect_uris.len; i++)
        if (servers_check_redirect_uri(servers, server, client->redirect_uris.at[i]) != OK)
            return servers_reader_report(
                reader,
                "%.*s.redirect_uris[%zu] is not allowed for its MCP server; add "
                "its host to redirect_hosts.",
                STR_ARGS(path), i);
    return check_client_method(reader, path, client);
}

static enum failure read_clients(struct servers_reader *reader, const struct file *file,
                                 struct servers *servers)
{
    if (file->clients != NULL && !json_is_array(file->clients))
        return servers_reader_report(reader, "clients must be a list.");
    size_t len = json_array_size(file->clients);
    servers->clients = arena_take_array(reader->arena, len + 1, sizeof(*servers->clients));
    if (servers->clients == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < len; i++) {
        struct servers_client client = {.client_id = STR_ABSENT};
        struct str path = arena_printf(reader->arena, "clients[%zu]", i);
        if (!str_is_present(path))
            return FAIL_LIMIT_REACHED;
        TRY(servers_reader_members(reader, json_array_get(file->clients, i), path, CLIENT_MEMBERS,
                                   sizeof(CLIENT_MEMBERS) / sizeof(CLIENT_MEMBERS[0]), &client));
        TRY(check_client(reader, servers, path, &client));
        servers->clients[servers->clients_len++] = client;
    }
    return OK;
}

/* the file */

static const struct servers_member FILE_MEMBERS[] = {
    {"servers", read_json, offsetof(struct file, servers)},
    {"clients", read_json, offsetof(struct file, clients)},
    {"redirect_hosts", read_redirect_hosts, offsetof(struct file, defaults.redirects.hosts)},
    {"consent", read_consent, offsetof(struct file, defaults.asks_consent_before_github)},
    {"reauthenticate_after", servers_reader_duration,
     offsetof(struct file, defaults.reauthenticate_after_s)},
};

static enum failure read_file(struct servers_reader *reader, struct str text,
                              struct servers *servers)
{
    json_error_t error;
    struct file file = {.defaults.reauthenticate_after_s = SERVERS_REAUTHENTICATE_AFTER_S};
    if (text.len > SERVERS_FILE_BYTES_MAX)
        return servers_reader_report(reader, "The servers file is larger than %d bytes.",
                                     SERVERS_FILE_BYTES_MAX);
    OWNED_JSON json = json_loadb(text.at ? text.at : "", text.len, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        return servers_reader_report(reader,
                                     "The servers file is not JSON: line %d, column %d: %s.",
                                     error.line, error.column, error.text);
    if (!json_is_object(json))
        return servers_reader_report(
            reader, "The servers file must be a JSON object with the member servers.");
    TRY(servers_reader_members(reader, json, STR(""), FILE_MEMBERS,
                               sizeof(FILE_MEMBERS) / sizeof(FILE_MEMBERS[0]), &file));
    TRY(read_servers(reader, &file, servers));
    return read_clients(reader, &file, servers);
}

enum failure servers_new_from_json(struct str text, struct arena *arena,
                                   struct servers **ret_servers, struct str *ret_problem)
{
    enum failure failure = FAIL_LIMIT_REACHED;
    struct servers_reader reader = {.arena = arena_new(ARENA_BYTES_MAX), .problem_arena = arena};
    struct servers *servers =
        reader.arena != NULL ? arena_take(reader.arena, sizeof(*servers)) : NULL;
    if (servers != NULL)
        failure = read_file(&reader, text, servers);
    if (failure != OK) {
        arena_free(reader.arena);
        *ret_problem = str_is_present(reader.problem)
                           ? reader.problem
                           : STR("The servers file needs more memory than there is.");
        return FAIL_CONFIGURATION_INVALID;
    }
    servers->arena = reader.arena;
    *ret_servers = servers;
    return OK;
}

void servers_free(struct servers *servers)
{
    if (servers != NULL)
        arena_free(servers->arena);
}
