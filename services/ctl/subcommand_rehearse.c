/* rehearse: a client's way through the whole system, as far as it goes without a person. Each step
 * needs another process, and all need Redis: the registry registers, the registry and the broker
 * begin a sign-in, the signer refuses a code that nobody was given. */
#include <stdio.h>

#include "common/base/form.h"
#include "services/ctl/invocation.h"
#include "services/ctl/web.h"

#define REDIRECT_URI   "http://localhost/callback"
/* RFC 7636 appendix B */
#define CODE_VERIFIER  "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CODE_CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
/* Of the right form, and nobody's. */
#define CODE           "00000000000000000000000000000000." CODE_VERIFIER

enum { TIMEOUT_MS = 10000, TIMEOUT_MS_MAX = 60000 };

struct rehearsal {
    struct arena *arena;
    struct str base_url;
    struct str ca_file;
    struct str redirect_uri;
    int64_t timeout_ms;
    struct str scope; /* of the first server; absent when the metadata name none */
    struct str client_id;
    struct str registration_access_token;
};

/* False after a complaint, when the answer has another status than the expected one. */
static bool ask(struct rehearsal *rehearsal, const char *what, struct web_question question,
                int status, struct web_answer *ret_answer)
{
    question.url = arena_printf(rehearsal->arena, "%.*s%.*s", STR_ARGS(rehearsal->base_url),
                                STR_ARGS(question.url));
    question.ca_file = rehearsal->ca_file;
    question.timeout_ms = rehearsal->timeout_ms;
    if (!web_ask(&question, rehearsal->arena, ret_answer)) {
        subcommand_complain("%s: %.*s does not answer: %s", what, STR_ARGS(question.url),
                            ret_answer->reason);
        return false;
    }
    if (ret_answer->status == status)
        return true;
    subcommand_complain("%s: %.*s answers %d instead of %d: %.*s", what, STR_ARGS(question.url),
                        ret_answer->status, status, STR_ARGS(str_first(ret_answer->body, 500)));
    return false;
}

static bool read_metadata(struct rehearsal *rehearsal)
{
    struct web_answer answer;
    struct value scope;
    if (!ask(rehearsal, "metadata",
             (struct web_question){.url = STR("/.well-known/oauth-authorization-server")}, 200,
             &answer))
        return false;
    struct value_cursor cursor = value_open(web_member(answer.body, "scopes_supported"));
    while (!str_is_present(rehearsal->scope) && value_next_element(&cursor, &scope)) {
        struct str text;
        if (value_text(scope, rehearsal->arena, &text) == OK && str_starts_with(text, STR("mcp:")))
            rehearsal->scope = text;
    }
    return true;
}

/* RFC 7591 3.1 */
static bool register_client(struct rehearsal *rehearsal)
{
    struct web_answer answer;
    const struct web_question question = {
        .url = STR("/register"),
        .content_type = STR("application/json"),
        .body = arena_printf(rehearsal->arena,
                             "{\"client_name\":\"mcp-oauth rehearse\",\"redirect_uris\":[\"%.*s\"],"
                             "\"token_endpoint_auth_method\":\"none\"}",
                             STR_ARGS(rehearsal->redirect_uri)),
    };
    if (!ask(rehearsal, "registration", question, 201, &answer))
        return false;
    if (value_text(web_member(answer.body, "client_id"), rehearsal->arena, &rehearsal->client_id) ==
            OK &&
        value_text(web_member(answer.body, "registration_access_token"), rehearsal->arena,
                   &rehearsal->registration_access_token) == OK)
        return true;
    subcommand_complain("registration: the answer names no client");
    return false;
}

