/* What GitHub answers, and what is made of it. This file plays the HTTP client; tests/flow has the
 * same with the stand-in. */
#include "services/broker/github.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/net/http_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { REQUESTS_MAX = 64 };

#define URL "https://github.example"

static struct {
    struct arena *arena;
    struct github *github;
    http_client_cb *on_reply; /* of the request in flight, or NULL */
    void *context;
    char urls[REQUESTS_MAX][256];
    size_t requests;
    size_t ends;
    struct github_answer answer;
} wire;

struct http_client *http_client_new(struct loop *loop, const struct http_client_options *options)
{
    (void)loop, (void)options;
    return (struct http_client *)&wire;
}

void http_client_free(struct http_client *client)
{
    (void)client;
}

struct http_client_call *http_client_request(struct http_client *client,
                                             const struct http_request *request,
                                             http_client_cb *on_reply, void *context)
{
    assert_non_null(client);
    assert_null(wire.on_reply);
    assert_true(wire.requests < REQUESTS_MAX);
    snprintf(wire.urls[wire.requests++], sizeof(wire.urls[0]), "%.*s", STR_ARGS(request->url));
    wire.on_reply = on_reply;
    wire.context = context;
    return (struct http_client_call *)&wire;
}

static void on_answer(void *context, const struct github_answer *answer)
{
    (void)context;
    wire.ends++;
    wire.answer = *answer;
}

