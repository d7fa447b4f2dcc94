#include "tests/unit/services/broker/broker_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/form.h"
#include "common/base/limits.h"
#include "common/crypto/digest.h"
#include "common/net/http_client.h"

#define BROWSER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

static const char SERVERS[] =
    "{\"servers\":{\"example.com\":{\"tools\":{\"name\":\"Tools\",\"description\":\"\","
    "\"allowed_users\":[\"octocat\"],\"allowed_orgs\":[\"my-org\"]}}},"
    "\"redirect_hosts\":[\"localhost\",\"app.example.com\"]}";

/* ---- GitHub */

enum { CODES_MAX = 64 };

struct http_client_call {
    struct loop_timer *timer;
    http_client_cb *on_reply;
    void *context;
    struct str body;
};

static struct {
    struct loop *loop;
    char codes[CODES_MAX][32]; /* that have been exchanged */
    size_t codes_len;
    struct http_client_call call; /* the one in flight */
} github;

struct http_client *http_client_new(struct loop *loop, const struct http_client_options *options)
{
    (void)options;
    github.loop = loop;
    return (struct http_client *)&github;
}

void http_client_free(struct http_client *client)
{
    (void)client;
}

/* A parameter as it was sent; without an arena, because tests let those fail. */
static struct str sent(struct str form_text, struct str name)
{
    struct str parameter, is, value;
    while (str_is_present(form_text)) {
        parameter = form_text;
        if (!str_cut(form_text, '&', &parameter, &form_text))
            form_text = STR_ABSENT;
        if (str_cut(parameter, '=', &is, &value) && str_equals(is, name))
            return value;
    }
    return STR_ABSENT;
}

/* Each code once, and never without what must come with it. */
static struct str token_answer(struct str form_text)
{
    struct str code = sent(form_text, STR("code"));
    bool is_new = true;
    assert_false(str_is_empty(code));
    assert_false(str_is_empty(sent(form_text, STR("code_verifier"))));
    assert_false(str_is_empty(sent(form_text, STR("client_secret"))));
    for (size_t i = 0; i < github.codes_len; i++)
        is_new = is_new && !str_equals_cstr(code, github.codes[i]);
    assert_true(github.codes_len < CODES_MAX);
    snprintf(github.codes[github.codes_len++], sizeof(github.codes[0]), "%.*s", STR_ARGS(code));
    return is_new ? STR("{\"access_token\":\"gho_x\",\"token_type\":\"bearer\"}")
                  : STR("{\"error\":\"bad_verification_code\"}");
}

static void on_time(void *context)
{
    struct http_client_call call = *(struct http_client_call *)context;
    const struct http_reply reply = {.reason = "ok", .status = 200, .body = call.body};
    loop_timer_free(call.timer);
    github.call.timer = NULL;
    call.on_reply(call.context, &reply);
}

struct http_client_call *http_client_request(struct http_client *client,
                                             const struct http_request *request,
                                             http_client_cb *on_reply, void *context)
{
    struct http_client_call *call = &github.call;
    assert_true(client == (struct http_client *)&github && call->timer == NULL);
    *call = (struct http_client_call){.on_reply = on_reply, .context = context};
    if (str_ends_with(request->url, STR("/login/oauth/access_token")))
        call->body = token_answer(request->body);
    else if (str_ends_with(request->url, STR("/user")))
        call->body = STR("{\"id\":583231,\"login\":\"octocat\"}");
    else if (memmem(request->url.at, request->url.len, "/user/emails", 12) != NULL)
        call->body = STR("[{\"email\":\"o@example.com\",\"primary\":true,\"verified\":true}]");
    else if (memmem(request->url.at, request->url.len, "/user/memberships/orgs", 22) != NULL)
        call->body = STR("[{\"state\":\"active\",\"organization\":{\"login\":\"my-org\"}}]");
    else
        call->body = STR("[]");
    call->timer = loop_timer_new(github.loop, on_time, call);
    assert_non_null(call->timer);
    loop_timer_start(call->timer, 0, 0);
    return call;
}

/* ---- the broker */

