/* From a socket to a message and back: what the endpoints ask the workers, and how replies become
 * HTTP. The workers are played by the test. */
#include "tests/unit/services/edge/http_rig.h"
#include "common/base/hex.h"
#include "services/edge/endpoints.h"
#include "tests/unit/common/base/unit.h"

#include <sys/socket.h>
#include <unistd.h>

#define HOST    "Host: auth.example.com\r\n"
#define FORM    HOST "Content-Type: application/x-www-form-urlencoded\r\n"
#define BROWSER "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY"

#define assert_contains(text, part)                                                                \
    do {                                                                                           \
        if (strstr((text), (part)) == NULL)                                                        \
            fail_msg("\"%s\" is not in \"%s\"", (part), (text));                                   \
    } while (0)
#define assert_header(response, name, expected)                                                    \
    do {                                                                                           \
        const char *actual_header = rig_header((response), (name));                                \
        if (actual_header == NULL || strcmp(actual_header, (expected)) != 0)                       \
            fail_msg("%s is \"%s\", not \"%s\"", (name), actual_header ? actual_header : "absent", \
                     (expected));                                                                  \
    } while (0)

static void post(int client, const char *path, const char *headers, const char *body)
{
    char text[8192];
    snprintf(text, sizeof(text), "POST %s HTTP/1.1\r\n%sContent-Length: %zu\r\n\r\n%s", path,
             headers, strlen(body), body);
    rig_send(client, text);
}

static int status_of(const char *response)
{
    return (int)strtol(response + strlen("HTTP/1.1 "), NULL, 10);
}

/* Sends a form to a path, answers it with the failure and body, and gives the response. */
static const char *post_and_answer(struct rig *rig, const char *path, const char *form,
                                   enum failure failure, const char *body)
{
    int client = rig_connect(rig);
    size_t asked = rig->asked;
    post(client, path, FORM, form);
    rig_await_asked(rig, asked + 1);
    rig_answer(rig, failure, body);
    const char *response = rig_read(rig, client);
    close(client);
    return response;
}

static int rig_setup(void **state)
{
    *state = rig_open("http://localhost:8787");
    return 0;
}

static int rig_teardown(void **state)
{
    rig_close(*state);
    return 0;
}

static void a_code_is_exchanged_with_what_the_form_says(void **state)
{
    struct rig *rig = *state;
    const char *response = post_and_answer(
        rig, "/token",
        "grant_type=authorization_code&client_id=c%201&code=x.y&code_verifier=v&redirect_uri=http%"
        "3A"
        "%2F%2Fa&resource=https%3A%2F%2Fr1&resource=https%3A%2F%2Fr2",
        OK, "{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"later\":1}");
    assert_int_equal(rig->kind, WORKER_SIGNER);
    assert_string_equal(rig->operation, "exchange/1");
    assert_string_equal(rig_member(rig, "client_id"), "c 1");
    assert_string_equal(rig_member(rig, "client_authentication_method"), "none");
    assert_string_equal(rig_member(rig, "code"), "x.y");
    assert_string_equal(rig_member(rig, "redirect_uri"), "http://a");
    assert_int_equal(json_array_size(json_object_get(rig->body, "resource")), 2);
    assert_true(rig->budget_ms > 0 && rig->budget_ms <= BUDGET_TOKEN_MS);
    assert_int_equal(status_of(response), 200);
    assert_header(response, "cache-control", "no-store");
    assert_header(response, "access-control-allow-origin", "*");
    assert_contains(response, "\"access_token\":\"t\"");
    assert_contains(response, "\"expires_in\":3600");
    assert_null(strstr(response, "later")); /* only what RFC 6749 5.1 names goes out */
}

