/* GET /.well-known/oauth-protected-resource/<domain>/<server> (RFC 9728 3.2), for MCP servers that
 * do not serve their own. A server is found by its name, or, when its resource lies on our own
 * host, by that URL's path (3.1).
 *
 * resource is the server's configured URL, because a client compares it with the URL that it has
 * called (3.3). A server without one gets <issuer>/<domain>/<server>: the one URL from which 3.1
 * leads to this document. */
#include "common/base/limits.h"
#include "common/oauth/uri.h"
#include "services/registry/operations.h"
#include "services/registry/registry.h"

/* RFC 9728 2 */
struct protected_resource {
    struct str resource;
    struct strs authorization_servers;
    struct strs scopes_supported;
    struct strs bearer_methods_supported;
    struct str resource_name;
};

#define MEMBER(member, kind, max) FIELD(struct protected_resource, member, kind, max, 0)
static const struct field PROTECTED_RESOURCE_FIELDS[] = {
    MEMBER(resource, STR, STATE_BYTES_MAX),
    MEMBER(authorization_servers, STRS, STATE_BYTES_MAX),
    MEMBER(scopes_supported, STRS, SCOPE_BYTES_MAX),
    MEMBER(bearer_methods_supported, STRS, NAME_BYTES_MAX),
    MEMBER(resource_name, STR, STATE_BYTES_MAX),
};
#undef MEMBER
static const struct fields PROTECTED_RESOURCE =
    FIELDS_OF(struct protected_resource, PROTECTED_RESOURCE_FIELDS);

static struct str BEARER_METHODS[] = {STR_INIT("header")};

/* "/example.com/tools"; NULL without such a server. */
static const struct server *find_named(struct str path)
{
    struct str domain, key;
    if (!str_starts_with(path, STR("/")) || !str_cut(str_from(path, 1), '/', &domain, &key))
        return NULL;
    return servers_find(registry_servers(), domain, key);
}

static enum failure find_server(struct arena *arena, struct str path_and_query,
                                const struct server **ret_server)
{
    struct uri issuer = {0};
    bool is_split = uri_split(registry_issuer(), &issuer); /* service_main has checked it */
    struct str base_path = is_split && str_is_present(issuer.path) ? issuer.path : STR("");
    struct str origin = str_first(registry_issuer(), registry_issuer().len - base_path.len);
    struct str path = str_first(path_and_query, str_index_of(path_and_query, '?'));
    const struct server *server = find_named(path);
    if (server == NULL && str_starts_with(path, base_path))
        server = find_named(str_from(path, base_path.len));
    if (server == NULL) {
        struct str url =
            arena_printf(arena, "%.*s%.*s", STR_ARGS(origin), STR_ARGS(path_and_query));
        if (!str_is_present(url))
            return FAIL_LIMIT_REACHED;
        server = servers_find_resource(registry_servers(), url);
    }
    if (server == NULL)
        return FAIL_NOT_FOUND;
    *ret_server = server;
    return OK;
}

static enum failure protected_resource_answer(struct arena *arena, struct str path_and_query,
                                              struct protected_resource_reply *ret_reply)
{
    const struct server *server = NULL;
    struct str issuer = registry_issuer();
    TRY(find_server(arena, path_and_query, &server));
    struct str scopes[] = {server->scope, STR("openid"), STR("profile"), STR("email"),
                           STR("offline_access")};
    struct protected_resource metadata = {
        .resource = server->resource,
        .authorization_servers = {&issuer, 1},
        .scopes_supported = {scopes, sizeof(scopes) / sizeof(scopes[0])},
        .bearer_methods_supported = {BEARER_METHODS, 1},
        .resource_name = server->name,
    };
    if (!str_is_present(metadata.resource))
        metadata.resource = arena_printf(arena, "%.*s/%.*s/%.*s", STR_ARGS(issuer),
                                         STR_ARGS(server->domain), STR_ARGS(server->key));
    if (!str_is_present(metadata.resource))
        return FAIL_LIMIT_REACHED;
    return fields_to_json(&PROTECTED_RESOURCE, &metadata, arena, &ret_reply->metadata);
}

void protected_resource_handle(struct task *task, const void *message)
{
    const struct protected_resource_request *request = message;
    struct protected_resource_reply reply = {.metadata = STR_ABSENT};
    enum failure failure = protected_resource_answer(task->arena, request->path, &reply);
    if (failure == OK)
        task_reply(task, &reply);
    else
        task_fail(task, failure, request->path);
}
