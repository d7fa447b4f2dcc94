/* A chain of requests, each beginning where the one before it ended: token, user, then as far as
 * asked for e-mail addresses, organisations and teams, page by page. */
#include "services/broker/github.h"
#include "common/base/clock.h"
#include "common/base/form.h"
#include "common/base/limits.h"
#include "common/crypto/digest.h"
#include "common/net/http_client.h"
#include "common/oauth/uri.h"
#include "services/broker/broker_metrics.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE_ENTRIES = 100,
    PAGES_MAX = 20,
    LIST_MAX = PAGE_ENTRIES * PAGES_MAX,
    STEP_MS_MAX = 8000,       /* of one request */
    RETRY_AFTER_S = 60,       /* when GitHub limits us and does not say for how long */
    RETRY_AFTER_MAX_S = 3600, /* its limits are by the hour */
};

struct github {
    struct github_options options;
    struct http_client *http;
};

struct sign_in {
    struct github *github;
    struct github_question question;
    struct arena *arena;
    github_answer_cb *on_answer;
    void *context;
    struct str authorization; /* "Bearer ..." */
    enum github_step step;
    int page;
    int64_t asked_us;
    struct github_answer answer; /* as far as it is known */
};

static bool url_is_good(struct str url)
{
    struct uri uri;
    return uri_split(url, &uri) && !str_is_present(uri.query) && !str_is_present(uri.fragment) &&
           !str_is_present(uri.userinfo) &&
           (uri_has_scheme(&uri, STR("https")) ||
            (uri_has_scheme(&uri, STR("http")) && uri_host_is_loopback(uri.host)));
}

static struct str without_slash(struct str url)
{
    while (str_ends_with(url, STR("/")))
        url.len--;
    return url;
}

enum failure github_open(struct loop *loop, const struct github_options *options,
                         struct github **ret_github, struct str *ret_problem)
{
    if (!url_is_good(options->url) || !url_is_good(options->api_url)) {
        *ret_problem = url_is_good(options->url)
                           ? STR("GITHUB_API_URL must be an https URL, such as "
                                 "https://github.example.com/api/v3")
                           : STR("GITHUB_URL must be an https URL, such as "
                                 "https://github.example.com");
        return FAIL_CONFIGURATION_INVALID;
    }
    struct github *github = calloc(1, sizeof(*github));
    struct http_client *http = http_client_new(loop, &(struct http_client_options){0});
    if (github == NULL || http == NULL) {
        free(github);
        http_client_free(http);
        *ret_problem = STR("there is not enough memory to start");
        return FAIL_CONFIGURATION_INVALID;
    }
    github->options = *options;
    github->options.url = without_slash(options->url);
    github->options.api_url = without_slash(options->api_url);
    github->http = http;
    *ret_github = github;
    return OK;
}

void github_close(struct github *github)
{
    if (github == NULL)
        return;
    http_client_free(github->http);
    free(github);
}

struct str github_authorize_url(const struct github *github, const struct github_question *question,
                                struct arena *arena)
{
    struct str scope =
        arena_printf(arena, "read:user%s%s", question->wants_email ? " user:email" : "",
                     question->wants_membership ? " read:org" : "");
    const struct form_parameter parameters[] = {
        {STR("client_id"), github->options.client_id},
        {STR("redirect_uri"), github->options.redirect_uri},
        {STR("scope"), scope},
        {STR("state"), question->state},
        {STR("code_challenge"), digest_base64url(arena, question->code_verifier)},
        {STR("code_challenge_method"), STR("S256")},
    };
    struct str url =
        arena_printf(arena, "%.*s/login/oauth/authorize", STR_ARGS(github->options.url));
    for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
        if (!str_is_present(parameters[i].value))
            return STR_ABSENT;
        url = form_append(arena, url, parameters[i].name, parameters[i].value);
    }
    if (!str_is_empty(question->login_hint))
        url = form_append(arena, url, STR("login"), question->login_hint);
    if (question->wants_account_choice)
        url = form_append(arena, url, STR("prompt"), STR("select_account"));
    return url;
}

struct str github_approval_url(const struct github *github, struct arena *arena)
{
    return arena_printf(arena, "%.*s/settings/connections/applications/%.*s",
                        STR_ARGS(github->options.url), STR_ARGS(github->options.client_id));
}

static void sign_in_end(struct sign_in *sign_in, enum failure failure, const char *detail)
{
    sign_in->answer.failure = failure;
    sign_in->answer.detail = detail;
    sign_in->on_answer(sign_in->context, &sign_in->answer);
}

/* ---- what GitHub answers */

static void json_release(json_t **json)
{
    json_decref(*json);
}
#define OWNED_JSON __attribute__((cleanup(json_release))) json_t *

