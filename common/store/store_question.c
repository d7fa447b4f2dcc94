/* A connection that is made for one command costs a round trip more than one that is kept, and no
 * state: these questions are asked only when something has been lost. The end of a connection is
 * the one place from which it goes on, whatever ended it. */
#include "common/store/store_question.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/store/store_reply.h"

enum {
    QUESTION_MS_MAX = 500,
    REASON_BYTES_MAX = 100,
};

struct store_question {
    struct loop *loop;
    struct store_question_options options;
    struct store_lookup *lookup;
    struct store_connection *connection;
    struct loop_timer *timer; /* the beginning, the end of one server's time, or the next one */
    size_t asked;             /* servers */
    bool is_begun, is_answered, is_cancelled;
    char reason[REASON_BYTES_MAX];
};

static char AUTH_TOKEN, QUESTION_TOKEN;

static void next_ask(struct store_question *question);

static const struct store_address *address_of(const struct store_question *question)
{
    return &question->options
                .at[(question->options.first + question->asked) % question->options.len];
}

static void question_free(struct store_question *question)
{
    store_lookup_cancel(question->lookup);
    loop_timer_free(question->timer);
    free(question);
}

static void end(struct store_question *question)
{
    struct store_question_options options = question->options;
    char reason[REASON_BYTES_MAX];
    memcpy(reason, question->reason, sizeof(reason));
    bool is_answered = question->is_answered;
    question_free(question);
    options.on_end(options.context, is_answered ? NULL : reason);
}

/* A server's own words are kept when there are any. */
static void reason_note(struct store_question *question, const char *reason)
{
    if (question->reason[0] == '\0')
        snprintf(question->reason, sizeof(question->reason), "%s", reason);
}

static void server_done(struct store_question *question)
{
    loop_timer_stop(question->timer);
    question->asked++;
    if (question->is_answered || question->asked >= question->options.len)
        end(question);
    else
        next_ask(question);
}

static void on_lost(void *context, const char *reason)
{
    struct store_question *question = context;
    reason_note(question, reason);
    bool is_open = question->connection != NULL;
    question->connection = NULL;
    if (is_open && !question->is_cancelled)
        server_done(question);
}

static void refusal_note(struct store_question *question, const void *token, struct str refusal)
{
    /* A refused AUTH may be quoted with its arguments. */
    if (token == &AUTH_TOKEN)
        refusal = str_first(refusal, str_index_of(refusal, ' '));
    snprintf(question->reason, sizeof(question->reason), "%.*s", STR_ARGS(refusal));
}

static void on_reply(void *context, void *token, const struct redisReply *reply)
{
    struct store_question *question = context;
    if (reply == NULL || question->is_answered || question->is_cancelled)
        return;
    struct str refusal = store_reply_refusal(reply);
    if (token == &AUTH_TOKEN && !str_is_present(refusal))
        return;
    struct store_scratch scratch = {0};
    struct store_reply answer;
    question->reason[0] = '\0';
    if (str_is_present(refusal))
        refusal_note(question, token, refusal);
    else if (store_reply_convert(reply, &scratch, &answer))
        question->is_answered =
            question->options.on_answer(question->options.context, &answer, address_of(question));
    store_scratch_finish(&scratch);
    store_connection_close(question->connection, "it does not know");
}

/* What is sent here needs no flush: the socket is being written to. */
static void on_connected(void *context)
{
    struct store_question *question = context;
    const char *words[4];
    size_t lengths[4];
    for (size_t i = 0; i < question->options.words.len; i++) {
        words[i] = question->options.words.at[i].at;
        lengths[i] = question->options.words.at[i].len;
    }
    store_connection_authenticate(question->connection, question->options.credentials, &AUTH_TOKEN);
    store_connection_send(question->connection, words, lengths, (int)question->options.words.len,
                          &QUESTION_TOKEN);
}

static void server_connect(struct store_question *question, const char *numeric)
{
    const struct store_connection_events events = {.on_connected = on_connected,
                                                   .on_reply = on_reply,
                                                   .on_lost = on_lost,
                                                   .context = question};
    question->connection =
        store_connection_open(question->loop, address_of(question), numeric, &events);
    /* One that failed at once is over in the next turn, so that no list is a recursion. */
    loop_timer_start(question->timer, question->connection != NULL ? QUESTION_MS_MAX : 0, 0);
}

static void on_found(void *context, const char *numeric)
{
    struct store_question *question = context;
    question->lookup = NULL;
    if (numeric != NULL) {
        server_connect(question, numeric);
        return;
    }
    reason_note(question, "the host name is unknown");
    server_done(question);
}

static void next_ask(struct store_question *question)
{
    const struct store_address *address = address_of(question);
    question->reason[0] = '\0';
    if (address->is_unix || address->is_numeric) {
        server_connect(question, address->host);
        return;
    }
    question->lookup = store_lookup_start(question->loop, address->host, 0, on_found, question);
    if (question->lookup == NULL) {
        reason_note(question, "out of memory or threads");
        loop_timer_start(question->timer, 0, 0);
    }
}

static void on_time(void *context)
{
    struct store_question *question = context;
    if (question->connection != NULL) {
        store_connection_close(question->connection, "no answer in time");
    } else if (question->is_begun) {
        server_done(question);
    } else {
        question->is_begun = true;
        next_ask(question);
    }
}

struct store_question *store_question_ask(struct loop *loop,
                                          const struct store_question_options *options)
{
    struct store_question *question = calloc(1, sizeof(*question));
    if (question == NULL)
        return NULL;
    question->loop = loop;
    question->options = *options;
    question->timer = loop_timer_new(loop, on_time, question);
    if (question->timer == NULL) {
        free(question);
        return NULL;
    }
    loop_timer_start(question->timer, 0, 0);
    return question;
}

void store_question_cancel(struct store_question *question)
{
    if (question == NULL)
        return;
    question->is_cancelled = true;
    if (question->connection != NULL)
        store_connection_close(question->connection, "cancelled");
    question_free(question);
}
