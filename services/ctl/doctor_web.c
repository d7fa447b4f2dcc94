/* The edge as a client sees it, and GitHub as the broker does. */
#include <stdlib.h>

#include "common/base/form.h"
#include "services/ctl/doctor.h"
#include "services/ctl/web.h"

enum { WEB_MS = 5000 };

static bool get(struct doctor *doctor, struct str url, struct web_answer *ret_answer)
{
    const struct web_question question = {
        .url = url, .ca_file = doctor->ca_file, .timeout_ms = WEB_MS};
    if (web_ask(&question, doctor->arena, ret_answer) && ret_answer->status == 200)
        return true;
    struct str why = ret_answer->status != 0
                         ? arena_printf(doctor->arena, "answers %d", ret_answer->status)
                         : arena_printf(doctor->arena, "does not answer: %s", ret_answer->reason);
    doctor_find(doctor, FINDING_BAD, "edge",
                arena_printf(doctor->arena, "%.*s %.*s", STR_ARGS(url), STR_ARGS(why)),
                STR("look at the edge's log, at the ingress before it and at DNS"));
    return false;
}

static void metadata_look(struct doctor *doctor, struct str base_url)
{
    struct web_answer answer;
    struct str url = arena_printf(doctor->arena, "%.*s/.well-known/oauth-authorization-server",
                                  STR_ARGS(base_url));
    struct str issuer;
    if (!get(doctor, url, &answer))
        return;
    bool is_ours = value_text(web_member(answer.body, "issuer"), doctor->arena, &issuer) == OK &&
                   str_equals(issuer, base_url);
    doctor_find(doctor, is_ours ? FINDING_GOOD : FINDING_BAD, "edge",
                is_ours ? STR("its metadata name BASE_URL as the issuer")
                        : STR("its metadata name another issuer than BASE_URL"),
                is_ours ? STR_ABSENT : STR("give every process the same BASE_URL"));
}

static void keys_look(struct doctor *doctor, struct str base_url)
{
    struct web_answer answer;
    struct str url = arena_printf(doctor->arena, "%.*s/.well-known/jwks.json", STR_ARGS(base_url));
    if (!get(doctor, url, &answer))
        return;
    struct value key;
    size_t count = 0;
    struct value_cursor cursor = value_open(web_member(answer.body, "keys"));
    while (value_next_element(&cursor, &key))
        count++;
    doctor_find(
        doctor, count > 0 ? FINDING_GOOD : FINDING_BAD, "edge",
        arena_printf(doctor->arena, "it publishes %zu signing key%s", count, count == 1 ? "" : "s"),
        count > 0 ? STR_ABSENT : STR("start a signer"));
}

static void readiness_look(struct doctor *doctor, struct str base_url)
{
    struct web_answer answer;
    struct str url = arena_printf(doctor->arena, "%.*s/ready", STR_ARGS(base_url));
    if (get(doctor, url, &answer))
        doctor_find(doctor, FINDING_GOOD, "edge", STR("the whole system is ready"), STR_ABSENT);
}

void doctor_look_at_edge(struct doctor *doctor)
{
    struct str base_url = doctor_first_base_url(doctor);
    if (!str_is_present(base_url)) {
        doctor_find(doctor, FINDING_NOT_SEEN, "edge", STR("BASE_URL was not given"),
                    STR("set BASE_URL, or give --directory"));
        return;
    }
    while (str_ends_with(base_url, STR("/")))
        base_url.len--;
    metadata_look(doctor, base_url);
    keys_look(doctor, base_url);
    readiness_look(doctor, base_url);
}

/* A code that nobody has: GitHub checks the credentials before it looks at that. */
static void github_ask(struct doctor *doctor, const struct doctor_process *broker)
{
    struct str url =
        str_is_present(broker->github_url) ? broker->github_url : STR("https://github.com");
    struct web_answer answer;
    struct str id = form_encode(doctor->arena, broker->github_client_id);
    struct str secret = form_encode(doctor->arena, broker->github_client_secret);
    const struct web_question question = {
        .url = arena_printf(doctor->arena, "%.*s/login/oauth/access_token", STR_ARGS(url)),
        .content_type = STR("application/x-www-form-urlencoded"),
        .body = arena_printf(doctor->arena, "client_id=%.*s&client_secret=%.*s&code=doctor",
                             STR_ARGS(id), STR_ARGS(secret)),
        .ca_file = doctor->ca_file,
        .timeout_ms = WEB_MS,
    };
    if (!web_ask(&question, doctor->arena, &answer)) {
        doctor_find(
            doctor, FINDING_BAD, "github",
            arena_printf(doctor->arena, "%.*s does not answer: %s", STR_ARGS(url), answer.reason),
            STR("let the broker reach GitHub: look at DNS, the firewall and "
                "githubstatus.com"));
        return;
    }
    struct value error = web_member(answer.body, "error");
    if (value_text_is(error, "bad_verification_code"))
        doctor_find(doctor, FINDING_GOOD, "github", STR("it knows the client id and its secret"),
                    STR_ABSENT);
    else if (value_text_is(error, "incorrect_client_credentials") || answer.status == 404)
        doctor_find(doctor, FINDING_BAD, "github", STR("it refuses the client id or its secret"),
                    STR("make a new client secret at the GitHub OAuth app's page and set "
                        "GITHUB_CLIENT_SECRET"));
    else
        doctor_find(doctor, FINDING_BAD, "github",
                    arena_printf(doctor->arena, "%.*s answers %d to a question for a token",
                                 STR_ARGS(url), answer.status),
                    STR("look at GITHUB_URL: https://github.com, or your GitHub Enterprise's own"));
}

void doctor_look_at_github(struct doctor *doctor)
{
    for (size_t i = 0; i < DOCTOR_KINDS_COUNT; i++) {
        const struct doctor_process *process = &doctor->processes[i];
        if (!str_is_present(process->github_client_id) ||
            !str_is_present(process->github_client_secret))
            continue;
        github_ask(doctor, process);
        return;
    }
    doctor_find(doctor, FINDING_NOT_SEEN, "github", STR("its credentials were not given"),
                STR("set GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET, or give --directory"));
}
