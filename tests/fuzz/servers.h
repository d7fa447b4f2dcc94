/* The servers that targets ask about: two of one domain and one of another, two with a resource. */
#ifndef TESTS_FUZZ_SERVERS_H
#define TESTS_FUZZ_SERVERS_H

#include "common/base/limits.h"
#include "common/oauth/servers.h"
#include "tests/fuzz/fuzz.h"

/* Made once, for as long as the program runs. */
static inline const struct servers *fuzz_servers(void)
{
    static struct servers *servers;
    if (servers != NULL)
        return servers;
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    struct str problem;
    const struct str text = STR("{\"servers\": {"
                                "\"one.example\": {"
                                "\"a\": {\"allowed_users\": [1], \"redirect_hosts\": [\"cursor:\"],"
                                " \"resource\": \"https://a.example\"},"
                                "\"b\": {\"allowed_users\": [\"octocat\"]}},"
                                "\"two.example\": {"
                                "\"c\": {\"allowed_orgs\": [\"my-org\"],"
                                " \"resource\": \"https://c.example/mcp\"}}},"
                                "\"redirect_hosts\": [\"localhost\"]}");
    FUZZ_CHECK(servers_new_from_json(text, arena, &servers, &problem) == OK);
    arena_free(arena);
    return servers;
}

#endif
