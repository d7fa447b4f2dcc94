/* Servers for tests, made from JSON in which ' stands for ". */
#ifndef TESTS_UNIT_COMMON_OAUTH_SERVERS_RIG_H
#define TESTS_UNIT_COMMON_OAUTH_SERVERS_RIG_H

#include "common/oauth/servers.h"
#include "tests/unit/common/base/unit.h"

static inline struct str servers_rig_json(struct arena *arena, const char *quoted)
{
    char *text = arena_take(arena, str_from_cstr(quoted).len + 1);
    size_t len = 0;
    for (; quoted[len] != '\0'; len++)
        text[len] = quoted[len] == '\'' ? '"' : quoted[len];
    return str_from_bytes(text, len);
}

/* The caller frees them. */
static inline struct servers *servers_rig_new(struct arena *arena, const char *quoted)
{
    struct servers *servers = NULL;
    struct str problem = STR_ABSENT;
    if (servers_new_from_json(servers_rig_json(arena, quoted), arena, &servers, &problem) != OK)
        fail_msg("%.*s", STR_ARGS(problem));
    return servers;
}

/* Two domains; a has a resource and organisation rules, b has neither, c has a resource. */
#define SERVERS_RIG_THREE                                                                          \
    "{'servers':{'one.example':{'a':{'name':'A','description':'the first',"                        \
    "'allowed_users':['OctoCat',583231],'allowed_orgs':['My-Org'],"                                \
    "'allowed_teams':['my-org/Platform'],'resource':'https://a.one.example/mcp',"                  \
    "'redirect_hosts':['claude.ai','cursor:']},"                                                   \
    "'b':{'name':'B','description':'','allowed_users':['hubot']}},"                                \
    "'two.example':{'c':{'name':'C','description':'','allowed_users':[],"                          \
    "'resource':'https://two.example/mcp'}}},'redirect_hosts':['localhost']}"
#define SERVERS_RIG_ONE                                                                            \
    "{'servers':{'one.example':{'a':{'name':'A','description':'','allowed_users':['octocat']}}}}"

#endif
