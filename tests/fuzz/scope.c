/* Clients control this input: lines of scope, registered scope, the scope asked for at refresh, and
 * resources. Attacks scope_check, scope_choose and scope_narrow: nothing may be granted that was
 * not asked for, and nothing for a second server. */
#include "common/oauth/scope.h"
#include "common/base/limits.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/servers.h"

static bool is_subset(struct str words, struct str of)
{
    struct str word;
    while (str_next_word(&words, &word))
        if (!scope_contains(of, word))
            return false;
    return true;
}

static void check_grant(const struct scope_grant *grant, struct str asked)
{
    struct str words = grant->scope, first = STR_ABSENT;
    FUZZ_CHECK(str_next_word(&words, &first) && str_equals(first, grant->server->scope));
    FUZZ_CHECK(scope_count_mcp(grant->scope) == 1);
    FUZZ_CHECK(is_subset(words, asked));
    FUZZ_CHECK(is_subset(words, STR("email openid profile offline_access")));
}

static void check_narrow(struct arena *arena, struct str granted, struct str requested)
{
    struct str scope, again;
    if (scope_narrow(arena, granted, requested, &scope) != OK)
        return;
    FUZZ_CHECK(is_subset(scope, granted));
    FUZZ_CHECK(str_equals(scope_find_mcp(scope), scope_find_mcp(granted)));
    FUZZ_CHECK(scope_narrow(arena, granted, scope, &again) == OK && str_equals(again, scope));
}

void fuzz_one(struct str input, struct arena *arena)
{
    const struct servers *servers = fuzz_servers();
    struct str rest = input, requested, resources[RESOURCES_MAX];
    struct scope_request request = {.scope = fuzz_line(&rest),
                                    .registered_scope = fuzz_line(&rest),
                                    .resources = {.at = resources}};
    struct scope_grant grant, again;
    requested = fuzz_line(&rest);
    while (request.resources.len < RESOURCES_MAX && str_is_present(rest))
        resources[request.resources.len++] = fuzz_line(&rest);
    if (scope_choose(arena, servers, &request, &grant) != OK)
        return;
    check_grant(&grant, str_is_empty(request.scope) ? request.registered_scope : request.scope);
    check_narrow(arena, grant.scope, requested);
    /* Asking for what was granted grants the same. */
    request = (struct scope_request){.scope = grant.scope};
    FUZZ_CHECK(scope_choose(arena, servers, &request, &again) == OK);
    FUZZ_CHECK(again.server == grant.server && str_equals(again.scope, grant.scope));
}
