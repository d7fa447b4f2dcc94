#include "tests/unit/common/oauth/servers_rig.h"

static void servers_are_found_by_name_scope_and_resource(void **state)
{
    struct servers *servers = servers_rig_new(unit_arena(state), SERVERS_RIG_THREE);
    const struct server *a = servers_find(servers, STR("one.example"), STR("a"));
    assert_non_null(a);
    assert_ptr_equal(servers_find_scope(servers, STR("mcp:one.example:a")), a);
    assert_ptr_equal(servers_find_resource(servers, STR("https://A.one.example/mcp/")), a);
    assert_null(servers_find(servers, STR("one.example"), STR("c")));
    assert_null(servers_find(servers, STR("two.example"), STR("a")));
    assert_null(servers_find_scope(servers, STR("mcp:one.example:")));
    assert_null(servers_find_scope(servers, STR_ABSENT));
    assert_null(servers_find_resource(servers, STR("https://b.one.example/mcp")));
    assert_null(servers_find_resource(servers, STR_ABSENT));
    assert_null(servers_find_only(servers));
    assert_absent(servers_find_only_domain(servers));
    servers_free(servers);
}

static void a_single_server_is_the_only_one(void **state)
{
    struct servers *servers = servers_rig_new(unit_arena(state), SERVERS_RIG_ONE);
    assert_ptr_equal(servers_find_only(servers), servers->at);
    assert_str(servers_find_only_domain(servers), "one.example");
    assert_null(servers_find_client(servers, STR("x")));
    servers_free(servers);
}

static void several_servers_may_share_one_domain(void **state)
{
    struct servers *servers =
        servers_rig_new(unit_arena(state), "{'servers':{'one.example':{'a':{'allowed_orgs':['x']},"
                                           "'b':{'allowed_teams':['x/y']}}}}");
    assert_null(servers_find_only(servers));
    assert_str(servers_find_only_domain(servers), "one.example");
    assert_true(servers_has_membership_rules(&servers->at[0]));
    assert_true(servers_has_membership_rules(&servers->at[1]));
    servers_free(servers);
}

static void resources_must_be_the_servers_own_rfc8707_2(void **state)
{
    struct servers *servers = servers_rig_new(unit_arena(state), SERVERS_RIG_THREE);
    const struct server *a = &servers->at[0], *b = &servers->at[1];
    static const struct {
        const char *resource;
        enum failure with_a, with_b;
    } cases[] = {
        {"https://a.one.example/mcp", OK, FAIL_RESOURCE_FOREIGN},
        {"https://elsewhere.example", FAIL_RESOURCE_FOREIGN, OK},
        {"https://two.example/mcp", FAIL_RESOURCE_FOREIGN, FAIL_RESOURCE_FOREIGN},
        {"https://a.one.example/mcp#f", FAIL_RESOURCE_MALFORMED, FAIL_RESOURCE_MALFORMED},
        {"nonsense", FAIL_RESOURCE_MALFORMED, FAIL_RESOURCE_MALFORMED},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct str resource = str_from_cstr(cases[i].resource);
        struct strs resources = {&resource, 1};
        assert_failure(servers_check_resources(servers, a, resources), cases[i].with_a,
                       cases[i].resource);
        assert_failure(servers_check_resources(servers, b, resources), cases[i].with_b,
                       cases[i].resource);
    }
    assert_ok(servers_check_resources(servers, a, (struct strs){.len = 0}));
    servers_free(servers);
}

static void redirects_follow_the_servers_policy_or_the_union(void **state)
{
    struct servers *servers = servers_rig_new(unit_arena(state), SERVERS_RIG_THREE);
    const struct server *a = &servers->at[0], *b = &servers->at[1];
    static const struct {
        const char *uri;
        enum failure with_a, with_b, with_any;
    } cases[] = {
        {"https://claude.ai/cb", OK, FAIL_REDIRECT_URI_NOT_ALLOWED, OK},
        {"cursor://x", OK, FAIL_REDIRECT_URI_NOT_ALLOWED, OK},
        {"http://localhost:1/cb", OK, OK, OK},
        {"https://one.example/cb", OK, OK, OK},
        {"https://two.example/cb", FAIL_REDIRECT_URI_NOT_ALLOWED, FAIL_REDIRECT_URI_NOT_ALLOWED,
         OK},
        {"https://evil.com/cb", FAIL_REDIRECT_URI_NOT_ALLOWED, FAIL_REDIRECT_URI_NOT_ALLOWED,
         FAIL_REDIRECT_URI_NOT_ALLOWED},
        {"http://one.example/cb", FAIL_REDIRECT_URI_MALFORMED, FAIL_REDIRECT_URI_MALFORMED,
         FAIL_REDIRECT_URI_MALFORMED},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct str uri = str_from_cstr(cases[i].uri);
        assert_failure(servers_check_redirect_uri(servers, a, uri), cases[i].with_a, cases[i].uri);
        assert_failure(servers_check_redirect_uri(servers, b, uri), cases[i].with_b, cases[i].uri);
        assert_failure(servers_check_redirect_uri(servers, NULL, uri), cases[i].with_any,
                       cases[i].uri);
    }
    servers_free(servers);
}

