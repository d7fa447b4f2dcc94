/* One HTTP request that needs a worker: its id, seed, trace, memory and budget, from the question
 * to the answer.
 *
 *     static const struct errand_question QUESTION = {WORKER_SIGNER, "exchange", 1,
 *                                                     &EXCHANGE_REQUEST, &TOKEN_REPLY};
 *     struct errand *errand = errand_new(request, BUDGET_TOKEN_MS);    NULL: 503 is answered
 *     errand_ask(errand, &QUESTION, &message, on_reply);
 *     ... later, once: on_reply(errand, failure, reply);
 *     errand_reply(errand, &reply);   or   errand_fail(errand, failure);     ends it
 *
 * An errand lives in libh2o's request and ends with it: a connection that is closed cancels what is
 * asked. A client that has gone is noticed when its answer is ready (libh2o does not read while a
 * request waits). */
#ifndef SERVICES_EDGE_ERRAND_H
#define SERVICES_EDGE_ERRAND_H

#include "common/base/fields.h"
#include "services/edge/reply.h"

enum {
    REQUEST_ID_BYTES = 16,
    REQUEST_ID_CHARACTERS = 2 * REQUEST_ID_BYTES,
    SEED_BYTES = 32,
    BUDGET_MIN_MS = 1,
};

struct errand;
/* reply is the struct that question->reply describes, zeroed when the worker sent none; NULL when
 * the question names no reply. */
typedef void errand_reply_cb(struct errand *errand, enum failure failure, const void *reply);

struct errand_question {
    enum worker_kind kind;
    const char *operation;
    unsigned version;
    const struct fields *message;
    const struct fields *reply; /* NULL: no members */
};

struct errand {
    struct request request;
    struct arena *arena; /* as long as the errand */
    void *state;         /* the endpoint's own, in the arena */
    /* private */
    struct errand *previous, *next; /* in edge->errands */
    unsigned char request_id[REQUEST_ID_BYTES];
    int64_t deadline_ms;
    const struct errand_question *question;
    errand_reply_cb *on_reply;
    struct link_call *link_call;
    char traceparent[64]; /* of this request; each question is a child of it */
};

struct errand *errand_new(const struct request *request, int64_t budget_ms);
/* A new 256-bit seed in hex, for messages that create (DESIGN section 2); absent when the arena is
 * full. */
struct str errand_make_seed(struct errand *errand);
/* Asks once more on the same request id and budget when called from on_reply. */
void errand_ask(struct errand *errand, const struct errand_question *question, const void *message,
                errand_reply_cb *on_reply);

/* Each ends the errand. When its arena has failed, whatever was made in it may lack something: then
 * the answer is FAIL_OVERLOADED, and no worker is asked. */
void errand_reply(struct errand *errand, const struct reply *reply);
void errand_reply_page(struct errand *errand, struct reply *reply, struct str html);
void errand_redirect(struct errand *errand, struct reply *reply, struct str location);
void errand_fail(struct errand *errand, enum failure failure);

/* At the end of the process: every waiting request is answered 503. */
void errands_fail_all(struct edge *edge);

#endif