static int setup(void **state)
{
    static const struct github_options options = {
        .client_id = STR_INIT("id"),
        .client_secret = STR_INIT("secret"),
        .url = STR_INIT(URL "/"),
        .api_url = STR_INIT("https://api.github.example"),
        .redirect_uri = STR_INIT("https://auth.example/auth/github/callback"),
    };
    struct str problem;
    (void)state;
    memset(&wire, 0, sizeof(wire));
    wire.arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    assert_int_equal(github_open(NULL, &options, &wire.github, &problem), OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    github_close(wire.github);
    arena_free(wire.arena);
    return 0;
}

static void reply(struct http_reply what)
{
    http_client_cb *on_reply = wire.on_reply;
    assert_non_null(on_reply);
    what.reason = "ok";
    if (what.status == 0)
        what.status = 200;
    wire.on_reply = NULL;
    on_reply(wire.context, &what);
}

static void reply_json(const char *json)
{
    reply((struct http_reply){.body = str_from_cstr(json)});
}

/* Until the memberships are asked for. */
static void ask(void)
{
    const struct github_question question = {
        .state = STR("state"),
        .code_verifier = STR("verifier"),
        .code = STR("code"),
        .wants_membership = true,
        .deadline_ms = clock_monotonic_ms() + BUDGET_CALLBACK_MS,
    };
    github_sign_in(wire.github, &question, wire.arena, on_answer, NULL);
    reply_json("{\"access_token\":\"gho_x\"}");
    reply_json("{\"id\":583231,\"login\":\"octocat\"}");
}

#define MEMBERSHIP(state, org) "{\"state\":\"" state "\",\"organization\":{\"login\":\"" org "\"}}"
#define TEAM(org, slug)        "{\"slug\":\"" slug "\",\"organization\":{\"login\":\"" org "\"}}"

static void assert_failed(enum failure failure)
{
    assert_int_equal(wire.ends, 1);
    assert_int_equal(wire.answer.failure, failure);
}

static const struct github_user *user_of_answer(void)
{
    assert_failed(OK);
    return &wire.answer.user;
}

static void assert_url(const char *expected)
{
    struct str url = user_of_answer()->single_sign_on_url;
    if (!str_equals_cstr(url, expected))
        fail_msg("%.*s, not %s", STR_ARGS(url), expected);
}

static void only_an_active_membership_counts(void **state)
{
    (void)state;
    ask();
    reply_json("[" MEMBERSHIP("active", "My-Org") "," MEMBERSHIP("pending", "invited") "," //
               MEMBERSHIP("inactive", "left") ",{\"organization\":{\"login\":\"stateless\"}}]");
    reply_json("[" TEAM("My-Org", "platform") "," TEAM("invited", "newcomers") "," //
               TEAM("stateless", "x") "]");
    const struct github_user *user = user_of_answer();
    assert_int_equal(user->orgs.len, 1);
    assert_true(strs_contain(user->orgs, STR("My-Org")));
    assert_int_equal(user->teams.len, 1);
    assert_true(strs_contain(user->teams, STR("My-Org/platform")));
    assert_false(str_is_present(user->single_sign_on_url));
}

static void active_memberships_and_teams_are_asked_for_page_by_page(void **state)
{
    static const struct str next = STR_INIT("<https://elsewhere.example/>; rel=\"next\"");
    (void)state;
    ask();
    reply((struct http_reply){.link = next, .body = STR("[" MEMBERSHIP("active", "a") "]")});
    reply((struct http_reply){.body = STR("[" MEMBERSHIP("active", "b") "]")});
    reply((struct http_reply){.link = next, .body = STR("[" TEAM("a", "x") "]")});
    reply((struct http_reply){.body = STR("[" TEAM("b", "x") "]")});
    static const char *const urls[] = {
        "https://api.github.example/user/memberships/orgs?state=active&per_page=100&page=1",
        "https://api.github.example/user/memberships/orgs?state=active&per_page=100&page=2",
        "https://api.github.example/user/teams?per_page=100&page=1",
        "https://api.github.example/user/teams?per_page=100&page=2",
    };
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(wire.urls[2 + i], urls[i]); /* never where Link says */
    assert_int_equal(user_of_answer()->orgs.len, 2);
    assert_int_equal(user_of_answer()->teams.len, 2);
}

static void reply_withheld(const char *header)
{
    reply((struct http_reply){
        .status = 403, .x_github_sso = str_from_cstr(header), .body = STR("{}")});
}

static void a_list_that_wants_single_sign_on_ends_no_sign_in(void **state)
{
    (void)state;
    ask();
    reply_withheld("required; url=" URL "/orgs/acme/sso?authorization_request=AZSC");
    reply((struct http_reply){.x_github_sso = STR("partial-results; organizations=1"),
                              .body = STR("[" TEAM("acme", "staff") "]")});
    assert_int_equal(user_of_answer()->orgs.len, 0);
    assert_int_equal(user_of_answer()->teams.len, 0);
    assert_url(URL "/orgs/acme/sso"); /* the query would authorize a token that is dropped */
}

static void what_a_list_leaves_out_for_single_sign_on_is_noted(void **state)
{
    (void)state;
    ask();
    reply(
        (struct http_reply){.x_github_sso = STR("partial-results; organizations=21955855,20582480"),
                            .body = STR("[" MEMBERSHIP("active", "my-org") "]")});
    reply_json("[]");
    assert_int_equal(user_of_answer()->orgs.len, 1);
    assert_url(URL "/settings/organizations");
}

/* The person will be sent there. */
static void a_single_sign_on_url_leads_to_github_only(void **state)
{
    static const char *const headers[] = {
        "required; url=https://evil.example/orgs/acme/sso",
        "required; url=https://github.example.evil.example/sso",
        "required; url=https://github.example@evil.example/sso",
        "required; url=javascript:alert(1)",
        "required; url=",
        ("required; url=" URL),
        "required",
        "=",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        wire.ends = wire.requests = 0;
        ask();
        reply_withheld(headers[i]);
        reply_json("[]");
        assert_url(URL "/settings/organizations");
    }
}

static void a_refusal_without_that_header_is_a_failure(void **state)
{
    (void)state;
    ask();
    reply((struct http_reply){.status = 403, .body = STR("{}")});
    assert_failed(FAIL_GITHUB_UNAVAILABLE);
}

static void a_limit_is_no_denial_and_says_for_how_long(void **state)
{
    const struct str in_half_an_hour =
        arena_printf(wire.arena, "%lld", (long long)clock_wall_s() + 1800);
    const struct {
        struct http_reply reply;
        int64_t from_s, to_s;
    } cases[] = {
        {{.status = 429, .retry_after = STR("37")}, 37, 37},
        {{.status = 403, .retry_after = STR("60")}, 60, 60},
        {{.status = 429}, 60, 60},
        {{.status = 429, .retry_after = STR("Fri, 31 Dec 1999 23:59:59 GMT")}, 60, 60},
        {{.status = 429, .retry_after = STR("0")}, 1, 1},
        {{.status = 429, .retry_after = STR("9223372036854775807")}, 3600, 3600},
        {{.status = 403, .x_ratelimit_remaining = STR("0"), .x_ratelimit_reset = in_half_an_hour},
         1700,
         1800},
        {{.status = 403, .x_ratelimit_remaining = STR("0"), .x_ratelimit_reset = STR("1")}, 1, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wire.ends = wire.requests = 0;
        ask();
        reply(cases[i].reply);
        assert_failed(FAIL_GITHUB_RATE_LIMITED);
        assert_in_range(wire.answer.retry_after_s, cases[i].from_s, cases[i].to_s);
    }
}

static void a_refusal_with_requests_left_is_no_limit(void **state)
{
    (void)state;
    ask();
    reply((struct http_reply){.status = 403, .x_ratelimit_remaining = STR("4999")});
    assert_failed(FAIL_GITHUB_UNAVAILABLE);
    assert_int_equal(wire.answer.retry_after_s, 0);
}

static void where_people_see_what_is_approved(void **state)
{
    (void)state;
    assert_true(str_equals_cstr(github_approval_url(wire.github, wire.arena),
                                URL "/settings/connections/applications/id"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_an_active_membership_counts),
        TEST(active_memberships_and_teams_are_asked_for_page_by_page),
        TEST(a_list_that_wants_single_sign_on_ends_no_sign_in),
        TEST(what_a_list_leaves_out_for_single_sign_on_is_noted),
        TEST(a_single_sign_on_url_leads_to_github_only),
        TEST(a_refusal_without_that_header_is_a_failure),
        TEST(a_limit_is_no_denial_and_says_for_how_long),
        TEST(a_refusal_with_requests_left_is_no_limit),
        TEST(where_people_see_what_is_approved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
