/* One question, put to the servers of a list one after another until one has the answer: which is
 * the master (Sentinel), which node has which slots (Cluster).
 *
 *     question = store_question_ask(loop, &options);
 *     store_question_cancel(question);                         before on_end only
 *
 * Each server gets a connection of its own, for this one command, and QUESTION_MS_MAX from connect
 * to answer, so that neither a dead server nor a hung one keeps the next from being asked. Private
 * to the store. */
#ifndef COMMON_STORE_STORE_QUESTION_H
#define COMMON_STORE_STORE_QUESTION_H

#include "common/store/store.h"
#include "common/store/store_connection.h"

struct store_question;

struct store_question_options {
    const struct store_address *at; /* borrowed until on_end */
    size_t len;
    size_t first; /* whom to ask first, modulo their number */
    const struct store_credentials *credentials;
    struct strs words; /* borrowed until on_end */
    /* True: this is the answer. The reply and the address are borrowed. */
    bool (*on_answer)(void *context, const struct store_reply *reply,
                      const struct store_address *from);
    /* reason: NULL when there was an answer, else why the last one asked gave none. The question is
     * gone when this is called, which is never inside store_question_ask. */
    void (*on_end)(void *context, const char *reason);
    void *context;
};

/* NULL when memory is gone. */
struct store_question *store_question_ask(struct loop *loop,
                                          const struct store_question_options *options);
/* Not inside on_answer. Accepts NULL. */
void store_question_cancel(struct store_question *question);

#endif
