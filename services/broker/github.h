/* GitHub, or GitHub Enterprise: who signed in. Its token is used for these questions and dropped.
 *
 *     struct str url = github_authorize_url(github, &question, arena);     where the browser goes
 *     github_sign_in(github, &question, arena, on_answer, context);        when it has come back
 *
 * What is asked for: read:user always; user:email only when the e-mail address is wanted; read:org
 * only when organisations or teams decide; it covers private memberships. */
#ifndef SERVICES_BROKER_GITHUB_H
#define SERVICES_BROKER_GITHUB_H

#include "common/base/arena.h"
#include "common/base/failure.h"
#include "common/process/loop.h"

struct github;

struct github_options {
    struct str client_id;
    struct str client_secret;
    struct str url;          /* https://github.com */
    struct str api_url;      /* https://api.github.com */
    struct str redirect_uri; /* our callback */
};

struct github_question {
    struct str state;
    struct str code_verifier; /* PKCE towards GitHub, S256 */
    struct str login_hint;    /* or absent */
    bool wants_email;
    bool wants_membership;
    bool wants_account_choice; /* prompt=select_account */
    struct str code;           /* github_sign_in only */
    int64_t deadline_ms;       /* github_sign_in only */
};

struct github_user {
    struct str id; /* decimal */
    int64_t number;
    struct str login;
    struct str email;  /* the verified primary one, or absent */
    struct strs orgs;  /* logins, of active memberships */
    struct strs teams; /* org/team, of these organisations */
    /* Organisations were withheld, because they want a single sign-on session: where it is begun.
     * Absent: none. */
    struct str single_sign_on_url;
};

struct github_answer {
    /* OK; FAIL_GITHUB_UNAVAILABLE (slow, away, 5xx, not as documented), FAIL_GITHUB_RATE_LIMITED,
     * FAIL_GITHUB_CODE_REFUSED, FAIL_LIMIT_REACHED, FAIL_OVERLOADED */
    enum failure failure;
    const char *detail;      /* for the log */
    int64_t retry_after_s;   /* with FAIL_GITHUB_RATE_LIMITED; else 0 */
    struct github_user user; /* with OK */
};

/* Options are borrowed for as long as the process lives. FAIL_CONFIGURATION_INVALID with one
 * sentence for a URL that is none. */
enum failure github_open(struct loop *loop, const struct github_options *options,
                         struct github **ret_github, struct str *ret_problem) MUST_CHECK;
void github_close(struct github *github); /* accepts NULL */

/* The absent text when the arena is full. */
struct str github_authorize_url(const struct github *github, const struct github_question *question,
                                struct arena *arena);

/* Where people see what their organisations let this app know. The absent text when the arena is
 * full. */
struct str github_approval_url(const struct github *github, struct arena *arena);

/* question lives as long as the arena, the answer until on_answer returns, its texts in the arena.
 */
typedef void github_answer_cb(void *context, const struct github_answer *answer);
void github_sign_in(struct github *github, const struct github_question *question,
                    struct arena *arena, github_answer_cb *on_answer, void *context);

#endif
