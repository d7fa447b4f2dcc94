/* One person's sign-in as an operation meets it: the session, the browser it is bound to, and the
 * answers that end the operation. Each visit_ function that takes a visit ends in exactly one
 * reply.
 *
 *     struct visit *visit = visit_new(task, browser);
 *     visit_load(visit, s, on_session);       reads the session, checks that it is this browser's
 *     visit_to_github(visit, attempt, false); 302 to GitHub
 *     visit_continue(visit);                  whatever follows for somebody who has signed in
 *
 * A visit lives in its task's arena. */
#ifndef SERVICES_BROKER_VISIT_H
#define SERVICES_BROKER_VISIT_H

#include "common/oauth/servers.h"
#include "common/store/audit.h"
#include "common/store/session.h"
#include "proto/broker.h"
#include "proto/worker.h"
#include "services/broker/derive.h"
#include "services/broker/github.h"

struct visit {
    struct task *task;
    struct derivation from; /* browser, s, attempt */
    struct str address;     /* of the person's browser */
    struct session_record session;
    struct str code; /* derived, when approved */
    struct str code_sha256;
    bool wants_account_choice;
    void (*on_session)(struct visit *visit);
    const char *how;     /* it was decided, for the audit */
    const void *request; /* of the operation */
};

/* NULL, and the task has failed, when the arena is full. */
struct visit *visit_new(struct task *task, struct str browser, struct str address);
/* FAIL_SESSION_UNKNOWN, FAIL_BROWSER_FOREIGN; else on_session, also after a wait. */
void visit_load(struct visit *visit, struct str s, void (*on_session)(struct visit *visit));

void visit_fail(struct visit *visit, enum failure failure, const char *detail);
/* Another attempt, then GitHub: after an abandoned claim, or for another account. */
void visit_again(struct visit *visit, bool wants_account_choice);
/* GitHub, with the state of visit->from.attempt. */
void visit_to_github(struct visit *visit);
/* The session's server, until the loop turns; NULL when the servers file no longer has it. */
const struct server *visit_server(const struct visit *visit);
/* What GitHub is asked for this session's scope and server. */
struct github_question visit_question(const struct visit *visit);

/* The first step: GitHub, or the consent page for a server that asks before. */
void visit_begin(struct visit *visit);
/* approve or deny, before anybody has signed in: GitHub, or back to the client. */
void visit_consent(struct visit *visit, struct str decision);
/* Somebody has signed in: the decision's result if there is one, the denied page, a code for a
 * remembered approval, or the consent page. */
void visit_continue(struct visit *visit);
/* decision approve or deny; how, a literal for the audit: approve, deny or remembered. */
void visit_decide(struct visit *visit, struct str decision, const char *how);
/* Into the audit stream, with whom and what this visit is about. g: the grant, absent before there
 * is one. */
void visit_audit(const struct visit *visit, enum audit_event event, struct str reason,
                 struct str g);
/* Back to the client with access_denied. */
void visit_tell_denied(struct visit *visit);

#endif
