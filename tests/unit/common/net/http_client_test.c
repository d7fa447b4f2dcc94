#include "common/net/http_client.h"

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/net/public_address.h"
#include "tests/unit/common/net/web_stub.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

enum { REPLIES_MAX = 300, TIMEOUT_MS = 20000, SHORT_MS = 150 };

struct rig {
    struct loop *loop;
    struct http_client *client;
    struct web_stub *stub;
    struct arena *arena;
    struct http_reply replies[REPLIES_MAX]; /* texts copied into the arena */
    size_t len, wanted;                     /* the loop stops at wanted */
    struct http_client_call *to_cancel;     /* by the next reply */
    bool frees_client;                      /* the next reply does */
};

static int setup(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    rig->loop = loop_new();
    rig->stub = web_stub_new(NULL);
    rig->arena = arena_new(16 * 1024 * 1024);
    rig->client = http_client_new(rig->loop, &(struct http_client_options){0});
    assert_non_null(rig->client);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;
    http_client_free(rig->client);
    loop_free(rig->loop); /* runs until the last handle is closed: a forgotten one hangs here */
    web_stub_free(rig->stub);
    arena_free(rig->arena);
    free(rig);
    return 0;
}

static void with_options(struct rig *rig, const struct http_client_options *options)
{
    http_client_free(rig->client);
    rig->client = http_client_new(rig->loop, options);
    assert_non_null(rig->client);
}

static void on_reply(void *context, const struct http_reply *reply)
{
    struct rig *rig = context;
    assert_true(rig->len < REPLIES_MAX);
    struct http_reply *copy = &rig->replies[rig->len++];
    *copy = *reply;
    copy->body = arena_dup(rig->arena, reply->body);
    copy->link = arena_dup(rig->arena, reply->link);
    copy->content_type = arena_dup(rig->arena, reply->content_type);
    copy->retry_after = arena_dup(rig->arena, reply->retry_after);
    copy->cache_control = arena_dup(rig->arena, reply->cache_control);
    copy->expires = arena_dup(rig->arena, reply->expires);
    copy->date = arena_dup(rig->arena, reply->date);
    copy->age = arena_dup(rig->arena, reply->age);
    copy->x_ratelimit_remaining = arena_dup(rig->arena, reply->x_ratelimit_remaining);
    copy->x_ratelimit_reset = arena_dup(rig->arena, reply->x_ratelimit_reset);
    copy->x_github_sso = arena_dup(rig->arena, reply->x_github_sso);
    http_client_cancel(rig->to_cancel);
    rig->to_cancel = NULL;
    if (rig->frees_client) {
        http_client_free(rig->client);
        rig->client = NULL;
    }
    if (rig->len == rig->wanted)
        loop_stop(rig->loop);
}

static struct str url_of(struct rig *rig, const char *path)
{
    return arena_printf(rig->arena, "http://127.0.0.1:%d%s", web_stub_port(rig->stub), path);
}

static struct http_request request_of(struct rig *rig, const char *path)
{
    return (struct http_request){.method = STR("GET"),
                                 .url = url_of(rig, path),
                                 .timeout_ms = TIMEOUT_MS,
                                 .body_max_bytes = 65536};
}

static struct http_client_call *start(struct rig *rig, struct http_request request)
{
    struct http_client_call *call = http_client_request(rig->client, &request, on_reply, rig);
    assert_non_null(call);
    return call;
}

static void run_for(struct rig *rig, size_t replies)
{
    rig->len = 0;
    rig->wanted = replies;
    loop_run(rig->loop);
    assert_int_equal(rig->len, replies);
}

static const struct http_reply *fetch_request(struct rig *rig, struct http_request request)
{
    start(rig, request);
    run_for(rig, 1);
    assert_int_equal(http_client_in_flight(rig->client), 0);
    return &rig->replies[0];
}

static const struct http_reply *fetch(struct rig *rig, const char *path)
{
    return fetch_request(rig, request_of(rig, path));
}

#define assert_str_equal(text, expected)                                                           \
    do {                                                                                           \
        struct str assert_text = (text), assert_expected = (expected);                             \
        assert_int_equal(assert_text.len, assert_expected.len);                                    \
        assert_memory_equal(assert_text.at, assert_expected.at, assert_expected.len);              \
    } while (0)

