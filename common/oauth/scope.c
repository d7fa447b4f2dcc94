/* The choice of the server is one ladder (scope_choose); everything else here serves it. */
#include "common/oauth/scope.h"
#include "common/base/limits.h"

/* What may stand behind the mcp scope, in the order in which it is granted. */
static const char *const FURTHER_SCOPES[] = {"email", "openid", "profile", "offline_access"};
enum { FURTHER_SCOPES_LEN = sizeof(FURTHER_SCOPES) / sizeof(FURTHER_SCOPES[0]) };

enum failure scope_check(struct str scope)
{
    if (scope.len > SCOPE_BYTES_MAX)
        return FAIL_SCOPE_MALFORMED;
    for (size_t i = 0; i < scope.len; i++) {
        char c = scope.at[i];
        if (c < ' ' || c > '~' || c == '"' || c == '\\')
            return FAIL_SCOPE_MALFORMED;
    }
    return OK;
}

bool scope_contains(struct str scope, struct str word)
{
    struct str found;
    while (str_next_word(&scope, &found))
        if (str_equals(found, word))
            return true;
    return false;
}

bool scope_split_mcp(struct str word, struct str *ret_domain, struct str *ret_key)
{
    struct str prefix, rest, domain, key;
    if (!str_cut(word, ':', &prefix, &rest) || !str_equals(prefix, STR("mcp")) ||
        !str_cut(rest, ':', &domain, &key) || domain.len == 0 || key.len == 0 ||
        str_index_of(key, ':') < key.len)
        return false;
    *ret_domain = domain;
    *ret_key = key;
    return true;
}

struct str scope_make_mcp(struct arena *arena, struct str domain, struct str key)
{
    return ARENA_JOIN(arena, STR("mcp:"), domain, STR(":"), key);
}

static bool word_is_mcp(struct str word)
{
    struct str domain, key;
    return scope_split_mcp(word, &domain, &key);
}

struct str scope_find_mcp(struct str scope)
{
    struct str word;
    while (str_next_word(&scope, &word))
        if (word_is_mcp(word))
            return word;
    return STR_ABSENT;
}

size_t scope_count_mcp(struct str scope)
{
    struct str rest = scope, word;
    size_t count = 0;
    while (str_next_word(&rest, &word)) {
        struct str before = str_first(scope, (size_t)(word.at - scope.at));
        if (word_is_mcp(word) && !scope_contains(before, word))
            count++;
    }
    return count;
}

/* The mcp scope and, of the further ones, those that are in asked and, when limit is present, in
 * limit too. */
static struct str compose(struct arena *arena, struct str mcp, struct str asked, struct str limit)
{
    const char *found[FURTHER_SCOPES_LEN];
    for (size_t i = 0; i < FURTHER_SCOPES_LEN; i++) {
        struct str word = str_from_cstr(FURTHER_SCOPES[i]);
        bool is_granted =
            scope_contains(asked, word) && (!str_is_present(limit) || scope_contains(limit, word));
        found[i] = is_granted ? FURTHER_SCOPES[i] : NULL;
    }
    struct str scope = mcp;
    for (size_t i = 0; i < FURTHER_SCOPES_LEN && str_is_present(scope); i++)
        if (found[i] != NULL)
            scope = arena_printf(arena, "%.*s %s", STR_ARGS(scope), found[i]);
    return scope;
}

/* The single mcp scope of a text decides; none leaves *ret_server as it is. */
static enum failure choose_by_scope(const struct servers *servers, struct str scope,
                                    const struct server **ret_server)
{
    struct str mcp = scope_find_mcp(scope);
    if (!str_is_present(mcp))
        return OK;
    const struct server *server = servers_find_scope(servers, mcp);
    if (server == NULL)
        return FAIL_SCOPE_SERVER_UNKNOWN;
    *ret_server = server;
    return OK;
}

/* RFC 8707 2.1: a configured resource decides, if it does not contradict the scope. */
static enum failure choose_by_resource(const struct servers *servers,
                                       const struct scope_request *request,
                                       const struct server **ret_server)
{
    const struct server *server = NULL;
    for (size_t i = 0; i < request->resources.len && server == NULL; i++)
        server = servers_find_resource(servers, request->resources.at[i]);
    if (server == NULL)
        return OK;
    if (scope_count_mcp(request->scope) > 0 && !scope_contains(request->scope, server->scope))
        return FAIL_RESOURCE_FOREIGN;
    *ret_server = server;
    return OK;
}

static enum failure choose_server(const struct servers *servers,
                                  const struct scope_request *request,
                                  const struct server **ret_server)
{
    const struct server *server = NULL;
    TRY(choose_by_resource(servers, request, &server));
    if (server == NULL && scope_count_mcp(request->scope) > 1)
        return FAIL_SCOPE_AMBIGUOUS;
    if (server == NULL)
        TRY(choose_by_scope(servers, request->scope, &server));
    /* A client that registered for several has no default among them. */
    if (server == NULL && scope_count_mcp(request->registered_scope) == 1)
        TRY(choose_by_scope(servers, request->registered_scope, &server));
    if (server == NULL)
        server = servers_find_only(servers);
    if (server == NULL)
        return FAIL_SCOPE_AMBIGUOUS;
    *ret_server = server;
    return OK;
}

enum failure scope_choose(struct arena *arena, const struct servers *servers,
                          const struct scope_request *request, struct scope_grant *ret_grant)
{
    struct scope_grant grant = {.server = NULL};
    TRY(scope_check(request->scope));
    TRY(choose_server(servers, request, &grant.server));
    TRY(servers_check_resources(servers, grant.server, request->resources));
    struct str asked = str_is_empty(request->scope) ? request->registered_scope : request->scope;
    grant.scope = compose(arena, arena_dup(arena, grant.server->scope), asked, STR_ABSENT);
    if (!str_is_present(grant.scope))
        return FAIL_LIMIT_REACHED;
    *ret_grant = grant;
    return OK;
}

enum failure scope_narrow(struct arena *arena, struct str granted, struct str requested,
                          struct str *ret_scope)
{
    struct str mcp = scope_find_mcp(granted);
    TRY(scope_check(requested));
    if (!str_is_present(mcp))
        return FAIL_SCOPE_MALFORMED;
    if (scope_count_mcp(requested) > 0 && !scope_contains(requested, mcp))
        return FAIL_SCOPE_EXCEEDS_GRANT;
    struct str scope = str_is_empty(requested)
                           ? arena_dup(arena, granted)
                           : compose(arena, arena_dup(arena, mcp), requested, granted);
    if (!str_is_present(scope))
        return FAIL_LIMIT_REACHED;
    *ret_scope = scope;
    return OK;
}