static void a_revocation_is_asked_for_the_client_of_the_form_RFC_7009_2_1(void **state)
{
    struct rig *rig = *state;
    const char *response = post_and_answer(
        rig, "/revoke", "client_id=c%201&client_secret=s&token=t&token_type_hint=whatever", OK, "");
    assert_int_equal(rig->kind, WORKER_SIGNER);
    assert_string_equal(rig->operation, "client_revoke/1");
    assert_string_equal(rig_member(rig, "client_id"), "c 1");
    assert_string_equal(rig_member(rig, "client_authentication_method"), "client_secret_post");
    assert_string_equal(rig_member(rig, "client_secret"), "s");
    assert_string_equal(rig_member(rig, "token"), "t");
    assert_int_equal(status_of(response), 200);
    assert_header(response, "access-control-allow-origin", "*");
    assert_int_equal(status_of(post_and_answer(rig, "/revoke", "client_id=c&token=t",
                                               FAIL_STORE_UNAVAILABLE, "")),
                     503);
}

static void each_request_has_an_id_and_a_trace_of_its_own(void **state)
{
    struct rig *rig = *state;
    unsigned char first[16];
    char id[33];
    const char *form = "grant_type=refresh_token&client_id=c&refresh_token=r";
    post_and_answer(rig, "/token", form, OK, "{}");
    memcpy(first, rig->request_id, sizeof(first));
    hex_write(id, first, sizeof(first));
    assert_memory_equal(rig->traceparent, "00-", 3);
    assert_memory_equal(rig->traceparent + 3, id, 32);
    post_and_answer(rig, "/token", form, OK, "{}");
    assert_memory_not_equal(rig->request_id, first, sizeof(first));
}

static void basic_credentials_reach_the_signer_decoded(void **state)
{
    struct rig *rig = *state;
    int client = rig_connect(rig);
    post(client, "/token", FORM "Authorization: Basic YyUyMDE6cyUzQXQ=\r\n",
         "grant_type=refresh_token&refresh_token=r");
    rig_await_asked(rig, 1);
    assert_string_equal(rig_member(rig, "client_id"), "c 1"); /* RFC 6749 2.3.1 */
    assert_string_equal(rig_member(rig, "client_secret"), "s:t");
    assert_string_equal(rig_member(rig, "client_authentication_method"), "client_secret_basic");
    rig_answer(rig, FAIL_CLIENT_AUTHENTICATION_FAILED, "");
    const char *response = rig_read(rig, client);
    assert_int_equal(status_of(response), 401);
    assert_header(response, "www-authenticate", "Basic realm=\"mcp-oauth\""); /* RFC 6749 5.2 */
    assert_contains(response, "\"error\":\"invalid_client\"");
    close(client);
}

static void failures_of_the_signer_become_the_protocols_form(void **state)
{
    static const struct {
        enum failure failure;
        int status;
        const char *error;
        const char *retry_after;
    } cases[] = {
        {FAIL_CODE_UNKNOWN, 400, "\"error\":\"invalid_grant\"", NULL},
        {FAIL_STORE_UNAVAILABLE, 503, "\"error\":\"temporarily_unavailable\"", "2"},
        {FAIL_OVERLOADED, 503, "\"error\":\"temporarily_unavailable\"", "2"},
        {FAIL_RATE_LIMITED, 429, "\"error\":\"temporarily_unavailable\"", "2"},
        {FAIL_OPERATION_UNKNOWN, 500, "\"error\":\"server_error\"", NULL},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        const char *response = post_and_answer(
            *state, "/token", "grant_type=refresh_token&client_id=c&refresh_token=r",
            cases[i].failure, "");
        assert_int_equal(status_of(response), cases[i].status);
        assert_contains(response, cases[i].error);
        if (cases[i].retry_after != NULL)
            assert_header(response, "retry-after", cases[i].retry_after);
        else
            assert_null(rig_header(response, "retry-after"));
    }
}

static void a_worker_says_when_to_come_again_rfc9110_10_2_3(void **state)
{
    struct rig *rig = *state;
    rig->retry_after_s = 37;
    const char *response =
        post_and_answer(rig, "/token", "grant_type=refresh_token&client_id=c&refresh_token=r",
                        FAIL_RATE_LIMITED, "");
    assert_int_equal(status_of(response), 429);
    assert_header(response, "retry-after", "37");
    rig->retry_after_s = 0;
}

