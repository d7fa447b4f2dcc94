#include "common/oauth/scope.h"
#include "tests/unit/common/oauth/servers_rig.h"

#include <string.h>

static void scopes_have_the_characters_of_rfc6749_3_3(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\"b", "a\\b", "a\tb", "a\nb", "\x7f", "\xc3\xa4", "a\r"};
    char longer[SCOPE_BYTES_MAX + 1];
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        assert_failure(scope_check(str_from_cstr(bad[i])), FAIL_SCOPE_MALFORMED, bad[i]);
    assert_failure(scope_check(str_from_bytes("a\0b", 3)), FAIL_SCOPE_MALFORMED, "NUL");
    memset(longer, 'x', sizeof(longer));
    assert_failure(scope_check(str_from_bytes(longer, sizeof(longer))), FAIL_SCOPE_MALFORMED,
                   "too long");
    assert_ok(scope_check(str_from_bytes(longer, sizeof(longer) - 1)));
    assert_ok(scope_check(STR_ABSENT));
    assert_ok(scope_check(STR(" a  b ")));
    assert_ok(scope_check(STR("!#[]~ mcp:a:b https://x/y?z")));
}

static void an_mcp_scope_has_three_parts(void **state)
{
    static const char *const others[] = {"mcp",      "mcp:",   "mcp:*",     "mcp:a",
                                         "mcp::b",   "mcp:a:", "mcp:a:b:c", "MCP:a:b",
                                         "xmcp:a:b", ":a:b",   "email"};
    struct str domain = STR("untouched"), key;
    for (size_t i = 0; i < LENGTH_OF(others); i++)
        if (scope_split_mcp(str_from_cstr(others[i]), &domain, &key))
            fail_msg("%s is split", others[i]);
    assert_str(domain, "untouched");
    assert_true(scope_split_mcp(STR("mcp:one.example:git-hub"), &domain, &key));
    assert_str(domain, "one.example");
    assert_str(key, "git-hub");
    assert_str(scope_make_mcp(unit_arena(state), STR("a"), STR("b")), "mcp:a:b");
    assert_str(scope_find_mcp(STR("email mcp:* mcp:a:b mcp:c:d")), "mcp:a:b");
    assert_absent(scope_find_mcp(STR("email mcp:*")));
    assert_int_equal(scope_count_mcp(STR("mcp:a:b email mcp:a:b mcp:* mcp:c:d")), 2);
    assert_int_equal(scope_count_mcp(STR_ABSENT), 0);
    assert_true(scope_contains(STR("a bc"), STR("bc")));
    assert_false(scope_contains(STR("a bc"), STR("b")));
}

struct choice {
    const char *scope, *resource, *other_resource, *registered;
    const char *granted; /* NULL: refused */
    enum failure failure;
};

static void check_choices(void **state, const char *servers_json, const struct choice *choices,
                          size_t len)
{
    struct servers *servers = servers_rig_new(unit_arena(state), servers_json);
    for (size_t i = 0; i < len; i++) {
        const struct choice *choice = &choices[i];
        struct str resources[] = {str_from_cstr(choice->resource),
                                  str_from_cstr(choice->other_resource)};
        size_t count = choice->other_resource != NULL ? 2 : choice->resource != NULL;
        struct scope_request request = {.scope = str_from_cstr(choice->scope),
                                        .resources = {resources, count},
                                        .registered_scope = str_from_cstr(choice->registered)};
        struct scope_grant grant = {.scope = STR("untouched")};
        print_message("case %zu: %s\n", i, choice->scope ? choice->scope : "(absent)");
        assert_failure(scope_choose(unit_arena(state), servers, &request, &grant), choice->failure,
                       "scope_choose");
        assert_str(grant.scope, choice->granted ? choice->granted : "untouched");
        if (choice->granted != NULL)
            assert_true(scope_contains(grant.scope, grant.server->scope));
    }
    servers_free(servers);
}

#define RESOURCE_A "https://a.one.example/mcp"
#define RESOURCE_C "https://two.example/mcp"
#define OTHER      "https://elsewhere.example/mcp"

static void the_scope_chooses_the_server(void **state)
{
    static const struct choice choices[] = {
        {.scope = "mcp:one.example:a", .granted = "mcp:one.example:a"},
        {.scope = "mcp:one.example:b mcp:one.example:b", .granted = "mcp:one.example:b"},
        {.scope = "offline_access nonsense profile mcp:* openid mcp:tools email  mcp:one.example:a",
         .granted = "mcp:one.example:a email openid profile offline_access"},
        {.scope = "email email mcp:two.example:c", .granted = "mcp:two.example:c email"},
        {.scope = "Email mcp:two.example:c", .granted = "mcp:two.example:c"},
    };
    check_choices(state, SERVERS_RIG_THREE, choices, LENGTH_OF(choices));
}