/* As long as object lives; absent when there is none, or one that is longer than max. */
static struct str member_get(json_t *object, const char *name, size_t max)
{
    json_t *value = json_object_get(object, name);
    if (!json_is_string(value) || json_string_length(value) > max)
        return STR_ABSENT;
    return str_from_bytes(json_string_value(value), json_string_length(value));
}

/* FAIL_LIMIT_REACHED when the arena is full: a person is not taken for one without an address. */
static enum failure member_read(struct arena *arena, json_t *object, const char *name, size_t max,
                                struct str *ret_text)
{
    struct str text = member_get(object, name, max), copy = arena_dup(arena, text);
    if (str_is_present(text) && !str_is_present(copy))
        return FAIL_LIMIT_REACHED;
    *ret_text = copy;
    return OK;
}

static enum failure token_read(struct sign_in *sign_in, json_t *answer)
{
    struct str token;
    TRY(member_read(sign_in->arena, answer, "access_token", TOKEN_BYTES_MAX, &token));
    if (!str_is_empty(token)) {
        sign_in->authorization = arena_printf(sign_in->arena, "Bearer %.*s", STR_ARGS(token));
        return str_is_present(sign_in->authorization) ? OK : FAIL_LIMIT_REACHED;
    }
    const char *error = json_string_value(json_object_get(answer, "error"));
    /* Anything else that GitHub refuses is ours to mend: wrong credentials, a wrong callback. */
    return error != NULL && strcmp(error, "bad_verification_code") == 0 ? FAIL_GITHUB_CODE_REFUSED
                                                                        : FAIL_GITHUB_UNAVAILABLE;
}

static enum failure user_read(struct sign_in *sign_in, json_t *answer)
{
    json_t *id = json_object_get(answer, "id");
    struct str login;
    TRY(member_read(sign_in->arena, answer, "login", GITHUB_LOGIN_BYTES_MAX, &login));
    if (!json_is_integer(id) || json_integer_value(id) <= 0 || str_is_empty(login))
        return FAIL_GITHUB_UNAVAILABLE;
    sign_in->answer.user.number = json_integer_value(id);
    sign_in->answer.user.id = arena_decimal(sign_in->arena, sign_in->answer.user.number);
    sign_in->answer.user.login = login;
    return str_is_present(sign_in->answer.user.id) ? OK : FAIL_LIMIT_REACHED;
}

static enum failure emails_read(struct sign_in *sign_in, json_t *answer)
{
    json_t *entry;
    size_t i;
    if (!json_is_array(answer))
        return FAIL_GITHUB_UNAVAILABLE;
    json_array_foreach(answer, i, entry) if (json_is_true(json_object_get(entry, "primary")) &&
                                             json_is_true(json_object_get(entry, "verified")))
        TRY(member_read(sign_in->arena, entry, "email", EMAIL_BYTES_MAX,
                        &sign_in->answer.user.email));
    return OK;
}

static enum failure list_extend(struct sign_in *sign_in, struct strs *list, struct str entry)
{
    if (list->at == NULL)
        list->at = arena_take_array(sign_in->arena, LIST_MAX, sizeof(*list->at));
    if (list->at == NULL || !str_is_present(entry))
        return FAIL_LIMIT_REACHED;
    if (list->len < LIST_MAX)
        list->at[list->len++] = entry;
    return OK;
}

static enum failure memberships_read(struct sign_in *sign_in, json_t *answer)
{
    json_t *entry;
    size_t i;
    if (!json_is_array(answer))
        return FAIL_GITHUB_UNAVAILABLE;
    json_array_foreach(answer, i, entry)
    {
        struct str org =
            member_get(json_object_get(entry, "organization"), "login", NAME_BYTES_MAX);
        /* "pending": invited, and not there yet */
        if (str_is_present(org) &&
            str_equals(member_get(entry, "state", NAME_BYTES_MAX), STR("active")))
            TRY(list_extend(sign_in, &sign_in->answer.user.orgs, arena_dup(sign_in->arena, org)));
    }
    return OK;
}

static enum failure teams_read(struct sign_in *sign_in, json_t *answer)
{
    json_t *entry;
    size_t i;
    if (!json_is_array(answer))
        return FAIL_GITHUB_UNAVAILABLE;
    json_array_foreach(answer, i, entry)
    {
        struct str slug = member_get(entry, "slug", NAME_BYTES_MAX);
        struct str org =
            member_get(json_object_get(entry, "organization"), "login", NAME_BYTES_MAX);
        if (str_is_present(slug) && strs_contain(sign_in->answer.user.orgs, org))
            TRY(list_extend(
                sign_in, &sign_in->answer.user.teams,
                arena_printf(sign_in->arena, "%.*s/%.*s", STR_ARGS(org), STR_ARGS(slug))));
    }
    return OK;
}