static void a_reply_that_cannot_be_read_is_a_server_error(void **state)
{
    static const char *const bodies[] = {"", "{", "[]", "{\"expires_in\":\"x\"}"};
    for (size_t i = 0; i < LENGTH_OF(bodies); i++)
        assert_int_equal(
            status_of(post_and_answer(*state, "/token",
                                      "grant_type=refresh_token&client_id=c&refresh_token=r", OK,
                                      bodies[i])),
            500);
}

static void authorize_asks_the_registry_then_the_broker_with_one_id(void **state)
{
    struct rig *rig = *state;
    unsigned char id[16];
    int client = rig_connect(rig);
    rig_send(client, "GET /authorize?client_id=c&state=s&max_age=5 HTTP/1.1\r\n" HOST
                     "Cookie: a=b; mcp_browser=" BROWSER "\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n");
    rig_await_asked(rig, 1);
    assert_string_equal(rig->operation, "authorize/1");
    assert_int_equal(rig->kind, WORKER_REGISTRY);
    assert_string_equal(rig_member(rig, "browser"), BROWSER);
    assert_int_equal(strlen(rig_member(rig, "seed")), 64);
    assert_string_equal(rig_member(rig, "address"), "127.0.0.1"); /* no trusted proxy said so */
    assert_int_equal(json_integer_value(json_object_get(rig->body, "max_age")), 5);
    assert_null(rig_member(rig, "redirect_uri"));
    memcpy(id, rig->request_id, sizeof(id));
    rig_answer(rig, OK, "{\"session\":\"sss\",\"browser\":\"" BROWSER "\"}");
    rig_await_asked(rig, 2);
    assert_string_equal(rig->operation, "login/1");
    assert_int_equal(rig->kind, WORKER_BROKER);
    assert_string_equal(rig_member(rig, "session"), "sss");
    assert_memory_equal(rig->request_id, id, sizeof(id));
    rig_answer(rig, OK, "{\"outcome\":\"redirect\",\"location\":\"https://github.com/login?x=1\"}");
    const char *response = rig_read(rig, client);
    assert_int_equal(status_of(response), 302);
    assert_header(response, "location", "https://github.com/login?x=1");
    assert_header(response, "set-cookie",
                  "mcp_browser=" BROWSER "; Path=/; HttpOnly; SameSite=Lax");
    assert_header(response, "referrer-policy", "no-referrer");
    assert_null(rig_header(response, "access-control-allow-origin"));
    close(client);
}

static const char *get_and_answer(struct rig *rig, const char *target, const char *headers,
                                  enum failure failure, const char *body)
{
    char text[1024];
    int client = rig_connect(rig);
    size_t asked = rig->asked;
    snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" HOST "%s\r\n", target, headers);
    rig_send(client, text);
    rig_await_asked(rig, asked + 1);
    rig_answer(rig, failure, body);
    const char *response = rig_read(rig, client);
    close(client);
    return response;
}

/* RFC 6749 4.1.2.1, RFC 9207 2 */
static void a_failure_is_told_to_the_client_only_when_the_registry_allows_it(void **state)
{
    const char *response =
        get_and_answer(*state, "/authorize?client_id=c", "", FAIL_SCOPE_AMBIGUOUS,
                       "{\"redirect_uri\":\"https://app.example/cb?own=1\",\"state\":\"a b\"}");
    assert_int_equal(status_of(response), 302);
    const char *location = rig_header(response, "location");
    assert_contains(location,
                    "https://app.example/cb?own=1&error=invalid_scope&error_description=");
    assert_contains(location, "&state=a%20b&iss=http%3A%2F%2Flocalhost%3A8787");
    response = get_and_answer(*state, "/authorize?client_id=c", "", FAIL_CLIENT_UNKNOWN, "");
    assert_int_equal(status_of(response), 400);
    assert_null(rig_header(response, "location"));
    assert_contains(response, "\"error\":\"invalid_client\"");
    response = get_and_answer(*state, "/authorize?client_id=c", "Accept: text/html\r\n",
                              FAIL_CLIENT_UNKNOWN, "");
    assert_header(response, "content-type", "text/html; charset=utf-8");
    assert_contains(response, "add it again");
}