static void assert_failed(const struct http_reply *reply, const char *reason)
{
    assert_int_equal(reply->failure, FAIL_OUTBOUND_FAILED);
    assert_string_equal(reply->reason, reason);
    assert_int_equal(reply->status, 0);
    assert_false(str_is_present(reply->body)); /* part of a body is no body */
}

static bool holds(struct str text, const char *word)
{
    return memmem(text.at, text.len, word, strlen(word)) != NULL;
}

/* ---- what works ---- */

static void a_reply_carries_status_headers_and_body(void **state)
{
    const struct http_reply *reply = fetch(*state, "/hello");
    assert_int_equal(reply->failure, OK);
    assert_string_equal(reply->reason, "ok");
    assert_int_equal(reply->status, 200);
    assert_str_equal(reply->body, STR("hello"));
    assert_str_equal(reply->content_type, STR("text/plain"));
    assert_str_equal(reply->link, STR("<https://api.example/2>; rel=\"next\""));
    assert_str_equal(reply->retry_after, STR("7"));
    assert_str_equal(reply->cache_control, STR("max-age=60, public"));
    assert_str_equal(reply->expires, STR("0"));
    assert_str_equal(reply->date, STR("Sun, 06 Nov 1994 08:49:37 GMT"));
    assert_str_equal(reply->age, STR("5"));
    assert_str_equal(reply->x_ratelimit_remaining, STR("41"));
    assert_str_equal(reply->x_ratelimit_reset, STR("1700000000"));
    assert_str_equal(reply->x_github_sso, STR("partial-results; organizations=1,2"));
}

static void an_empty_reply_and_an_error_status_are_replies(void **state)
{
    const struct http_reply *reply = fetch(*state, "/empty");
    assert_int_equal(reply->failure, OK);
    assert_int_equal(reply->status, 204);
    assert_true(str_is_present(reply->body) && str_is_empty(reply->body));
    assert_false(str_is_present(reply->link));
    reply = fetch(*state, "/nowhere");
    assert_int_equal(reply->failure, OK);
    assert_int_equal(reply->status, 404);
}

static void the_request_goes_out_as_it_was_given(void **state)
{
    struct rig *rig = *state;
    const struct http_header headers[] = {{STR("Accept"), STR("application/json")},
                                          {STR("X-Empty"), STR("")},
                                          {STR("Content-Type"), STR("text/x-test")}};
    struct http_request request = request_of(rig, "/echo");
    request.method = STR("POST");
    request.headers = headers;
    request.headers_len = 3;
    request.body = STR("a=1&b=2");
    struct str body = fetch_request(rig, request)->body;
    assert_true(str_starts_with(body, STR("POST /echo HTTP/1.1\r\n")));
    assert_true(str_ends_with(body, STR("\r\n\r\na=1&b=2")));
    assert_true(holds(body, "\r\nAccept: application/json\r\n"));
    assert_true(holds(body, "\r\nX-Empty:\r\n"));
    assert_true(holds(body, "\r\nContent-Type: text/x-test\r\n"));
    assert_true(holds(body, "\r\nUser-Agent: mcp-oauth/"));
    request.method = STR("DELETE");
    request.body = STR_ABSENT;
    assert_true(str_starts_with(fetch_request(rig, request)->body, STR("DELETE /echo ")));
}

static void a_connection_is_used_again(void **state)
{
    struct rig *rig = *state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(fetch(rig, "/hello")->status, 200);
    assert_int_equal(web_stub_connections(rig->stub), 1);
    assert_int_equal(web_stub_requests(rig->stub), 5);
}

static void a_fresh_connection_is_made_when_asked_for(void **state)
{
    struct rig *rig = *state;
    with_options(rig, &(struct http_client_options){.is_connection_fresh = true});
    for (int i = 0; i < 3; i++)
        assert_int_equal(fetch(rig, "/hello")->status, 200);
    assert_int_equal(web_stub_connections(rig->stub), 3);
}

static void requests_run_side_by_side(void **state)
{
    struct rig *rig = *state;
    for (int i = 0; i < WEB_STUB_GATE; i++) /* none is answered before all have come */
        start(rig, request_of(rig, "/gate"));
    assert_int_equal(http_client_in_flight(rig->client), WEB_STUB_GATE);
    assert_int_equal(rig->len, 0); /* no reply from within http_client_request */
    run_for(rig, WEB_STUB_GATE);
    for (int i = 0; i < WEB_STUB_GATE; i++)
        assert_int_equal(rig->replies[i].status, 200);
}

/* ---- what is refused ---- */