/* ---- the chain */

static const struct {
    const char *path;  /* of the API; NULL: the token endpoint */
    const char *query; /* of a list, before the page's; NULL: no list */
    enum failure (*read)(struct sign_in *sign_in, json_t *answer);
} STEPS[GITHUB_STEPS] = {
    [GITHUB_TOKEN] = {NULL, NULL, token_read},
    [GITHUB_USER] = {"/user", NULL, user_read},
    [GITHUB_EMAILS] = {"/user/emails", "", emails_read},
    [GITHUB_MEMBERSHIPS] = {"/user/memberships/orgs", "state=active&", memberships_read},
    [GITHUB_TEAMS] = {"/user/teams", "", teams_read},
};

static bool step_is_membership(enum github_step step)
{
    return step == GITHUB_MEMBERSHIPS || step == GITHUB_TEAMS;
}

static bool step_is_wanted(const struct sign_in *sign_in, enum github_step step)
{
    if (step == GITHUB_EMAILS)
        return sign_in->question.wants_email;
    if (step_is_membership(step))
        return sign_in->question.wants_membership;
    return true;
}

static void step_ask(struct sign_in *sign_in);

static void step_next(struct sign_in *sign_in)
{
    sign_in->page = 1;
    do
        sign_in->step++;
    while (sign_in->step < GITHUB_STEPS && !step_is_wanted(sign_in, sign_in->step));
    if (sign_in->step == GITHUB_STEPS)
        sign_in_end(sign_in, OK, "ok");
    else
        step_ask(sign_in);
}

/* GitHub answers 403 or 429 for its limits, and says so in one of two headers. */
static bool reply_is_limit(const struct http_reply *reply)
{
    return reply->status == 429 ||
           (reply->status == 403 && (str_is_present(reply->retry_after) ||
                                     str_equals(reply->x_ratelimit_remaining, STR("0"))));
}

static int64_t retry_after_of(const struct http_reply *reply)
{
    int64_t s;
    if (!str_to_i64(reply->retry_after, &s)) {
        if (str_to_i64(reply->x_ratelimit_reset, &s))
            s -= clock_wall_s();
        else
            s = RETRY_AFTER_S;
    }
    return s < 1 ? 1 : s > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : s;
}

static enum failure status_check(struct sign_in *sign_in, const struct http_reply *reply)
{
    if (reply->failure != OK)
        return FAIL_GITHUB_UNAVAILABLE;
    if (reply_is_limit(reply)) {
        sign_in->answer.retry_after_s = retry_after_of(reply);
        return FAIL_GITHUB_RATE_LIMITED;
    }
    return reply->status == 200 ? OK : FAIL_GITHUB_UNAVAILABLE;
}

/* An organisation that enforces single sign-on is withheld from people without a session there:
 * left out of a list ("partial-results; organizations=<ids>"), or refused ("required; url=<url>").
 * The url would authorize this token, which is dropped; what counts is the session, so its query is
 * left away. */
static struct str single_sign_on_url(const struct sign_in *sign_in, struct str header)
{
    struct str github = sign_in->github->options.url;
    struct str before, url, rest;
    if (str_cut(header, '=', &before, &url) && str_ends_with(before, STR("url"))) {
        if (str_cut(url, '?', &before, &rest) || str_cut(url, ';', &before, &rest))
            url = before;
        if (str_starts_with(url, github) && str_starts_with(str_from(url, github.len), STR("/")) &&
            url.len <= PAGE_TEXT_BYTES_MAX)
            return arena_dup(sign_in->arena, url);
    }
    return arena_printf(sign_in->arena, "%.*s/settings/organizations", STR_ARGS(github));
}

/* Notes what is withheld. True when that is the whole list: others may admit the person all the
 * same. */
static bool list_is_withheld(struct sign_in *sign_in, const struct http_reply *reply)
{
    if (reply->failure != OK || !step_is_membership(sign_in->step) ||
        str_is_empty(reply->x_github_sso))
        return false;
    bool is_whole = reply->status == 403; /* then the header names the organisation */
    if (is_whole || !str_is_present(sign_in->answer.user.single_sign_on_url))
        sign_in->answer.user.single_sign_on_url = single_sign_on_url(sign_in, reply->x_github_sso);
    return is_whole;
}

static bool link_has_next(struct str link)
{
    return str_is_present(link) &&
           memmem(link.at, link.len, "rel=\"next\"", strlen("rel=\"next\"")) != NULL;
}

static void step_count(const struct sign_in *sign_in, enum failure failure)
{
    broker_metrics_count_github(sign_in->step, failure, clock_monotonic_us() - sign_in->asked_us);
}

