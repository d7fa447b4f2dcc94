/* GitHub, or GitHub Enterprise: who signed in. Its token is used for these questions and dropped.
 *
 *     struct str url = github_authorize_url(github, &question, arena);     where the browser goes
 *     github_sign_in(github, &question, arena, on_user, context);          when it has come back
 *
 * What is asked for: read:user always; user:email only when the e-mail address is wanted; read:org
 * only when organisations or teams decide. */
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
    struct strs orgs;  /* logins */
    struct strs teams; /* org/team */
};

/* Options are borrowed for as long as the process lives. FAIL_CONFIGURATION_INVALID with one
 * sentence for a URL that is none. */
enum failure github_open(struct loop *loop, const struct github_options *options,
                         struct github **ret_github, struct str *ret_problem) MUST_CHECK;
void github_close(struct github *github); /* accepts NULL */

/* The absent text when the arena is full. */
struct str github_authorize_url(const struct github *github, const struct github_question *question,
                                struct arena *arena);

/* question and user live in the arena's requester; user is NULL on failure: FAIL_GITHUB_UNAVAILABLE
 * (slow, away, 5xx, not as documented), FAIL_GITHUB_RATE_LIMITED, FAIL_GITHUB_CODE_REFUSED. detail
 * is for the log. */
typedef void github_user_cb(void *context, enum failure failure, const struct github_user *user,
                            const char *detail);
void github_sign_in(struct github *github, const struct github_question *question,
                    struct arena *arena, github_user_cb *on_user, void *context);

#endif