static void a_resource_decides_before_the_scope_rfc8707_2_1(void **state)
{
    static const struct choice choices[] = {
        {.resource = RESOURCE_A, .granted = "mcp:one.example:a"},
        {.resource = RESOURCE_A "/", .scope = "email", .granted = "mcp:one.example:a email"},
        {.resource = "HTTPS://A.ONE.example/mcp", .scope = "mcp:*", .granted = "mcp:one.example:a"},
        {.resource = RESOURCE_A,
         .scope = "mcp:one.example:b mcp:one.example:a mcp:no:where",
         .granted = "mcp:one.example:a"},
        {.resource = RESOURCE_A,
         .registered = "mcp:two.example:c email",
         .granted = "mcp:one.example:a email"},
        {.resource = RESOURCE_A, .other_resource = RESOURCE_A "/", .granted = "mcp:one.example:a"},
    };
    check_choices(state, SERVERS_RIG_THREE, choices, LENGTH_OF(choices));
}

static void a_resource_of_another_server_is_refused_rfc8707_2(void **state)
{
    static const struct choice choices[] = {
        {.resource = RESOURCE_A, .scope = "mcp:one.example:b", .failure = FAIL_RESOURCE_FOREIGN},
        {.resource = RESOURCE_A, .scope = "mcp:no:where", .failure = FAIL_RESOURCE_FOREIGN},
        {.resource = OTHER, .scope = "mcp:one.example:a", .failure = FAIL_RESOURCE_FOREIGN},
        {.resource = OTHER, .registered = "mcp:one.example:a", .failure = FAIL_RESOURCE_FOREIGN},
        {.resource = RESOURCE_A, .other_resource = RESOURCE_C, .failure = FAIL_RESOURCE_FOREIGN},
        {.resource = RESOURCE_A, .other_resource = OTHER, .failure = FAIL_RESOURCE_FOREIGN},
        {.resource = OTHER, .other_resource = RESOURCE_A, .failure = FAIL_RESOURCE_FOREIGN},
        {.resource = OTHER,
         .other_resource = RESOURCE_A,
         .scope = "mcp:one.example:b",
         .failure = FAIL_RESOURCE_FOREIGN},
    };
    check_choices(state, SERVERS_RIG_THREE, choices, LENGTH_OF(choices));
}

static void a_malformed_resource_is_refused_rfc8707_2(void **state)
{
    static const struct choice choices[] = {
        {.resource = "mcp", .scope = "mcp:one.example:b", .failure = FAIL_RESOURCE_MALFORMED},
        {.resource = RESOURCE_A "#f",
         .scope = "mcp:one.example:a",
         .failure = FAIL_RESOURCE_MALFORMED},
        {.resource = RESOURCE_A, .other_resource = "x", .failure = FAIL_RESOURCE_MALFORMED},
    };
    check_choices(state, SERVERS_RIG_THREE, choices, LENGTH_OF(choices));
}

/* Every MCP client sends one; a server that has none configured takes any well-formed value. */
static void any_resource_goes_for_a_server_without_one(void **state)
{
    static const struct choice choices[] = {
        {.resource = OTHER,
         .scope = "mcp:one.example:b email",
         .granted = "mcp:one.example:b email"},
        {.resource = OTHER, .registered = "mcp:one.example:b", .granted = "mcp:one.example:b"},
    };
    check_choices(state, SERVERS_RIG_THREE, choices, LENGTH_OF(choices));
}

static void the_registered_scope_is_a_default_and_no_limit_rfc6749_3_3(void **state)
{
    static const struct choice choices[] = {
        {.registered = "mcp:one.example:b email", .granted = "mcp:one.example:b email"},
        {.scope = "",
         .registered = "mcp:one.example:b email",
         .granted = "mcp:one.example:b email"},
        {.scope = "openid",
         .registered = "mcp:one.example:b email",
         .granted = "mcp:one.example:b openid"},
        {.scope = "mcp:one.example:a",
         .registered = "mcp:one.example:b",
         .granted = "mcp:one.example:a"},
        {.registered = "mcp:no:where", .failure = FAIL_SCOPE_SERVER_UNKNOWN},
        {.registered = "mcp:one.example:a mcp:one.example:b", .failure = FAIL_SCOPE_AMBIGUOUS},
    };
    check_choices(state, SERVERS_RIG_THREE, choices, LENGTH_OF(choices));
}