/* RFC 6749 4.1.1: to GitHub, and not back to the client with an error. */
static bool begin_sign_in(struct rehearsal *rehearsal)
{
    struct web_answer answer;
    struct arena *arena = rehearsal->arena;
    struct str url = STR("/authorize");
    url = form_append(arena, url, STR("response_type"), STR("code"));
    url = form_append(arena, url, STR("client_id"), rehearsal->client_id);
    url = form_append(arena, url, STR("redirect_uri"), rehearsal->redirect_uri);
    url = form_append(arena, url, STR("scope"), rehearsal->scope);
    url = form_append(arena, url, STR("state"), STR("rehearsal"));
    url = form_append(arena, url, STR("code_challenge"), STR(CODE_CHALLENGE));
    url = form_append(arena, url, STR("code_challenge_method"), STR("S256"));
    if (!ask(rehearsal, "sign-in", (struct web_question){.url = url}, 302, &answer))
        return false;
    if (!str_starts_with(answer.location, rehearsal->redirect_uri))
        return true;
    subcommand_complain("sign-in: it is refused: %.*s", STR_ARGS(answer.location));
    return false;
}

/* RFC 6749 5.2 */
static bool try_code(struct rehearsal *rehearsal)
{
    struct web_answer answer;
    struct arena *arena = rehearsal->arena;
    struct str form =
        STR("grant_type=authorization_code&code=" CODE "&code_verifier=" CODE_VERIFIER);
    form = arena_printf(arena, "%.*s&client_id=%.*s&redirect_uri=%.*s", STR_ARGS(form),
                        STR_ARGS(form_encode(arena, rehearsal->client_id)),
                        STR_ARGS(form_encode(arena, rehearsal->redirect_uri)));
    const struct web_question question = {
        .url = STR("/token"),
        .content_type = STR("application/x-www-form-urlencoded"),
        .body = form,
    };
    if (!ask(rehearsal, "tokens", question, 400, &answer))
        return false;
    if (value_text_is(web_member(answer.body, "error"), "invalid_grant"))
        return true;
    subcommand_complain("tokens: a code that nobody was given is refused by %.*s",
                        STR_ARGS(str_first(answer.body, 500)));
    return false;
}

/* RFC 7592 2.3 */
static bool delete_client(struct rehearsal *rehearsal)
{
    struct web_answer answer;
    const struct web_question question = {
        .method = STR("DELETE"),
        .url = arena_printf(rehearsal->arena, "/client/%.*s",
                            STR_ARGS(form_encode(rehearsal->arena, rehearsal->client_id))),
        .authorization = arena_printf(rehearsal->arena, "Bearer %.*s",
                                      STR_ARGS(rehearsal->registration_access_token)),
    };
    return ask(rehearsal, "deletion", question, 204, &answer);
}

int subcommand_rehearse_run(const struct invocation *invocation)
{
    struct str redirect_uri = invocation_get(invocation, "--redirect-uri");
    struct rehearsal rehearsal = {
        .arena = invocation->arena,
        .base_url = invocation->words.at[0],
        .ca_file = invocation_get(invocation, "--ca-file"),
        .redirect_uri = str_is_present(redirect_uri) ? redirect_uri : STR(REDIRECT_URI),
        .scope = STR_ABSENT,
    };
    if (!invocation_get_number(invocation, "--timeout-ms", TIMEOUT_MS, 1, TIMEOUT_MS_MAX,
                               &rehearsal.timeout_ms))
        return SUBCOMMAND_MISUSED;
    if (str_ends_with(rehearsal.base_url, STR("/")))
        rehearsal.base_url.len--;
    if (!read_metadata(&rehearsal) || !register_client(&rehearsal))
        return SUBCOMMAND_FAILED;
    bool is_well = begin_sign_in(&rehearsal) && try_code(&rehearsal);
    is_well = delete_client(&rehearsal) && is_well; /* also after a failure */
    if (is_well)
        printf("%.*s registers a client, sends its person to GitHub and judges its code\n",
               STR_ARGS(rehearsal.base_url));
    return is_well ? SUBCOMMAND_DONE : SUBCOMMAND_FAILED;
}