static void an_address_and_a_trace_are_believed_from_trusted_proxies_only(void **state)
{
    struct rig *rig = *state;
    struct str trusted[] = {STR_INIT("127.0.0.0/8"), STR_INIT("10.0.0.0/8")};
    const char *headers =
        "X-Forwarded-For: 6.6.6.6, 203.0.113.7\r\n"
        "X-Forwarded-For: 10.1.1.1\r\n"
        "traceparent: 00-0123456789abcdef0123456789abcdef-1111111111111111-01\r\n";
    assert_true(proxies_read((struct strs){trusted, 2}, &rig->edge.proxies));
    get_and_answer(rig, "/authorize?client_id=c", headers, FAIL_CLIENT_UNKNOWN, "");
    assert_string_equal(rig_member(rig, "address"), "203.0.113.7");
    assert_memory_equal(rig->traceparent, "00-0123456789abcdef0123456789abcdef-", 36);
    assert_memory_not_equal(rig->traceparent + 36, "1111111111111111", 16); /* a child span */
    assert_true(proxies_read((struct strs){0}, &rig->edge.proxies));
    get_and_answer(rig, "/authorize?client_id=c", headers, FAIL_CLIENT_UNKNOWN, "");
    assert_string_equal(rig_member(rig, "address"), "127.0.0.1");
    assert_memory_not_equal(rig->traceparent + 3, "0123456789abcdef", 16);
}

static void a_header_with_a_line_break_is_never_sent(void **state)
{
    const char *response = get_and_answer(
        *state, "/auth/github/callback?state=s&code=c", "Cookie: mcp_browser=" BROWSER "\r\n", OK,
        "{\"outcome\":\"redirect\",\"location\":\"https://a/\\r\\nSet-Cookie: x=1\"}");
    assert_int_equal(status_of(response), 500);
    assert_null(rig_header(response, "set-cookie"));
    assert_null(rig_header(response, "location"));
}

static void each_outcome_of_a_sign_in_has_its_answer(void **state)
{
    static const struct {
        const char *reply;
        int status;
        const char *part;
    } cases[] = {
        {"{\"outcome\":\"redirect\",\"location\":\"https://a/?code=1\"}", 302,
         "location: https://a/?code=1\r\n"},
        {"{\"outcome\":\"consent\",\"session\":\"s1\",\"csrf_token\":\"t1\",\"client_name\":\"<b>"
         "A\","
         "\"scope\":\"mcp:d:s email\",\"server_name\":\"Tools\",\"redirect_host\":\"app.example\"}",
         200, "&lt;b&gt;A"},
        {"{\"outcome\":\"denied\",\"session\":\"s1\",\"csrf_token\":\"t1\",\"login\":\"hubot\","
         "\"location\":\"https://a/?error=access_denied&state=1\"}",
         403, "href=\"https://a/?error=access_denied&amp;state=1\""},
        {"{\"outcome\":\"connected\",\"client_name\":\"App\"}", 200, "You are connected"},
        {"{\"outcome\":\"new\"}", 500, "server_error"},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        const char *response =
            get_and_answer(*state, "/auth/github/callback?state=s&code=c",
                           "Cookie: mcp_browser=" BROWSER "\r\n", OK, cases[i].reply);
        assert_int_equal(status_of(response), cases[i].status);
        assert_contains(response, cases[i].part);
    }
}

