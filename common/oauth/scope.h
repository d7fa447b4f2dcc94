/* Scopes (RFC 6749 3.3): their syntax, the choice of the one MCP server that a grant is for, and
 * narrowing at refresh.
 *
 *     struct scope_request request = {.scope = scope, .resources = resources,
 *                                     .registered_scope = client.scope};
 *     struct scope_grant grant;
 *     TRY(scope_choose(arena, servers, &request, &grant));
 *     grant.server, grant.scope == "mcp:example.com:tools email offline_access"
 *
 * A granted scope has one spelling: the server's mcp scope, then email, openid, profile and
 * offline_access as far as asked for. All other words are ignored, because clients ask for
 * everything that any metadata advertises; the response's `scope` says what was granted. */
#ifndef COMMON_OAUTH_SCOPE_H
#define COMMON_OAUTH_SCOPE_H

#include "common/oauth/servers.h"

struct scope_request {
    struct str scope;            /* the parameter; absent or empty: the registered one counts */
    struct strs resources;       /* every resource parameter */
    struct str registered_scope; /* the client's default, not a limit; absent without one */
};

struct scope_grant {
    const struct server *server; /* borrowed from the servers */
    struct str scope;            /* in the arena */
};

/* FAIL_SCOPE_MALFORMED for a character that RFC 6749 3.3 does not allow or more than
 * SCOPE_BYTES_MAX. Absent and empty are well formed; so are several spaces in a row. */
enum failure scope_check(struct str scope) MUST_CHECK;
bool scope_contains(struct str scope, struct str word);
/* mcp:<domain>:<server>; false for all other words, "mcp:*" and "mcp:tools" among them. */
bool scope_split_mcp(struct str word, struct str *ret_domain, struct str *ret_key);
struct str scope_make_mcp(struct arena *arena, struct str domain, struct str key);
/* The first mcp:<domain>:<server> of a scope; the absent text when there is none. */
struct str scope_find_mcp(struct str scope);
/* How many different mcp:<domain>:<server> a scope has. */
size_t scope_count_mcp(struct str scope);

/* The server is the one that `resource` names; else that of the scope's single mcp scope; else that
 * of the registered scope; else the only configured one.
 *   FAIL_SCOPE_AMBIGUOUS       two mcp scopes and no deciding resource, or nothing decides
 *   FAIL_SCOPE_SERVER_UNKNOWN  the mcp scope that decides is not in the servers file
 *   FAIL_RESOURCE_FOREIGN      a resource of another server than the mcp scope's, or of several
 *   FAIL_RESOURCE_MALFORMED, FAIL_SCOPE_MALFORMED, FAIL_LIMIT_REACHED */
enum failure scope_choose(struct arena *arena, const struct servers *servers,
                          const struct scope_request *request,
                          struct scope_grant *ret_grant) MUST_CHECK;

/* RFC 6749 6, at refresh, for this access token only: what was granted and is asked for again; the
 * mcp scope stays and excess words are dropped. An absent or empty request asks for all of it.
 * FAIL_SCOPE_EXCEEDS_GRANT when only other servers' mcp scopes are named: a token for the grant's
 * server would then be a surprise. */
enum failure scope_narrow(struct arena *arena, struct str granted, struct str requested,
                          struct str *ret_scope) MUST_CHECK;

#endif
