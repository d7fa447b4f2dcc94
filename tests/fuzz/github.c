/* GitHub, a GitHub Enterprise server, or whoever stands between it and the broker controls this
 * input: one answer in each line, "STATUS BODY", or "STATUS+ BODY" with another page to come, or
 * "STATUS HEADER^BODY" with what X-GitHub-SSO says.
 * Attacks github_sign_in and the readers of its answers; this file plays the HTTP client. */
#include "services/broker/github.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/net/http_client.h"
#include "tests/fuzz/fuzz.h"

enum { REQUESTS_MAX = 2 + 3 * 20 };

static struct {
    http_client_cb *on_reply; /* of the request in flight, or NULL */
    void *context;
    size_t requests;
    size_t ends;
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
    FUZZ_CHECK(wire.on_reply == NULL && wire.ends == 0);
    FUZZ_CHECK(str_starts_with(request->url, STR("https://github.example/")) && client != NULL);
    FUZZ_CHECK(++wire.requests <= REQUESTS_MAX);
    wire.on_reply = on_reply;
    wire.context = context;
    return (struct http_client_call *)&wire;
}

static void answer(struct str line)
{
    struct http_reply reply = {.reason = "ok", .status = 200, .body = line};
    struct str status, body;
    int64_t number;
    if (str_cut(line, ' ', &status, &body)) {
        if (str_ends_with(status, STR("+"))) {
            reply.link = STR("<https://github.example/?page=2>; rel=\"next\"");
            status.len--;
        }
        if (str_to_i64(status, &number) && number < 1000) {
            reply.status = (int)number;
            reply.body = body;
            str_cut(body, '^', &reply.x_github_sso, &reply.body);
        }
    }
    http_client_cb *on_reply = wire.on_reply;
    wire.on_reply = NULL;
    on_reply(wire.context, &reply);
}

static void on_answer(void *context, const struct github_answer *answer)
{
    const struct github_user *user = &answer->user;
    (void)context;
    wire.ends++;
    FUZZ_CHECK(answer->detail != NULL);
    FUZZ_CHECK((answer->failure == FAIL_GITHUB_RATE_LIMITED) == (answer->retry_after_s > 0));
    if (answer->failure != OK) {
        FUZZ_CHECK(answer->failure == FAIL_GITHUB_UNAVAILABLE ||
                   answer->failure == FAIL_GITHUB_RATE_LIMITED ||
                   answer->failure == FAIL_GITHUB_CODE_REFUSED ||
                   answer->failure == FAIL_LIMIT_REACHED);
        return;
    }
    FUZZ_CHECK(user->number > 0 && !str_is_empty(user->id));
    FUZZ_CHECK(!str_is_empty(user->login) && user->login.len <= GITHUB_LOGIN_BYTES_MAX);
    for (size_t i = 0; i < user->teams.len; i++)
        FUZZ_CHECK(str_index_of(user->teams.at[i], '/') < user->teams.at[i].len);
    FUZZ_CHECK(!str_is_present(user->single_sign_on_url) ||
               str_starts_with(user->single_sign_on_url, STR("https://github.example/")));
}

void fuzz_one(struct str input, struct arena *arena)
{
    const struct github_options options = {
        .client_id = STR("id"),
        .client_secret = STR("secret"),
        .url = STR("https://github.example"),
        .api_url = STR("https://github.example/api/v3/"),
        .redirect_uri = STR("https://auth.example/auth/github/callback"),
    };
    const struct github_question question = {
        .state = STR("state"),
        .code_verifier = STR("verifier"),
        .code = STR("code"),
        .wants_email = true,
        .wants_membership = true,
        .deadline_ms = clock_monotonic_ms() + BUDGET_CALLBACK_MS,
    };
    struct github *github;
    struct str problem;
    FUZZ_CHECK(github_open(NULL, &options, &github, &problem) == OK);
    wire.requests = wire.ends = 0;
    wire.on_reply = NULL;
    github_sign_in(github, &question, arena, on_answer, NULL);
    while (wire.on_reply != NULL) /* without a line left: an empty answer */
        answer(fuzz_line(&input));
    FUZZ_CHECK(wire.ends == 1);
    github_close(github);
}