static void a_callback_or_form_without_the_cookie_reaches_no_worker(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(
        status_of(rig_ask(rig, "GET /auth/github/callback?state=s&code=c HTTP/1.1\r\n" HOST
                               "Cookie: mcp_browser=short\r\n\r\n")),
        403); /* RFC 9700 4.7 */
    int client = rig_connect(rig);
    post(client, "/authorize", FORM, "session=s&csrf_token=t&decision=approve");
    assert_int_equal(status_of(rig_read(rig, client)), 403);
    post(client, "/authorize", FORM, "session=s&csrf_token=t&csrf_token=u&decision=approve");
    assert_int_equal(status_of(rig_read(rig, client)), 400); /* RFC 6749 3.1 */
    close(client);
    assert_int_equal(rig->asked, 0);
}

static void a_vanished_client_cancels_nothing_and_harms_nothing(void **state)
{
    struct rig *rig = *state;
    int client = rig_connect(rig);
    post(client, "/token", FORM, "grant_type=refresh_token&client_id=c&refresh_token=r");
    rig_await_asked(rig, 1);
    close(client);
    rig_answer(rig, OK, "{\"access_token\":\"t\"}");
    while (http_server_connections(rig->edge.server) > 0)
        loop_run_turn(rig->edge.loop);
    assert_null(rig->edge.errands);
}

static void a_client_that_only_closed_its_sending_side_still_reads_the_answer(void **state)
{
    struct rig *rig = *state;
    int client = rig_connect(rig);
    post(client, "/token", FORM, "grant_type=refresh_token&client_id=c&refresh_token=r");
    rig_await_asked(rig, 1);
    shutdown(client, SHUT_WR);
    rig_answer(rig, OK, "{\"access_token\":\"t\"}");
    const char *response = rig_read(rig, client);
    assert_int_equal(status_of(response), 200);
    assert_true(rig_is_closed(rig, client));
    close(client);
}

static void two_requests_in_one_packet_are_answered_in_order(void **state)
{
    struct rig *rig = *state;
    int client = rig_connect(rig);
    rig_send(client,
             "GET /client/one HTTP/1.1\r\n" HOST "\r\nGET /client/two HTTP/1.1\r\n" HOST "\r\n");
    rig_await_asked(rig, 1);
    assert_string_equal(rig_member(rig, "client_id"), "one");
    rig_answer(rig, OK, "{\"client\":{\"client_id\":\"one\"}}");
    assert_contains(rig_read(rig, client), "\"one\"");
    rig_await_asked(rig, 2);
    assert_string_equal(rig_member(rig, "client_id"), "two");
    rig_answer(rig, FAIL_CLIENT_NOT_FOUND, "");
    assert_int_equal(status_of(rig_read(rig, client)), 404);
    close(client);
}