static void a_redirect_is_told_and_not_followed(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(fetch(rig, "/redirect")->status, 302);
    assert_int_equal(web_stub_requests(rig->stub), 1);
}

static void an_endless_body_ends_at_the_limit(void **state)
{
    assert_failed(fetch(*state, "/endless"), "body_too_large");
}

static void a_body_may_be_as_long_as_the_limit_and_no_longer(void **state)
{
    struct rig *rig = *state;
    struct http_request request = request_of(rig, "/long");
    request.body_max_bytes = 1000000;
    assert_int_equal(fetch_request(rig, request)->body.len, 1000000);
    request.body_max_bytes = 999999;
    assert_failed(fetch_request(rig, request), "body_too_large");
    request = request_of(rig, "/hello");
    request.body_max_bytes = 0;
    assert_failed(fetch_request(rig, request), "body_too_large");
}

static void an_endless_head_ends_at_the_limit(void **state)
{
    assert_failed(fetch(*state, "/head"), "head_too_large");
}

static void a_silent_server_ends_at_the_timeout(void **state)
{
    const char *paths[] = {"/silent", "/drip"};
    for (size_t i = 0; i < 2; i++) {
        struct http_request request = request_of(*state, paths[i]);
        int64_t before_ms = clock_monotonic_ms();
        request.timeout_ms = SHORT_MS;
        assert_failed(fetch_request(*state, request), "timeout");
        int64_t took_ms = clock_monotonic_ms() - before_ms;
        assert_true(took_ms >= SHORT_MS - 20 && took_ms < TIMEOUT_MS);
    }
}

static void a_lost_connection_is_a_failure(void **state)
{
    assert_failed(fetch(*state, "/reset"), "lost");
    assert_failed(fetch(*state, "/half"), "lost");
    const struct http_reply *reply = fetch(*state, "/garbage");
    assert_int_equal(reply->failure, FAIL_OUTBOUND_FAILED);
}

static void a_refused_connection_is_a_failure(void **state)
{
    struct rig *rig = *state;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd =
        socket(AF_INET, SOCK_STREAM, 0); /* bound and not listening: the port is ours, closed */
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    struct http_request request = request_of(rig, "/hello");
    request.url = arena_printf(rig->arena, "http://127.0.0.1:%d/hello", ntohs(address.sin_port));
    assert_failed(fetch_request(rig, request), "connect");
    close(fd);
}

static void only_http_and_https_are_spoken(void **state)
{
    struct rig *rig = *state;
    const char *urls[] = {
        "file:///etc/hostname",          "ftp://127.0.0.1/", "gopher://127.0.0.1/",    "",
        "http://user:secret@127.0.0.1/", "http://",          "http://127.0.0.1:99999/"};
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct http_request request = request_of(rig, "/");
        request.url = str_from_cstr(urls[i]);
        assert_failed(fetch_request(rig, request), "url");
    }
    with_options(rig, &(struct http_client_options){.is_https_only = true});
    assert_failed(fetch(rig, "/hello"), "url");
    assert_int_equal(web_stub_connections(rig->stub), 0);
}

static void a_header_cannot_smuggle_another_line(void **state)
{
    struct rig *rig = *state;
    const struct http_header bad[] = {{STR("X"), STR("a\r\nY: b")}, {STR("X\r\nY"), STR("b")},
                                      {STR("X"), STR("a\nb")},      {STR("X"), STR("a\0b")},
                                      {STR(""), STR("b")},          {STR("X: y"), STR("b")}};
    struct http_request request = request_of(rig, "/hello");
    request.headers_len = 1;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        request.headers = &bad[i];
        assert_null(http_client_request(rig->client, &request, on_reply, rig));
    }
    request = request_of(rig, "/hello");
    request.method = STR("GET / HTTP/1.1\r\nX:");
    assert_null(http_client_request(rig->client, &request, on_reply, rig));
    request = request_of(rig, "/hello HTTP/1.1\r\nX: y");
    assert_null(http_client_request(rig->client, &request, on_reply, rig));
    assert_int_equal(http_client_in_flight(rig->client), 0);
}

static void more_calls_than_the_limit_are_refused(void **state)
{
    struct rig *rig = *state;
    struct http_request request = request_of(rig, "/hello");
    for (int i = 0; i < HTTP_CLIENT_CALLS_MAX; i++)
        start(rig, request);
    assert_null(http_client_request(rig->client, &request, on_reply, rig));
}