static void what_nothing_decides_is_refused_rfc6749_3_3(void **state)
{
    static const struct choice choices[] = {
        {.failure = FAIL_SCOPE_AMBIGUOUS},
        {.scope = "email mcp:* mcp:tools", .failure = FAIL_SCOPE_AMBIGUOUS},
        {.resource = OTHER, .failure = FAIL_SCOPE_AMBIGUOUS},
        {.scope = "mcp:one.example:a mcp:one.example:b", .failure = FAIL_SCOPE_AMBIGUOUS},
        {.scope = "mcp:one.example:a mcp:one.example:b",
         .resource = OTHER,
         .failure = FAIL_SCOPE_AMBIGUOUS},
        {.scope = "mcp:one.example:a mcp:one.example:b",
         .registered = "mcp:one.example:a",
         .failure = FAIL_SCOPE_AMBIGUOUS},
        {.scope = "mcp:no:where", .failure = FAIL_SCOPE_SERVER_UNKNOWN},
        {.scope = "mcp:one.example:A", .failure = FAIL_SCOPE_SERVER_UNKNOWN},
        {.scope = "mcp:no:where",
         .registered = "mcp:one.example:a",
         .failure = FAIL_SCOPE_SERVER_UNKNOWN},
        {.scope = "a\"b", .failure = FAIL_SCOPE_MALFORMED},
    };
    check_choices(state, SERVERS_RIG_THREE, choices, LENGTH_OF(choices));
}

static void the_only_server_is_the_last_resort(void **state)
{
    static const struct choice choices[] = {
        {.granted = "mcp:one.example:a"},
        {.scope = "mcp:* email", .granted = "mcp:one.example:a email"},
        {.resource = OTHER, .granted = "mcp:one.example:a"},
        {.registered = "email mcp:*", .granted = "mcp:one.example:a email"},
        {.scope = "mcp:no:where", .failure = FAIL_SCOPE_SERVER_UNKNOWN},
        {.scope = "mcp:one.example:a mcp:no:where", .failure = FAIL_SCOPE_AMBIGUOUS},
    };
    check_choices(state, SERVERS_RIG_ONE, choices, LENGTH_OF(choices));
}

static void a_refresh_narrows_and_keeps_the_mcp_scope_rfc6749_6(void **state)
{
    static const char *const cases[][2] = {
        {NULL, "mcp:a:b email openid offline_access"},
        {"", "mcp:a:b email openid offline_access"},
        {"mcp:a:b email openid offline_access", "mcp:a:b email openid offline_access"},
        {"email", "mcp:a:b email"},
        {"mcp:a:b", "mcp:a:b"},
        {"openid email", "mcp:a:b email openid"},
        {"nonsense", "mcp:a:b"},
        {"mcp:*", "mcp:a:b"},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct str scope = STR_ABSENT;
        assert_ok(scope_narrow(unit_arena(state), STR("mcp:a:b email openid offline_access"),
                               str_from_cstr(cases[i][0]), &scope));
        assert_str(scope, cases[i][1]);
    }
}

static void a_refresh_never_widens_rfc6749_6(void **state)
{
    struct str scope = STR_ABSENT;
    /* excess is dropped, and `scope` in the answer tells */
    assert_ok(scope_narrow(unit_arena(state), STR("mcp:a:b email"),
                           STR("mcp:a:b mcp:c:d profile openid email"), &scope));
    assert_str(scope, "mcp:a:b email");
    scope = STR("untouched");
    assert_failure(
        scope_narrow(unit_arena(state), STR("mcp:a:b email"), STR("mcp:c:d email"), &scope),
        FAIL_SCOPE_EXCEEDS_GRANT, "only another server");
    assert_failure(scope_narrow(unit_arena(state), STR("mcp:a:b"), STR("\"\""), &scope),
                   FAIL_SCOPE_MALFORMED, "a quote");
    assert_str(scope, "untouched");
}

static void every_failed_allocation_is_reported(void **state)
{
    struct servers *servers = servers_rig_new(unit_arena(state), SERVERS_RIG_ONE);
    struct scope_request request = {.scope = STR("email openid")};
    struct scope_grant grant;
    struct str scope;
    for (size_t n = 1; n <= 3; n++) {
        arena_fail_at(n);
        assert_failure(scope_choose(unit_arena(state), servers, &request, &grant),
                       FAIL_LIMIT_REACHED, "choose");
    }
    for (size_t n = 1; n <= 2; n++) {
        arena_fail_at(n);
        assert_failure(scope_narrow(unit_arena(state), STR("mcp:a:b email"), STR("email"), &scope),
                       FAIL_LIMIT_REACHED, "narrow");
    }
    servers_free(servers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(scopes_have_the_characters_of_rfc6749_3_3),
        UNIT_TEST(an_mcp_scope_has_three_parts),
        UNIT_TEST(the_scope_chooses_the_server),
        UNIT_TEST(a_resource_decides_before_the_scope_rfc8707_2_1),
        UNIT_TEST(a_resource_of_another_server_is_refused_rfc8707_2),
        UNIT_TEST(a_malformed_resource_is_refused_rfc8707_2),
        UNIT_TEST(any_resource_goes_for_a_server_without_one),
        UNIT_TEST(the_registered_scope_is_a_default_and_no_limit_rfc6749_3_3),
        UNIT_TEST(what_nothing_decides_is_refused_rfc6749_3_3),
        UNIT_TEST(the_only_server_is_the_last_resort),
        UNIT_TEST(a_refresh_narrows_and_keeps_the_mcp_scope_rfc6749_6),
        UNIT_TEST(a_refresh_never_widens_rfc6749_6),
        UNIT_TEST(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
