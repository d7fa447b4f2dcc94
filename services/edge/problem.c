#include "services/edge/problem.h"
#include "services/edge/edge_metrics.h"
#include "services/edge/page.h"

#include <stdio.h>

enum { RETRY_AFTER_S = 2 }; /* unless a worker says how long */

/* What a person can do; the failure table says what went wrong. */
struct advice {
    enum failure failure;
    const char *title;
    const char *advice;
};

static const struct advice ADVICE[] = {
    {FAIL_CLIENT_UNKNOWN, "This app is not known here any more",
     "Remove the connection in your app and add it again; the app then registers anew."},
    {FAIL_CLIENT_ID_MISSING, "The app's request is incomplete",
     "Remove the connection in your app and add it again."},
    {FAIL_REDIRECT_URI_NOT_REGISTERED, "This app's address does not match",
     "The app asks to be answered at an address that it has not registered. Remove the connection "
     "in "
     "your app and add it again."},
    {FAIL_REDIRECT_URI_NOT_ALLOWED, "This app's address is not allowed",
     "Ask the person who runs this server to allow the app's address."},
    {FAIL_DOCUMENT_URL_INVALID, "This app's address cannot be used",
     "The app calls itself by an address that this server does not ask. Tell the app's maker what "
     "this page says."},
    {FAIL_DOCUMENT_DOMAIN_UNTRUSTED, "This app is not accepted here",
     "Ask the person who runs this server to accept apps of its domain."},
    {FAIL_DOCUMENT_UNAVAILABLE, "The app's description cannot be read",
     "The app's own site did not answer. Wait a minute and try again."},
    {FAIL_DOCUMENT_INVALID, "The app's description is not usable",
     "The app's own site describes it in a way that this server does not accept. Tell the app's "
     "maker what this page says."},
    {FAIL_SESSION_UNKNOWN, "This sign-in has expired",
     "Go back to your app and connect again. A sign-in lasts 30 minutes."},
    {FAIL_BROWSER_FOREIGN, "This sign-in belongs to another browser",
     "Go back to your app and connect again, and stay in this browser. If it happens again, allow "
     "cookies for this site."},
    {FAIL_STATE_FORGED, "This sign-in cannot be continued",
     "Go back to your app and connect again."},
    {FAIL_CSRF_TOKEN_FORGED, "This form is out of date", "Go back to your app and connect again."},
    {FAIL_GITHUB_CODE_REFUSED, "GitHub did not accept the sign-in",
     "Go back to your app and connect again."},
    {FAIL_GITHUB_UNAVAILABLE, "GitHub does not answer",
     "Your sign-in is kept. Wait a moment and try again."},
    {FAIL_GITHUB_RATE_LIMITED, "GitHub asks us to wait",
     "Wait some minutes and try again. If the sign-in has expired by then, connect again from your "
     "app."},
    {FAIL_RATE_LIMITED, "Too many attempts", "Wait a minute and try again."},
    {FAIL_NOT_FOUND, "There is nothing here", "To connect, start from your app."},
};

static const struct advice *advice_of(enum failure failure)
{
    static const struct advice unavailable = {FAIL_SERVER_ERROR, "This server is busy for a moment",
                                              "Wait a moment and try again."};
    static const struct advice other = {FAIL_SERVER_ERROR, "This did not work",
                                        "Go back to your app and connect again. If it happens "
                                        "again, tell the app's maker what this page says."};
    for (size_t i = 0; i < sizeof(ADVICE) / sizeof(ADVICE[0]); i++)
        if (ADVICE[i].failure == failure)
            return &ADVICE[i];
    return failure_row(failure)->status == 503 ? &unavailable : &other;
}

/* RFC 6750 3: who sent no token at all is told no error. */
static struct str challenge_of(const struct request *request, enum failure failure)
{
    if (failure == FAIL_REGISTRATION_TOKEN_MISSING)
        return STR("Bearer realm=\"mcp-oauth\"");
    return str_from_cstr(request->route->challenge);
}

struct reply problem_reply(const struct request *request, enum failure failure)
{
    struct reply reply = {.status = failure_row(failure)->status, .content_type = REPLY_JSON};
    edge_metrics_count_refusal(failure);
    if (reply.status == 503 || reply.status == 429)
        reply.retry_after_s = request->retry_after_s > 0 ? request->retry_after_s : RETRY_AFTER_S;
    if (reply.status == 405)
        reply_add(&reply, "allow", str_from_cstr(router_allow(request->route)));
    if (reply.status == 401 && request->route->challenge == NULL)
        reply.status = 400; /* RFC 9110 15.5.2: 401 needs a challenge, and there is none to meet */
    if (reply.status == 401)
        reply_add(&reply, "www-authenticate", challenge_of(request, failure));
    return reply;
}

void problem_send_json(const struct request *request, enum failure failure)
{
    char body[1024];
    const struct failure_row *row = failure_row(failure);
    struct reply reply = problem_reply(request, failure);
    /* the failure table keeps to characters that need no escaping */
    int len = snprintf(body, sizeof(body), "{\"error\":\"%s\",\"error_description\":\"%s\"}",
                       row->error, row->description);
    reply.body = str_from_bytes(body, (size_t)len);
    reply_send(request, &reply);
}

void problem_send_validate(const struct request *request, enum failure failure)
{
    char body[1024];
    struct reply reply = problem_reply(request, failure);
    int len = snprintf(body, sizeof(body), "{\"valid\":false,\"error\":\"%s\"}",
                       failure_row(failure)->description);
    reply.body = str_from_bytes(body, (size_t)len);
    reply_send(request, &reply);
}

void problem_send_page(const struct request *request, enum failure failure)
{
    if (!request_prefers_html(request)) {
        problem_send_json(request, failure);
        return;
    }
    const struct failure_row *row = failure_row(failure);
    const struct advice *advice = advice_of(failure);
    bool is_repeatable = str_equals(request->method, STR("GET")) && row->status >= 429;
    const struct template_value values[] = {
        TEMPLATE_TEXT("title", str_from_cstr(advice->title)),
        TEMPLATE_TEXT("description", str_from_cstr(row->description)),
        TEMPLATE_TEXT("advice", str_from_cstr(advice->advice)),
        TEMPLATE_TEXT("error", str_from_cstr(row->error)),
        TEMPLATE_TEXT("retry", is_repeatable ? request->target : STR_ABSENT),
        TEMPLATE_TEXT("issuer_host", request->edge->host),
        TEMPLATE_TEXT("request_id", request->id),
    };
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    struct str html =
        arena != NULL ? page_render(arena, PAGE_ERROR, values, sizeof(values) / sizeof(values[0]))
                      : STR_ABSENT;
    if (str_is_present(html)) {
        struct reply reply = problem_reply(request, failure);
        reply_add(&reply, "vary", STR("Accept"));
        reply_send_page(request, &reply, html);
    } else {
        problem_send_json(request, failure); /* which takes no memory */
    }
    arena_free(arena);
}