static void on_reply(void *context, const struct http_reply *reply)
{
    struct sign_in *sign_in = context;
    if (list_is_withheld(sign_in, reply)) {
        step_count(sign_in, OK);
        step_next(sign_in);
        return;
    }
    enum failure failure = status_check(sign_in, reply);
    if (failure != OK) {
        step_count(sign_in, failure);
        sign_in_end(sign_in, failure, reply->failure == OK ? "status" : reply->reason);
        return;
    }
    OWNED_JSON answer = json_loadb(reply->body.at ? reply->body.at : "", reply->body.len, 0, NULL);
    failure = answer != NULL ? STEPS[sign_in->step].read(sign_in, answer) : FAIL_GITHUB_UNAVAILABLE;
    step_count(sign_in, failure);
    if (failure != OK) {
        const char *error = json_string_value(json_object_get(answer, "error"));
        sign_in_end(sign_in, failure, error ? error : "not as documented");
    } else if (STEPS[sign_in->step].query != NULL && link_has_next(reply->link) &&
               sign_in->page < PAGES_MAX) {
        sign_in->page++;
        step_ask(sign_in);
    } else {
        step_next(sign_in);
    }
}

static struct str token_body(const struct sign_in *sign_in)
{
    const struct github_options *options = &sign_in->github->options;
    struct str body = STR("?");
    if (!str_is_present(sign_in->question.code_verifier)) /* the arena was full */
        return STR_ABSENT;
    body = form_append(sign_in->arena, body, STR("client_id"), options->client_id);
    body = form_append(sign_in->arena, body, STR("client_secret"), options->client_secret);
    body = form_append(sign_in->arena, body, STR("code"), sign_in->question.code);
    body = form_append(sign_in->arena, body, STR("redirect_uri"), options->redirect_uri);
    body = form_append(sign_in->arena, body, STR("code_verifier"), sign_in->question.code_verifier);
    return str_is_present(body) ? str_from(body, 1) : body;
}

static void step_ask(struct sign_in *sign_in)
{
    const struct github_options *options = &sign_in->github->options;
    const char *path = STEPS[sign_in->step].path;
    int64_t left_ms = sign_in->question.deadline_ms - clock_monotonic_ms();
    sign_in->asked_us = clock_monotonic_us();
    const struct http_header headers[] = {
        {STR("Accept"), path ? STR("application/vnd.github+json") : STR("application/json")},
        {path ? STR("Authorization") : STR("Content-Type"),
         path ? sign_in->authorization : STR("application/x-www-form-urlencoded")},
        {STR("X-GitHub-Api-Version"), STR("2022-11-28")},
    };
    struct http_request request = {
        .method = path ? STR("GET") : STR("POST"),
        .headers = headers,
        .headers_len = sizeof(headers) / sizeof(headers[0]),
        .timeout_ms = left_ms < STEP_MS_MAX ? left_ms : STEP_MS_MAX,
        .body_max_bytes = GITHUB_BODY_BYTES_MAX,
    };
    if (path == NULL) {
        request.url =
            arena_printf(sign_in->arena, "%.*s/login/oauth/access_token", STR_ARGS(options->url));
        request.body = token_body(sign_in);
    } else if (STEPS[sign_in->step].query != NULL) {
        request.url =
            arena_printf(sign_in->arena, "%.*s%s?%sper_page=%d&page=%d", STR_ARGS(options->api_url),
                         path, STEPS[sign_in->step].query, PAGE_ENTRIES, sign_in->page);
    } else {
        request.url = arena_printf(sign_in->arena, "%.*s%s", STR_ARGS(options->api_url), path);
    }
    bool is_whole = str_is_present(request.url) && (path || str_is_present(request.body));
    if (left_ms <= 0 || !is_whole ||
        http_client_request(sign_in->github->http, &request, on_reply, sign_in) == NULL)
        sign_in_end(sign_in, left_ms <= 0 ? FAIL_GITHUB_UNAVAILABLE : FAIL_OVERLOADED, "not sent");
}

void github_sign_in(struct github *github, const struct github_question *question,
                    struct arena *arena, github_answer_cb *on_answer, void *context)
{
    const struct github_answer full = {.failure = FAIL_LIMIT_REACHED, .detail = "memory"};
    struct sign_in *sign_in = arena_take(arena, sizeof(*sign_in));
    if (sign_in == NULL) {
        on_answer(context, &full);
        return;
    }
    *sign_in = (struct sign_in){
        .github = github,
        .question = *question,
        .arena = arena,
        .on_answer = on_answer,
        .context = context,
        .step = GITHUB_TOKEN,
        .page = 1,
    };
    step_ask(sign_in);
}