static struct str rule_of(void **state, const struct server *server, struct servers_user user)
{
    struct str rule = STR("nobody");
    enum failure failure = servers_check_user(server, &user, unit_arena(state), &rule);
    assert_true(failure == OK || failure == FAIL_USER_NOT_ALLOWED);
    assert_int_equal(failure == OK, !str_equals(rule, STR("nobody")));
    return rule;
}

static void the_rule_that_admits_is_named(void **state)
{
    struct servers *servers = servers_rig_new(unit_arena(state), SERVERS_RIG_THREE);
    const struct server *a = &servers->at[0];
    struct str orgs[] = {STR("x"), STR("my-org")}, teams[] = {STR("MY-ORG/platform")};
    assert_str(rule_of(state, a, (struct servers_user){.login = STR("octocat"), .id = 1}),
               "user:octocat");
    assert_str(rule_of(state, a, (struct servers_user){.login = STR("other"), .id = 583231}),
               "id:583231");
    assert_str(rule_of(state, a, (struct servers_user){.login = STR("octocat"), .id = 583231}),
               "id:583231");
    assert_str(
        rule_of(state, a, (struct servers_user){.login = STR("o"), .id = 1, .orgs = {orgs, 2}}),
        "org:My-Org");
    assert_str(
        rule_of(state, a, (struct servers_user){.login = STR("o"), .id = 1, .teams = {teams, 1}}),
        "team:my-org/Platform");
    servers_free(servers);
}

static void strangers_are_not_allowed_rfc6749_4_1_2_1(void **state)
{
    struct servers *servers = servers_rig_new(unit_arena(state), SERVERS_RIG_THREE);
    struct str orgs[] = {STR("my-org2"), STR("")}, teams[] = {STR("platform"), STR("my-org")};
    static const char *const logins[] = {"octocat2", "octoca", "", "583231", "My-Org", "hubot"};
    for (size_t i = 0; i < LENGTH_OF(logins); i++)
        assert_str(rule_of(state, &servers->at[0],
                           (struct servers_user){.login = str_from_cstr(logins[i]),
                                                 .id = 7,
                                                 .orgs = {orgs, 2},
                                                 .teams = {teams, 2}}),
                   "nobody");
    /* an empty list admits nobody */
    assert_str(rule_of(state, &servers->at[2],
                       (struct servers_user){.login = STR("octocat"), .id = 583231}),
               "nobody");
    assert_str(rule_of(state, &servers->at[2], (struct servers_user){.id = 0}), "nobody");
    servers_free(servers);
}

static void at_refresh_the_file_is_asked_again(void **state)
{
    struct servers *servers = servers_rig_new(unit_arena(state), SERVERS_RIG_THREE);
    const struct server *a = &servers->at[0];
    static const struct {
        const char *rule, *login;
        int64_t id;
        enum servers_admission admission;
    } cases[] = {
        {"user:octocat", "octocat", 1, SERVERS_NAMES_USER},
        {"user:gone", "gone", 1, SERVERS_REFUSES},
        {"user:gone", "gone", 583231, SERVERS_NAMES_USER},
        {"id:7", "gone", 7, SERVERS_REFUSES},
        {"id:583231", "renamed", 583231, SERVERS_NAMES_USER},
        {"org:my-org", "someone", 1, SERVERS_TRUSTS_MEMBERSHIP},
        {"org:left-org", "someone", 1, SERVERS_REFUSES},
        {"org:left-org", "octocat", 1, SERVERS_NAMES_USER},
        {"team:my-org/platform", "someone", 1, SERVERS_TRUSTS_MEMBERSHIP},
        {"team:my-org/other", "someone", 1, SERVERS_REFUSES},
        {"team:my-org", "someone", 1, SERVERS_REFUSES},
        {"org:", "someone", 1, SERVERS_REFUSES},
        {"user:octocat", "someone", 1, SERVERS_REFUSES},
        {"id:583231", "someone", 1, SERVERS_REFUSES},
        {"my-org", "someone", 1, SERVERS_REFUSES},
        {"", "", 0, SERVERS_REFUSES},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++)
        if (servers_still_admits(a, str_from_cstr(cases[i].rule), str_from_cstr(cases[i].login),
                                 cases[i].id) != cases[i].admission)
            fail_msg("%s for %s", cases[i].rule, cases[i].login);
    assert_true(servers_has_membership_rules(a));
    assert_false(servers_has_membership_rules(&servers->at[1]));
    servers_free(servers);
}

static void every_failed_allocation_is_reported(void **state)
{
    struct servers *servers = servers_rig_new(unit_arena(state), SERVERS_RIG_ONE);
    struct servers_user user = {.login = STR("octocat")};
    struct str rule;
    arena_fail_at(1);
    assert_failure(servers_check_user(&servers->at[0], &user, unit_arena(state), &rule),
                   FAIL_LIMIT_REACHED, "check_user");
    servers_free(servers);
    servers_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(servers_are_found_by_name_scope_and_resource),
        UNIT_TEST(a_single_server_is_the_only_one),
        UNIT_TEST(several_servers_may_share_one_domain),
        UNIT_TEST(resources_must_be_the_servers_own_rfc8707_2),
        UNIT_TEST(redirects_follow_the_servers_policy_or_the_union),
        UNIT_TEST(the_rule_that_admits_is_named),
        UNIT_TEST(strangers_are_not_allowed_rfc6749_4_1_2_1),
        UNIT_TEST(at_refresh_the_file_is_asked_again),
        UNIT_TEST(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
