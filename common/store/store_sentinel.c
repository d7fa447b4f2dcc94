/* redis.io's guide for Sentinel clients: ask, connect, ask ROLE, and begin anew whenever the
 * connection is lost. That is not enough: a master that was failed over while it lived (by hand, or
 * because it hung) goes on as a master until the Sentinels demote it, some ten seconds later, and
 * what is written to it meanwhile is lost. So they are asked all the time. Each time all of them,
 * because one that is cut off may name the old master for ever, and following whoever was asked
 * last would go to and fro between two. */
#include "common/store/store_sentinel.h"

#include <stdlib.h>

#include "common/store/store_question.h"

enum { WATCH_MS = 500 };

struct vote {
    struct store_address master;
    size_t count;
};

struct store_sentinel {
    struct loop *loop;
    const struct store_url *url;
    const struct store_credentials *credentials;
    struct str words[3];
    struct store_question *question; /* NULL: none is under way */
    struct store_address master;     /* named by the answer, or watched */
    bool is_elected;                 /* master is what a majority named: the next ask's answer */

    size_t first;
    store_master_cb *on_master;

    struct loop_timer *timer; /* the next round of watching, or an answer that is known */
    struct vote votes[REDIS_SEEDS_MAX];
    size_t votes_len;
    void (*on_moved)(void *context); /* NULL: nobody watches */
    void *context;                   /* of on_master or of on_moved */
};

static void on_timer(void *context);

struct store_sentinel *store_sentinel_new(struct loop *loop, const struct store_url *url,
                                          const struct store_credentials *credentials)
{
    struct store_sentinel *sentinel = calloc(1, sizeof(*sentinel));
    if (sentinel == NULL)
        return NULL;
    sentinel->loop = loop;
    sentinel->url = url;
    sentinel->credentials = credentials;
    sentinel->words[0] = STR("SENTINEL");
    sentinel->words[1] = STR("GET-MASTER-ADDR-BY-NAME");
    sentinel->words[2] = str_from_cstr(url->master);
    sentinel->timer = loop_timer_new(loop, on_timer, sentinel);
    if (sentinel->timer == NULL) {
        free(sentinel);
        return NULL;
    }
    return sentinel;
}

void store_sentinel_free(struct store_sentinel *sentinel)
{
    if (sentinel == NULL)
        return;
    store_question_cancel(sentinel->question);
    loop_timer_free(sentinel->timer);
    free(sentinel);
}

static void question_end(struct store_sentinel *sentinel)
{
    store_question_cancel(sentinel->question);
    sentinel->question = NULL;
    sentinel->on_moved = NULL;
    loop_timer_stop(sentinel->timer);
}

/* Host and port; nil from one that does not know the name. */
static bool master_read(const struct store_reply *reply, struct store_address *ret_master)
{
    int64_t port;
    return reply->kind == STORE_LIST && reply->len == 2 && reply->at[0].kind == STORE_TEXT &&
           reply->at[1].kind == STORE_TEXT && str_to_i64(reply->at[1].text, &port) &&
           store_address_set(ret_master, reply->at[0].text, port);
}

static bool question_begin(struct store_sentinel *sentinel,
                           bool (*on_answer)(void *context, const struct store_reply *reply,
                                             const struct store_address *from),
                           void (*on_end)(void *context, const char *reason))
{
    const struct store_question_options options = {
        .at = sentinel->url->at,
        .len = sentinel->url->len,
        .first = sentinel->first,
        .credentials = sentinel->credentials,
        .words = {sentinel->words, 3},
        .on_answer = on_answer,
        .on_end = on_end,
        .context = sentinel,
    };
    sentinel->question = store_question_ask(sentinel->loop, &options);
    return sentinel->question != NULL;
}

/* --- asking --- */

static bool on_answer(void *context, const struct store_reply *reply,
                      const struct store_address *from)
{
    (void)from;
    struct store_sentinel *sentinel = context;
    return master_read(reply, &sentinel->master);
}

static void on_answered(void *context, const char *reason)
{
    struct store_sentinel *sentinel = context;
    sentinel->question = NULL;
    sentinel->on_master(sentinel->context, reason == NULL ? &sentinel->master : NULL, reason);
}

bool store_sentinel_ask(struct store_sentinel *sentinel, store_master_cb *on_master, void *context)
{
    question_end(sentinel);
    sentinel->on_master = on_master;
    sentinel->context = context;
    if (sentinel->is_elected) {
        loop_timer_start(sentinel->timer, 0, 0);
        return true;
    }
    bool is_begun = question_begin(sentinel, on_answer, on_answered);
    sentinel->first++;
    return is_begun;
}

/* --- watching --- */

static bool on_vote(void *context, const struct store_reply *reply,
                    const struct store_address *from)
{
    (void)from;
    struct store_sentinel *sentinel = context;
    struct store_address master;
    if (!master_read(reply, &master))
        return false;
    size_t i = 0;
    while (i < sentinel->votes_len && !store_address_equals(&sentinel->votes[i].master, &master))
        i++;
    if (i == sentinel->votes_len)
        sentinel->votes[sentinel->votes_len++] = (struct vote){.master = master};
    sentinel->votes[i].count++;
    return false; /* the others too */
}

static void on_voted(void *context, const char *reason)
{
    (void)reason;
    struct store_sentinel *sentinel = context;
    sentinel->question = NULL;
    for (size_t i = 0; i < sentinel->votes_len; i++) {
        const struct vote *vote = &sentinel->votes[i];
        if (2 * vote->count <= sentinel->url->len ||
            store_address_equals(&vote->master, &sentinel->master))
            continue;
        sentinel->master = vote->master;
        sentinel->is_elected = true;
        void (*on_moved)(void *) = sentinel->on_moved;
        sentinel->on_moved = NULL;
        on_moved(sentinel->context);
        return;
    }
    loop_timer_start(sentinel->timer, WATCH_MS, 0);
}

static void on_timer(void *context)
{
    struct store_sentinel *sentinel = context;
    if (sentinel->on_moved == NULL) {
        sentinel->is_elected = false; /* should it be away, the next attempt asks */
        sentinel->on_master(sentinel->context, &sentinel->master, NULL);
        return;
    }
    sentinel->votes_len = 0;
    if (!question_begin(sentinel, on_vote, on_voted))
        loop_timer_start(sentinel->timer, WATCH_MS, 0);
}

void store_sentinel_watch(struct store_sentinel *sentinel, const struct store_address *master,
                          void (*on_moved)(void *context), void *context)
{
    question_end(sentinel);
    sentinel->is_elected = false;
    sentinel->master = *master;
    sentinel->on_moved = on_moved;
    sentinel->context = context;
    loop_timer_start(sentinel->timer, WATCH_MS, 0);
}

void store_sentinel_unwatch(struct store_sentinel *sentinel)
{
    question_end(sentinel);
}
