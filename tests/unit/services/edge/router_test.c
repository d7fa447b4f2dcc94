#include "services/edge/router.h"
#include "tests/unit/common/base/unit.h"

static void handle(const struct request *request)
{
    (void)request;
}

static const struct route TABLE[] = {
    {.path = "/", .match = ROUTE_EXACT, .get = handle},
    {.path = "/token", .match = ROUTE_EXACT, .post = handle},
    {.path = "/authorize",
     .match = ROUTE_EXACT,
     .flags = ROUTE_NO_HEAD,
     .get = handle,
     .post = handle},
    {.path = "/client/", .match = ROUTE_SEGMENT, .get = handle, .put = handle, .delete = handle},
    {.path = "/.well-known/x", .match = ROUTE_WELL_KNOWN, .get = handle},
    {.path = "/below", .match = ROUTE_BELOW, .get = handle},
    {.path = "/both", .match = ROUTE_EXACT, .get = handle, .post = handle},
    {.path = "/once", .match = ROUTE_EXACT, .flags = ROUTE_NO_HEAD, .get = handle},
};

static const char *found(const char *path, struct str *ret_tail)
{
    const struct route *route = router_find(TABLE, LENGTH_OF(TABLE), str_from_cstr(path), ret_tail);
    return route != NULL ? route->path : "none";
}

static void a_path_matches_exactly(void **state)
{
    (void)state;
    struct str tail;
    assert_string_equal(found("/", &tail), "/");
    assert_string_equal(found("/token", &tail), "/token");
    static const char *const strangers[] = {"/token/",  "/tokens",    "/Token", "//token",
                                            "/./token", "/%74oken",   "/toke",  "/token;",
                                            "",         "/x/../token"};
    for (size_t i = 0; i < LENGTH_OF(strangers); i++)
        assert_string_equal(found(strangers[i], &tail), "none");
}

static void one_segment_is_the_tail(void **state)
{
    (void)state;
    struct str tail;
    assert_string_equal(found("/client/mcp_any_1", &tail), "/client/");
    assert_str(tail, "mcp_any_1");
    assert_string_equal(found("/client/", &tail), "none");
    assert_string_equal(found("/client", &tail), "none");
    assert_string_equal(found("/client/a/b", &tail), "none");
}

/* An issuer with a path: RFC 8414 3.1 puts it behind, OpenID Discovery 4 in front. */
static void metadata_is_found_with_an_issuers_path(void **state)
{
    (void)state;
    struct str tail;
    assert_string_equal(found("/.well-known/x", &tail), "/.well-known/x");
    assert_string_equal(found("/.well-known/x/tenant/a", &tail), "/.well-known/x");
    assert_string_equal(found("/tenant/.well-known/x", &tail), "/.well-known/x");
    assert_string_equal(found("/.well-known/xy", &tail), "none");
    assert_string_equal(found("/.well-known", &tail), "none");
}

static void everything_below_a_path_is_its_tail(void **state)
{
    (void)state;
    struct str tail;
    assert_string_equal(found("/below/a/b", &tail), "/below");
    assert_str(tail, "/a/b");
    assert_string_equal(found("/below/", &tail), "/below");
    assert_str(tail, "/");
    assert_string_equal(found("/below", &tail), "/below");
    assert_str(tail, "");
    assert_string_equal(found("/belowx", &tail), "none");
    assert_string_equal(found("/x/below", &tail), "none");
}

static void an_ingress_may_keep_the_issuers_path(void **state)
{
    (void)state;
    assert_str(router_strip(STR("/oauth/token"), STR("/oauth")), "/token");
    assert_str(router_strip(STR("/oauth"), STR("/oauth")), "/");
    assert_str(router_strip(STR("/token"), STR("/oauth")), "/token");
    assert_str(router_strip(STR("/oauthtoken"), STR("/oauth")), "/oauthtoken");
    assert_str(router_strip(STR("/token"), STR("")), "/token");
}

static void allow_lists_what_the_route_does_rfc9110_10_2_1(void **state)
{
    (void)state;
    struct str tail;
    static const struct {
        const char *path, *allow;
    } rows[] = {
        {"/", "GET, HEAD, OPTIONS"},
        {"/token", "POST, OPTIONS"},
        {"/both", "GET, HEAD, POST, OPTIONS"},
        {"/authorize", "GET, POST, OPTIONS"},
        {"/once", "GET, OPTIONS"},
        {"/client/x", "GET, HEAD, PUT, DELETE, OPTIONS"},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        assert_string_equal(
            router_allow(router_find(TABLE, LENGTH_OF(TABLE), str_from_cstr(rows[i].path), &tail)),
            rows[i].allow);
}

static void a_method_has_its_own_handler_or_none(void **state)
{
    (void)state;
    struct str tail;
    static const struct {
        const char *path, *methods;
    } rows[] = {
        {"/token", "POST"},
        {"/both", "GET HEAD POST"},
        {"/once", "GET"},
        {"/client/x", "GET HEAD PUT DELETE"},
    };
    static const char *const names[] = {"GET", "HEAD",    "POST",  "PUT", "DELETE",
                                        "get", "OPTIONS", "PATCH", "GE",  ""};
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        const struct route *route =
            router_find(TABLE, LENGTH_OF(TABLE), str_from_cstr(rows[i].path), &tail);
        for (size_t j = 0; j < LENGTH_OF(names); j++) {
            struct str rest = str_from_cstr(rows[i].methods), word;
            bool is_listed = false;
            while (str_next_word(&rest, &word))
                is_listed = is_listed || str_equals_cstr(word, names[j]);
            assert_int_equal(router_handler(route, str_from_cstr(names[j])) != NULL, is_listed);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_path_matches_exactly),
        UNIT_TEST(one_segment_is_the_tail),
        UNIT_TEST(metadata_is_found_with_an_issuers_path),
        UNIT_TEST(everything_below_a_path_is_its_tail),
        UNIT_TEST(an_ingress_may_keep_the_issuers_path),
        UNIT_TEST(allow_lists_what_the_route_does_rfc9110_10_2_1),
        UNIT_TEST(a_method_has_its_own_handler_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
