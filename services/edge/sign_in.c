#include "services/edge/sign_in.h"
#include "services/edge/page.h"

enum { SCOPE_WORDS_MAX = 32 };

struct str sign_in_scope_words(struct arena *arena, struct str scope, struct str server_name)
{
    static const struct {
        const char *scope;
        const char *words;
    } known[] = {
        {"email", "see your verified primary email address"},
        {"openid", "know which GitHub account you have"},
        {"profile", "see your GitHub login and name"},
        {"offline_access", "stay connected until you or the server end it"},
    };
    if (str_starts_with(scope, STR("mcp:")))
        return arena_printf(arena, "use %.*s in your name", STR_ARGS(server_name));
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (str_equals_cstr(scope, known[i].scope))
            return str_from_cstr(known[i].words);
    return scope;
}

static struct strs scopes_for_people(struct arena *arena, const struct sign_in_reply *reply)
{
    struct strs list = {.at = arena_take_array(arena, SCOPE_WORDS_MAX, sizeof(*list.at))};
    struct str rest = reply->scope, word;
    while (list.at != NULL && list.len < SCOPE_WORDS_MAX && str_next_word(&rest, &word))
        list.at[list.len++] = sign_in_scope_words(arena, word, reply->server_name);
    return list;
}

static struct str present_or(struct str text, struct str otherwise)
{
    return str_is_empty(text) ? otherwise : text;
}

static const char *title_of(enum page page)
{
    return page == PAGE_CONSENT  ? "Allow access?"
           : page == PAGE_DENIED ? "No access"
                                 : "You are connected";
}

static void page_send(struct errand *errand, enum page page, const struct sign_in_reply *sign_in,
                      struct reply *reply)
{
    const struct edge *edge = errand->request.edge;
    struct str client_name = present_or(sign_in->client_name, sign_in->client_id);
    const struct template_value values[] = {
        TEMPLATE_TEXT("title", str_from_cstr(title_of(page))),
        TEMPLATE_TEXT("action",
                      arena_printf(errand->arena, "%.*s/authorize", STR_ARGS(edge->base_path))),
        TEMPLATE_TEXT("session", sign_in->session),
        TEMPLATE_TEXT("csrf_token", sign_in->csrf_token),
        TEMPLATE_TEXT("client_name", client_name),
        TEMPLATE_TEXT("client_host", sign_in->client_host),
        TEMPLATE_TEXT("app_name", present_or(client_name, STR("the app"))),
        TEMPLATE_TEXT("server_name", sign_in->server_name),
        TEMPLATE_TEXT("server_description", sign_in->server_description),
        TEMPLATE_TEXT("login", sign_in->login),
        TEMPLATE_TEXT("reason", sign_in->reason),
        TEMPLATE_TEXT("help_url", sign_in->help_url),
        TEMPLATE_TEXT("location", sign_in->location),
        TEMPLATE_TEXT("redirect_host", sign_in->redirect_host),
        TEMPLATE_FLAG("is_loopback", sign_in->redirect_is_loopback),
        TEMPLATE_LIST("scopes", scopes_for_people(errand->arena, sign_in)),
        TEMPLATE_TEXT("issuer_host", edge->host),
    };
    struct str html = page_render(errand->arena, page, values, sizeof(values) / sizeof(values[0]));
    reply->status = page == PAGE_DENIED ? 403 : 200;
    errand_reply_page(errand, reply, html);
}

void sign_in_reply_send(struct errand *errand, enum failure failure,
                        const struct sign_in_reply *sign_in, struct reply *reply)
{
    if (failure != OK)
        errand_fail(errand, failure);
    else if (str_equals(sign_in->outcome, STR("redirect")))
        errand_redirect(errand, reply, sign_in->location);
    else if (str_equals(sign_in->outcome, STR("consent")))
        page_send(errand, PAGE_CONSENT, sign_in, reply);
    else if (str_equals(sign_in->outcome, STR("denied")))
        page_send(errand, PAGE_DENIED, sign_in, reply);
    else if (str_equals(sign_in->outcome, STR("connected")))
        page_send(errand, PAGE_CONNECTED, sign_in, reply);
    else
        errand_fail(errand, FAIL_MESSAGE_MALFORMED);
}

void sign_in_on_reply(struct errand *errand, enum failure failure, const void *message)
{
    struct reply reply = {0};
    sign_in_reply_send(errand, failure, message, &reply);
}