static void the_environment_sets_no_proxy(void **state)
{
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    assert_int_equal(fetch(*state, "/hello")->status, 200);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
}

static void a_configured_proxy_is_used(void **state)
{
    struct rig *rig = *state;
    struct str proxy = url_of(rig, "");
    with_options(rig, &(struct http_client_options){.proxy = proxy});
    struct http_request request = request_of(rig, "/");
    request.url = STR("http://name.invalid/hello"); /* a proxy is given the whole URL */
    assert_int_equal(fetch_request(rig, request)->status, 404);
    assert_int_equal(web_stub_requests(rig->stub), 1);
}

/* ---- cancelling and freeing ---- */

static void a_cancelled_call_is_never_answered(void **state)
{
    struct rig *rig = *state;
    http_client_cancel(start(rig, request_of(rig, "/hello"))); /* before it began */
    rig->to_cancel = start(rig, request_of(rig, "/silent"));   /* while it waits */
    start(rig, request_of(rig, "/hello"));
    run_for(rig, 1);
    assert_int_equal(http_client_in_flight(rig->client), 0);
    loop_run(rig->loop); /* ends at once, because nothing is left */
    assert_int_equal(rig->len, 1);
    http_client_cancel(NULL);
}

static void the_client_may_be_freed_by_a_reply(void **state)
{
    struct rig *rig = *state;
    start(rig, request_of(rig, "/silent"));
    start(rig, request_of(rig, "/hello"));
    rig->frees_client = true;
    run_for(rig, 1);
    assert_null(rig->client);
}

static void the_client_may_be_freed_with_calls_in_flight(void **state)
{
    struct rig *rig = *state;
    start(rig, request_of(rig, "/silent"));
    start(rig, request_of(rig, "/gate"));
    start(rig, request_of(rig, "/hello"));
    run_for(rig, 1); /* the others have begun; teardown frees */
}

static void on_first_reply(void *context, const struct http_reply *reply)
{
    struct rig *rig = context;
    assert_int_equal(reply->status, 200);
    start(rig, request_of(rig, "/hello"));
}

static void a_reply_may_start_the_next_request(void **state)
{
    struct rig *rig = *state;
    struct http_request request = request_of(rig, "/hello");
    assert_non_null(http_client_request(rig->client, &request, on_first_reply, rig));
    run_for(rig, 1);
    assert_int_equal(web_stub_requests(rig->stub), 2);
}

/* ---- the address hook ---- */

struct guard {
    int asked;
    bool allows;
};

static bool ask_guard(void *context, const struct sockaddr *address)
{
    struct guard *guard = context;
    const union {
        const struct sockaddr *any;
        const struct sockaddr_in *v4;
    } view = {.any = address};
    assert_int_equal(address->sa_family, AF_INET);
    assert_int_equal(view.v4->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    guard->asked++;
    return guard->allows;
}

static void an_address_that_is_not_allowed_is_never_connected_to(void **state)
{
    struct rig *rig = *state;
    struct guard guard = {.allows = false};
    with_options(rig, &(struct http_client_options){.address_is_allowed = ask_guard,
                                                    .address_context = &guard});
    assert_failed(fetch(rig, "/hello"), "address_refused");
    assert_true(guard.asked > 0);
    assert_int_equal(web_stub_connections(rig->stub), 0);
}

/* The DNS may answer with a public address when it is asked and with a private one when it is asked
 * again: only the address of the connection counts, whatever was allowed before. */
static bool allow_once(void *context, const struct sockaddr *address)
{
    struct guard *guard = context;
    (void)address;
    return guard->asked++ == 0;
}

static void a_name_that_turns_to_another_address_is_asked_about_again(void **state)
{
    struct rig *rig = *state;
    struct guard guard = {.asked = 0};
    with_options(rig, &(struct http_client_options){.address_is_allowed = allow_once,
                                                    .address_context = &guard});
    struct http_request request = request_of(rig, "/hello");
    /* allowed for the socket, refused for the connection that is about to carry the request */
    assert_failed(fetch_request(rig, request), "address_refused");
    assert_int_equal(guard.asked, 2);
    /* and refused before any connect the next time */
    assert_failed(fetch_request(rig, request), "address_refused");
    assert_int_equal(guard.asked, 3);
    assert_int_equal(web_stub_requests(rig->stub), 0);
}

static void no_spelling_of_a_private_address_is_connected_to(void **state)
{
    struct rig *rig = *state;
    static const char *const hosts[] = {
        "127.0.0.1", "0177.0.0.1",  "2130706433",         "0x7f.1", "127.1",
        "localhost", "a.localhost", "[::ffff:127.0.0.1]", "0.0.0.0"};
    with_options(rig,
                 &(struct http_client_options){.address_is_allowed = public_address_is_allowed});
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        struct http_request request = request_of(rig, "/hello");
        request.url =
            arena_printf(rig->arena, "http://%s:%d/hello", hosts[i], web_stub_port(rig->stub));
        assert_failed(fetch_request(rig, request), "address_refused");
    }
    assert_int_equal(web_stub_connections(rig->stub), 0);
}