static void servers_file_write(const struct broker_rig *rig)
{
    FILE *file = fopen(rig->servers_path, "w");
    assert_non_null(file);
    assert_true(fputs(SERVERS, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void broker_rig_start(struct broker_rig *rig)
{
    struct str problem = STR("");
    *rig = (struct broker_rig){.folder = "/tmp/mcp-oauth-broker-XXXXXX"};
    assert_non_null(mkdtemp(rig->folder));
    snprintf(rig->servers_path, sizeof(rig->servers_path), "%s/servers.json", rig->folder);
    servers_file_write(rig);
    rig->redis = redis_rig_start(NULL);
    rig->store = redis_rig_open_store(rig->redis);
    rig->arena = redis_rig_arena(rig->redis);
    rig->config = (struct broker_config){
        .github_client_id = STR("id"),
        .github_client_secret = STR("secret"),
        .github_url = STR("https://github.example"),
        .github_api_url = STR("https://api.github.example"),
        .servers_file = str_from_cstr(rig->servers_path),
        .rate_sign_in_per_minute = 1000000,
    };
    if (broker_open(redis_rig_loop(rig->redis), &rig->config, STR(BROKER_RIG_ISSUER), rig->arena,
                    &problem) != OK)
        fail_msg("%.*s", STR_ARGS(problem));
}

void broker_rig_stop(struct broker_rig *rig)
{
    broker_close();
    redis_rig_stop(rig->redis);
    unlink(rig->servers_path);
    rmdir(rig->folder);
}

static void on_created(void *context, enum failure failure)
{
    struct task_rig_answer *answer = context;
    answer->failure = failure;
    answer->is_done = true;
}

void broker_rig_reset(struct broker_rig *rig, struct str redirect_uri)
{
    struct task_rig_answer answer = {.is_done = false};
    redis_rig_ask(rig->redis, "FLUSHALL");
    github.codes_len = 0;
    rig->session = STR("a session id");
    rig->s = digest_hex(rig->arena, rig->session);
    rig->state = rig->csrf_token = STR_ABSENT;
    const struct session_record session = {
        .request_id = STR("r"),
        .browser_sha256 = digest_hex(rig->arena, STR(BROWSER)),
        .client_id = STR("mcp_example.com_1"),
        .client_name = STR("An app"),
        .client_fingerprint = STR("f"),
        .token_endpoint_auth_method = STR("none"),
        .redirect_uri =
            str_is_present(redirect_uri) ? redirect_uri : STR("http://localhost:1234/cb"),
        .redirect_uri_is_explicit = true,
        .scope = STR("mcp:example.com:tools email"),
        .state = STR("the client's"),
        .code_challenge = STR("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        .created_at = clock_wall_s(),
        .claim_until = FIELD_I64_ABSENT,
        .signed_in_at = FIELD_I64_ABSENT,
    };
    session_record_create(rig->store, rig->s, &session, rig->arena, redis_rig_deadline_ms(),
                          on_created, &answer);
    redis_rig_await(rig->redis, &answer.is_done);
    assert_int_equal(answer.failure, OK);
}

/* What the browser is sent to GitHub with, or finds in the page's form. */
static void answer_keep(struct broker_rig *rig, const struct broker_rig_answer *answer)
{
    struct str before, query, state;
    struct form form;
    if (answer->failure != OK)
        return;
    if (str_starts_with(answer->reply.location, STR("https://github.example/")) &&
        str_cut(answer->reply.location, '?', &before, &query) &&
        form_parse(rig->arena, query, &form) == OK && form_get(&form, STR("state"), &state) == OK)
        rig->state = state;
    if (str_is_present(answer->reply.csrf_token))
        rig->csrf_token = answer->reply.csrf_token;
}

static struct broker_rig_answer call(struct broker_rig *rig, const char *request,
                                     operation_handler *handle, const void *message,
                                     size_t message_bytes)
{
    const struct task_rig_call called = {
        .request = request,
        .handle = handle,
        .reply = &SIGN_IN_REPLY,
        .message = message,
        .message_bytes = message_bytes,
        .budget_ms = BUDGET_CALLBACK_MS,
        .fail_at = rig->fail_at,
    };
    const struct task_rig_answer task_answer = task_rig_run(rig->redis, rig->store, &called);
    struct broker_rig_answer answer = {.failure = task_answer.failure};
    if (task_answer.message != NULL)
        answer.reply = *(const struct sign_in_reply *)task_answer.message;
    answer_keep(rig, &answer);
    return answer;
}

struct broker_rig_answer broker_rig_login(struct broker_rig *rig, const char *request)
{
    const struct login_request message = {
        .session = rig->session, .browser = STR(BROWSER), .address = STR("192.0.2.1")};
    return call(rig, request, login_handle, &message, sizeof(message));
}

struct broker_rig_answer broker_rig_callback(struct broker_rig *rig, const char *request,
                                             const char *code)
{
    const struct callback_request message = {.state = rig->state,
                                             .code = str_from_cstr(code),
                                             .browser = STR(BROWSER),
                                             .address = STR("192.0.2.1")};
    return call(rig, request, callback_handle, &message, sizeof(message));
}

struct broker_rig_answer broker_rig_decide(struct broker_rig *rig, const char *request,
                                           const char *decision)
{
    const struct decide_request message = {.session = rig->s,
                                           .csrf_token = rig->csrf_token,
                                           .decision = str_from_cstr(decision),
                                           .browser = STR(BROWSER),
                                           .address = STR("192.0.2.1")};
    return call(rig, request, decide_handle, &message, sizeof(message));
}