static void nothing_behind_a_chunked_body_is_read_as_a_request(void **state)
{
    struct rig *rig = *state;
    int client = rig_connect(rig);
    rig_send(client, "POST /validate HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                     "2;a=b\r\n{}\r\n0\r\n\r\nGET /health HTTP/1.1\r\n" HOST "\r\n");
    const char *response = rig_read(rig, client);
    assert_int_equal(status_of(response), 400);
    assert_header(response, "connection", "close"); /* RFC 9112 11.2 */
    assert_null(strstr(response, "\"status\":\"ok\""));
    assert_true(rig_is_closed(rig, client));
    close(client);
}

/* RFC 9110 15.5.14, RFC 9112 6.1: libh2o refuses these before any handler; the form is ours. */
static void what_libh2o_refuses_by_itself_has_the_protocols_form_too(void **state)
{
    static const struct {
        const char *path, *framing;
        int status;
        bool is_cors;
    } cases[] = {
        {"/token", "Content-Length: 10000000", 413, true},
        {"/authorize", "Content-Length: 10000000", 413, false},
        {"/token", "Content-Length: x", 400, true},
        {"/token", "Transfer-Encoding: gzip", 400, true},
        {"/token", "Content-Length: 1\r\nExpect: magic", 417, true},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        char text[512];
        snprintf(text, sizeof(text), "POST %s HTTP/1.1\r\n" HOST "%s\r\n\r\n", cases[i].path,
                 cases[i].framing);
        const char *response = rig_ask(*state, text);
        assert_int_equal(status_of(response), cases[i].status);
        assert_header(response, "content-type", "application/json");
        assert_header(response, "connection", "close");
        assert_contains(response, "{\"error\":\"invalid_request\",\"error_description\":");
        assert_int_equal(rig_header(response, "access-control-allow-origin") != NULL,
                         cases[i].is_cors);
    }
}

static void ending_with_requests_waiting_answers_them_503(void **state)
{
    struct rig *rig = *state;
    int client = rig_connect(rig);
    post(client, "/token", FORM, "grant_type=refresh_token&client_id=c&refresh_token=r");
    rig_await_asked(rig, 1);
    rig_close(rig);
    char text[2048] = "";
    assert_true(recv(client, text, sizeof(text) - 1, 0) > 0);
    assert_int_equal(status_of(text), 503);
    close(client);
    *state = rig_open("http://localhost:8787");
}

static void on_drained(void *context)
{
    *(bool *)context = true;
}

static void draining_serves_who_has_connected_and_closes_who_is_idle(void **state)
{
    struct rig *rig = *state;
    bool is_drained = false;
    int idle = rig_connect(rig), waiting = rig_connect(rig);
    post(waiting, "/token", FORM, "grant_type=refresh_token&client_id=c&refresh_token=r");
    rig_await_asked(rig, 1);
    /* more than the server takes at once: some are still in the kernel's queue */
    int late[40];
    for (size_t i = 0; i < LENGTH_OF(late); i++) {
        late[i] = rig_connect(rig);
        rig_send(late[i], "GET /health HTTP/1.1\r\n" HOST "\r\n");
    }
    rig->edge.is_draining = true;
    http_server_drain(rig->edge.server, 0, on_drained, &is_drained);
    const char *response;
    for (size_t i = 0; i < LENGTH_OF(late); i++) {
        response = rig_read(rig, late[i]);
        assert_int_equal(status_of(response), 200);
        assert_header(response, "connection", "close");
        close(late[i]);
    }
    assert_true(rig_is_closed(rig, idle));
    assert_false(is_drained);
    rig_answer(rig, OK, "{\"access_token\":\"t\"}");
    response = rig_read(rig, waiting);
    assert_int_equal(status_of(response), 200);
    assert_header(response, "connection", "close");
    while (!is_drained)
        loop_run_turn(rig->edge.loop);
    close(idle);
    close(waiting);
}

static void the_key_set_is_never_empty(void **state)
{
    struct rig *rig = *state;
    const char *ask = "GET /.well-known/jwks.json HTTP/1.1\r\n" HOST "\r\n";
    assert_int_equal(status_of(rig_ask(rig, ask)), 503);
    keys_set(STR("{\"keys\":[]}"));
    assert_int_equal(status_of(rig_ask(rig, ask)), 503);
    keys_set(STR("{\"keys\":[{\"kid\":\"1\"}]}"));
    const char *response = rig_ask(rig, ask);
    assert_int_equal(status_of(response), 200);
    assert_header(response, "cache-control", "public, max-age=300");
    keys_set(STR("{\"keys\":[]}"));
    assert_contains(rig_ask(rig, ask), "{\"keys\":[{\"kid\":\"1\"}]}");
}

static void ready_says_what_is_missing(void **state)
{
    struct rig *rig = *state;
    const char *ask = "GET /ready HTTP/1.1\r\n" HOST "\r\n";
    keys_set(STR("{\"keys\":[{\"kid\":\"1\"}]}"));
    assert_int_equal(status_of(rig_ask(rig, ask)), 200);
    rig->workers = 0;
    const char *response = rig_ask(rig, ask);
    assert_int_equal(status_of(response), 503);
    assert_contains(response, "\"missing\":[\"registry\",\"broker\",\"signer\"]");
}

static void an_issuer_with_a_path_is_served_with_and_without_it(void **state)
{
    (void)state;
    struct rig *rig = rig_open("https://example.com/auth");
    assert_contains(rig_ask(rig, "GET /auth/health HTTP/1.1\r\n" HOST "\r\n"), "\"status\":\"ok\"");
    assert_contains(rig_ask(rig, "GET /health HTTP/1.1\r\n" HOST "\r\n"), "\"status\":\"ok\"");
    assert_int_equal(status_of(rig_ask(rig, "GET /authhealth HTTP/1.1\r\n" HOST "\r\n")), 404);
    assert_contains(
        rig_ask(rig, "GET /.well-known/oauth-authorization-server/auth HTTP/1.1\r\n" HOST "\r\n"),
        "\"issuer\":\"https://example.com/auth\"");
    assert_contains(
        rig_ask(rig, "GET /auth/.well-known/openid-configuration HTTP/1.1\r\n" HOST "\r\n"),
        "\"token_endpoint\":\"https://example.com/auth/token\"");
    rig_close(rig);
}

static void on_https_the_cookie_is_bound_to_the_host_and_pages_say_hsts(void **state)
{
    (void)state;
    struct rig *rig = rig_open("https://example.com");
    const char *response =
        get_and_answer(rig, "/auth/github/callback?state=s&code=c",
                       "Accept: text/html\r\nCookie: __Host-mcp_browser=" BROWSER "\r\n",
                       FAIL_GITHUB_UNAVAILABLE, "");
    assert_int_equal(status_of(response), 503);
    assert_header(response, "strict-transport-security", "max-age=31536000"); /* RFC 6797 6.1 */
    assert_contains(response, "href=\"/auth/github/callback?state=s&amp;code=c\""); /* try again */
    response = rig_ask(rig, "GET /auth/github/callback?state=s&code=c HTTP/1.1\r\n" HOST
                            "Cookie: mcp_browser=" BROWSER "\r\n\r\n");
    assert_int_equal(status_of(response), 403); /* the plain name is not taken on https */
    rig_close(rig);
}

#define RIG_TEST(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_code_is_exchanged_with_what_the_form_says),
        RIG_TEST(a_revocation_is_asked_for_the_client_of_the_form_RFC_7009_2_1),
        RIG_TEST(each_request_has_an_id_and_a_trace_of_its_own),
        RIG_TEST(basic_credentials_reach_the_signer_decoded),
        RIG_TEST(failures_of_the_signer_become_the_protocols_form),
        RIG_TEST(a_reply_that_cannot_be_read_is_a_server_error),
        RIG_TEST(a_worker_says_when_to_come_again_rfc9110_10_2_3),
        RIG_TEST(authorize_asks_the_registry_then_the_broker_with_one_id),
        RIG_TEST(a_failure_is_told_to_the_client_only_when_the_registry_allows_it),
        RIG_TEST(an_address_and_a_trace_are_believed_from_trusted_proxies_only),
        RIG_TEST(a_header_with_a_line_break_is_never_sent),
        RIG_TEST(each_outcome_of_a_sign_in_has_its_answer),
        RIG_TEST(a_callback_or_form_without_the_cookie_reaches_no_worker),
        RIG_TEST(a_vanished_client_cancels_nothing_and_harms_nothing),
        RIG_TEST(a_client_that_only_closed_its_sending_side_still_reads_the_answer),
        RIG_TEST(two_requests_in_one_packet_are_answered_in_order),
        RIG_TEST(nothing_behind_a_chunked_body_is_read_as_a_request),
        RIG_TEST(what_libh2o_refuses_by_itself_has_the_protocols_form_too),
        RIG_TEST(ending_with_requests_waiting_answers_them_503),
        RIG_TEST(draining_serves_who_has_connected_and_closes_who_is_idle),
        RIG_TEST(the_key_set_is_never_empty),
        RIG_TEST(ready_says_what_is_missing),
        cmocka_unit_test(an_issuer_with_a_path_is_served_with_and_without_it),
        cmocka_unit_test(on_https_the_cookie_is_bound_to_the_host_and_pages_say_hsts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
