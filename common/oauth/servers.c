/* The questions about the servers; reading the file is servers_file.c's work. The lists are short
 * and few, so everything is found by looking at each in turn. */
#include "common/oauth/servers.h"
#include "common/oauth/resource.h"
#include "common/oauth/scope.h"

#include <stdio.h>

const struct server *servers_find(const struct servers *servers, struct str domain, struct str key)
{
    for (size_t i = 0; i < servers->len; i++)
        if (str_equals(servers->at[i].domain, domain) && str_equals(servers->at[i].key, key))
            return &servers->at[i];
    return NULL;
}

const struct server *servers_find_scope(const struct servers *servers, struct str scope)
{
    for (size_t i = 0; i < servers->len; i++)
        if (str_equals(servers->at[i].scope, scope))
            return &servers->at[i];
    return NULL;
}

const struct server *servers_find_resource(const struct servers *servers, struct str resource)
{
    for (size_t i = 0; i < servers->len; i++)
        if (str_is_present(servers->at[i].resource) &&
            resource_equals(servers->at[i].resource, resource))
            return &servers->at[i];
    return NULL;
}

const struct server *servers_find_only(const struct servers *servers)
{
    return servers->len == 1 ? &servers->at[0] : NULL;
}

const struct servers_client *servers_find_client(const struct servers *servers,
                                                 struct str client_id)
{
    for (size_t i = 0; i < servers->clients_len; i++)
        if (str_equals(servers->clients[i].client_id, client_id))
            return &servers->clients[i];
    return NULL;
}

struct str servers_find_only_domain(const struct servers *servers)
{
    for (size_t i = 1; i < servers->len; i++)
        if (!str_equals(servers->at[i].domain, servers->at[0].domain))
            return STR_ABSENT;
    return servers->at[0].domain;
}

enum failure servers_check_resources(const struct servers *servers, const struct server *server,
                                     struct strs resources)
{
    for (size_t i = 0; i < resources.len; i++)
        TRY(resource_check(resources.at[i]));
    for (size_t i = 0; i < resources.len; i++) {
        const struct server *named = servers_find_resource(servers, resources.at[i]);
        if (named != server && (named != NULL || str_is_present(server->resource)))
            return FAIL_RESOURCE_FOREIGN;
    }
    return OK;
}

enum failure servers_check_redirect_uri(const struct servers *servers, const struct server *server,
                                        struct str redirect_uri)
{
    if (server != NULL)
        return redirect_uri_check_policy(redirect_uri, &server->redirects);
    enum failure failure = FAIL_REDIRECT_URI_NOT_ALLOWED;
    for (size_t i = 0; i < servers->len && failure == FAIL_REDIRECT_URI_NOT_ALLOWED; i++)
        failure = redirect_uri_check_policy(redirect_uri, &servers->at[i].redirects);
    return failure;
}

/* access */

static bool names_contain(struct strs names, struct str name)
{
    for (size_t i = 0; i < names.len; i++)
        if (name.len > 0 && str_equals_ignoring_case(names.at[i], name))
            return true;
    return false;
}

static bool id_is_allowed(const struct server *server, int64_t id)
{
    for (size_t i = 0; i < server->allowed_ids_len; i++)
        if (server->allowed_ids[i] == id)
            return true;
    return false;
}

/* The entry of the file that is among the user's; the absent text when none is. */
static struct str find_common(struct strs allowed, struct strs own)
{
    for (size_t i = 0; i < allowed.len; i++)
        if (names_contain(own, allowed.at[i]))
            return allowed.at[i];
    return STR_ABSENT;
}

enum failure servers_check_user(const struct server *server, const struct servers_user *user,
                                struct arena *arena, struct str *ret_rule)
{
    struct str rule;
    struct str org = find_common(server->allowed_orgs, user->orgs);
    struct str team = find_common(server->allowed_teams, user->teams);
    /* An id first: it is the one thing that cannot change hands. */
    if (id_is_allowed(server, user->id))
        rule = arena_printf(arena, "id:%lld", (long long)user->id);
    else if (names_contain(server->allowed_users, user->login))
        rule = arena_printf(arena, "user:%.*s", STR_ARGS(user->login));
    else if (str_is_present(org))
        rule = arena_printf(arena, "org:%.*s", STR_ARGS(org));
    else if (str_is_present(team))
        rule = arena_printf(arena, "team:%.*s", STR_ARGS(team));
    else
        return FAIL_USER_NOT_ALLOWED;
    if (!str_is_present(rule))
        return FAIL_LIMIT_REACHED;
    *ret_rule = rule;
    return OK;
}

enum servers_admission servers_still_admits(const struct server *server, struct str rule,
                                            struct str login, int64_t user_id)
{
    struct str kind, name;
    if (id_is_allowed(server, user_id) || names_contain(server->allowed_users, login))
        return SERVERS_NAMES_USER;
    if (!str_cut(rule, ':', &kind, &name))
        return SERVERS_REFUSES;
    bool is_trusted = (str_equals(kind, STR("org")) && names_contain(server->allowed_orgs, name)) ||
                      (str_equals(kind, STR("team")) && names_contain(server->allowed_teams, name));
    return is_trusted ? SERVERS_TRUSTS_MEMBERSHIP : SERVERS_REFUSES;
}

bool servers_has_membership_rules(const struct server *server)
{
    return server->allowed_orgs.len > 0 || server->allowed_teams.len > 0;
}