static void a_kept_connection_is_asked_about_again(void **state)
{
    struct rig *rig = *state;
    struct guard guard = {.allows = true};
    with_options(rig, &(struct http_client_options){.address_is_allowed = ask_guard,
                                                    .address_context = &guard});
    assert_int_equal(fetch(rig, "/hello")->status, 200);
    guard.allows = false;
    assert_failed(fetch(rig, "/hello"), "address_refused");
    assert_int_equal(web_stub_requests(rig->stub), 1);
}

/* ---- TLS ---- */

static void a_certificate_of_an_unknown_authority_is_refused_and_a_known_one_accepted(void **state)
{
    struct rig *rig = *state;
    char directory[256];
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof(directory), "%s/http_client_test.XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(directory));
    struct web_stub *tls = web_stub_new(directory);
    struct http_request request = request_of(rig, "/");
    request.url = arena_printf(rig->arena, "https://127.0.0.1:%d/hello", web_stub_port(tls));
    assert_failed(fetch_request(rig, request), "tls");
    assert_int_equal(web_stub_requests(tls), 0);

    struct str ca_file = arena_printf(rig->arena, "%s/certificate.pem", directory);
    with_options(rig, &(struct http_client_options){.ca_file = ca_file});
    assert_int_equal(fetch_request(rig, request)->status, 200);
    assert_int_equal(fetch_request(rig, request)->status, 200);
    /* the certificate names 127.0.0.1 only */
    request.url = arena_printf(rig->arena, "https://localhost:%d/hello", web_stub_port(tls));
    assert_failed(fetch_request(rig, request), "tls");
    assert_int_equal(web_stub_requests(tls), 2);

    with_options(rig, &(struct http_client_options){.ca_file = STR("/nonexistent/ca.pem")});
    assert_failed(fetch_request(rig, request), "ca_file");
    web_stub_free(tls);
    unlink(ca_file.at);
    rmdir(directory);
}

#define NET_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET_TEST(a_reply_carries_status_headers_and_body),
        NET_TEST(an_empty_reply_and_an_error_status_are_replies),
        NET_TEST(the_request_goes_out_as_it_was_given),
        NET_TEST(a_connection_is_used_again),
        NET_TEST(a_fresh_connection_is_made_when_asked_for),
        NET_TEST(requests_run_side_by_side),
        NET_TEST(a_redirect_is_told_and_not_followed),
        NET_TEST(an_endless_body_ends_at_the_limit),
        NET_TEST(a_body_may_be_as_long_as_the_limit_and_no_longer),
        NET_TEST(an_endless_head_ends_at_the_limit),
        NET_TEST(a_silent_server_ends_at_the_timeout),
        NET_TEST(a_lost_connection_is_a_failure),
        NET_TEST(a_refused_connection_is_a_failure),
        NET_TEST(only_http_and_https_are_spoken),
        NET_TEST(a_header_cannot_smuggle_another_line),
        NET_TEST(more_calls_than_the_limit_are_refused),
        NET_TEST(the_environment_sets_no_proxy),
        NET_TEST(a_configured_proxy_is_used),
        NET_TEST(a_cancelled_call_is_never_answered),
        NET_TEST(the_client_may_be_freed_by_a_reply),
        NET_TEST(the_client_may_be_freed_with_calls_in_flight),
        NET_TEST(a_reply_may_start_the_next_request),
        NET_TEST(an_address_that_is_not_allowed_is_never_connected_to),
        NET_TEST(a_name_that_turns_to_another_address_is_asked_about_again),
        NET_TEST(no_spelling_of_a_private_address_is_connected_to),
        NET_TEST(a_kept_connection_is_asked_about_again),
        NET_TEST(a_certificate_of_an_unknown_authority_is_refused_and_a_known_one_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
