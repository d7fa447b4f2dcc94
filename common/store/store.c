/* A command lives in two places (store_command.h): in its node's queue until its reply comes, and
 * in the deadline list until it is answered. One that runs out of time is answered and stays in the
 * queue, without a callback, because replies come in order. Callbacks that cannot come from a reply
 * (not connected, connection lost, too many pending) wait in the settled list for the end of the
 * turn, so that none runs inside store_send or inside hiredis taking a context apart. What must be
 * done to have a connection is the node's business (store_node.h), and which node, the backend's.
 *
 * Commands fail at once while there is no connection: a 503 now is worth more to a client than one
 * after its budget, and Redis is back within 100 ms of its restart. One whose connection was lost
 * is another matter: it may have been executed, and only its repetition finds out what came of it,
 * so it waits for the next connection until its deadline. */
#include "common/store/store.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/store/store_backend.h"
#include "common/store/store_command.h"
#include "common/store/store_metrics.h"
#include "common/store/store_reply.h"

enum {
    REFUSAL_LOG_MS_MIN = 1000,
    PROBLEM_BYTES_MAX = 128,
    LATER_MS = 25,         /* until a command is sent again that could not be taken just now */
    REDIRECTIONS_MAX = 16, /* of one command */
    VACANCIES_MAX = 20,    /* times LATER_MS: how long it waits for somebody to have its slot */
};

struct store {
    struct loop *loop;
    void (*on_change)(void *context, bool is_ready);
    void *context;

    struct store_backend *backend;
    bool is_ready, is_closing;
    int callback_depth;

    struct store_deadlines deadlines;
    struct loop_timer *deadline_timer;
    int64_t deadline_armed_ms; /* INT64_MAX: not armed */

    struct store_settled settled;
    struct store_command *later_first, **later_end;
    size_t later_len;
    struct loop_timer *later_timer;
    struct loop_turn *turn;

    struct store_scratch scratch;
    const char *words[REDIS_WORDS_MAX];
    size_t lengths[REDIS_WORDS_MAX];
    size_t words_len;
    int64_t refusal_logged_ms;
    int64_t refusals_unlogged;
    char problem[PROBLEM_BYTES_MAX];
};

/* --- one command's way --- */

static void deadline_arm(struct store *store)
{
    const struct store_command *first = store->deadlines.first;
    if (first == NULL || first->deadline_ms >= store->deadline_armed_ms)
        return;
    store->deadline_armed_ms = first->deadline_ms;
    loop_timer_start(store->deadline_timer, first->deadline_ms - clock_monotonic_ms(), 0);
}

static void answer(struct store *store, struct store_command *command, enum failure failure,
                   const struct store_reply *reply)
{
    command->is_answered = true;
    if (command->on_reply == NULL)
        return;
    store->callback_depth++;
    command->on_reply(command->context, failure, reply);
    store->callback_depth--;
}

/* Answers at the end of the turn. */
static void settle(struct store *store, struct store_command *command, enum failure failure)
{
    store_metrics.commands[STORE_RESULT_UNAVAILABLE] += !command->is_answered;
    store_deadlines_remove(&store->deadlines, command);
    command->failure = failure;
    store_settled_add(&store->settled, command);
    loop_again(store->loop);
}

static void settled_answer(struct store *store)
{
    struct store_command *command = store_settled_take(&store->settled);
    while (command != NULL) {
        struct store_command *next = command->next;
        if (!command->is_answered)
            answer(store, command, command->failure, NULL);
        free(command);
        command = next;
    }
}

static void on_deadline(void *context)
{
    struct store *store = context;
    int64_t now_ms = clock_monotonic_ms();
    store->deadline_armed_ms = INT64_MAX;
    bool is_late = false;
    while (store->deadlines.first != NULL && store->deadlines.first->deadline_ms <= now_ms) {
        struct store_command *command = store->deadlines.first;
        store_deadlines_remove(&store->deadlines, command);
        is_late = true;
        store_metrics.commands[STORE_RESULT_LATE]++;
        answer(store, command, FAIL_STORE_UNAVAILABLE, NULL);
    }
    deadline_arm(store);
    if (is_late)
        store_backend_check_silence(store->backend);
}

/* --- Redis's refusals --- */

static void problem_note(struct store *store, struct str problem)
{
    snprintf(store->problem, sizeof(store->problem), "%.*s", STR_ARGS(problem));
}

static void refusal_log(struct store *store, const struct store_node *node,
                        const struct store_command *command, struct str refusal)
{
    char buffer[STORE_ADDRESS_TEXT_BYTES_MAX];
    int64_t now_ms = clock_monotonic_ms();
    if (now_ms - store->refusal_logged_ms < REFUSAL_LOG_MS_MIN) {
        store->refusals_unlogged++;
        return;
    }
    /* Redis quotes arguments in some texts, so only the first word is safe; but of a script's fault
     * the line is needed, and there it quotes the script. */
    const struct store_refusal *row = store_refusal_row(refusal);
    size_t word_len = str_index_of(refusal, ' ');
    bool is_fault = row->failure == FAIL_SERVER_ERROR;
    log_warning(
        "store.refused", LOG_STR("node", store_address_print(store_node_address(node), buffer)),
        LOG_CSTR("command", command->name),
        LOG_STR("refusal", is_fault ? str_first(refusal, word_len) : str_from_cstr(row->word)),
        LOG_STR("detail", is_fault && command->script != NULL
                              ? str_first(str_from(refusal, word_len), 200)
                              : STR_ABSENT),
        LOG_I64("unlogged", store->refusals_unlogged));
    store->refusal_logged_ms = now_ms;
    store->refusals_unlogged = 0;
}

static void word_add(struct store *store, struct str word)
{
    store->words[store->words_len] = word.at != NULL ? word.at : "";
    store->lengths[store->words_len] = word.len;
    store->words_len++;
}

static void script_words(struct store *store, struct str verb, struct str script, struct strs keys,
                         struct strs arguments, char keys_len[static 24])
{
    int len = snprintf(keys_len, 24, "%zu", keys.len);
    store->words_len = 0;
    word_add(store, verb);
    word_add(store, script);
    word_add(store, str_from_bytes(keys_len, (size_t)len));
    for (size_t i = 0; i < keys.len; i++)
        word_add(store, keys.at[i]);
    for (size_t i = 0; i < arguments.len; i++)
        word_add(store, arguments.at[i]);
}

static void plain_words(struct store *store, struct strs words)
{
    store->words_len = 0;
    for (size_t i = 0; i < words.len; i++)
        word_add(store, words.at[i]);
}

/* --- where it goes --- */

/* What stands in store->words. */
static bool command_write(struct store *store, struct store_node *node,
                          struct store_command *command)
{
    return store_node_send(node, store->words, store->lengths, (int)store->words_len,
                           command->is_asking, command);
}

static void later_add(struct store *store, struct store_command *command)
{
    command->later = NULL;
    *store->later_end = command;
    store->later_end = &command->later;
    if (store->later_len++ == 0)
        loop_timer_start(store->later_timer, LATER_MS, 0);
}

/* While a failover spreads, nodes may take the new master for a replica: its slots are nobody's in
 * what they say until they hear more. */
static bool has_patience(const struct store_command *command)
{
    return !command->is_bound && command->vacancies <= VACANCIES_MAX;
}

static bool is_waited_for(const struct store_command *command, const struct store_node *node)
{
    if (command->is_lost)
        return node == NULL || !store_node_is_ready(node);
    if (node == NULL)
        return has_patience(command);
    return store_node_is_new(node); /* a cluster's: there in a moment */
}

/* What stands in store->words goes to this node; NULL: nobody has the slot. */
static void command_give(struct store *store, struct store_command *command,
                         struct store_node *node)
{
    command->vacancies += node == NULL;
    if (is_waited_for(command, node) && store->later_len < REDIS_PENDING_MAX)
        later_add(store, command);
    else if (node == NULL || !store_node_is_ready(node) ||
             store_node_pending(node) >= REDIS_PENDING_MAX || !command_write(store, node, command))
        settle(store, command, FAIL_STORE_UNAVAILABLE);
}

/* Its words as at first. */
static void command_give_again(struct store *store, struct store_command *command,
                               struct store_node *node)
{
    char keys_len[24];
    if (command->script != NULL)
        script_words(store, STR("EVALSHA"), str_from_cstr(command->script->sha1), command->keys,
                     command->arguments, keys_len);
    else
        plain_words(store, command->arguments);
    command_give(store, command, node);
}

static void on_later(void *context)
{
    struct store *store = context;
    struct store_command *command = store->later_first;
    store->later_first = NULL;
    store->later_end = &store->later_first;
    store->later_len = 0;
    while (command != NULL) {
        struct store_command *next = command->later;
        command->is_asking = false;
        if (command->is_answered)
            free(command);
        else
            command_give_again(store, command, store_backend_node(store->backend, command->slot));
        command = next;
    }
}

/* Its connection was lost before it was answered. */
static bool lost_repeat(struct store *store, struct store_command *command)
{
    if (command->is_bound || command->is_answered || store->is_closing ||
        store->later_len >= REDIS_PENDING_MAX)
        return false;
    command->is_lost = true;
    later_add(store, command);
    return true;
}

/* --- what a refusal leads to --- */

/* Redis has forgotten the script (a restart, a failover): the same once more, with its text. */
static bool script_repeat(struct store *store, struct store_node *node,
                          struct store_command *command, struct str refusal)
{
    if (command->script == NULL || !store_refusal_is(refusal, "NOSCRIPT"))
        return false;
    char keys_len[24];
    script_words(store, STR("EVAL"), command->script->text, command->keys, command->arguments,
                 keys_len);
    return command_write(store, node, command);
}

/* The command came to the wrong node of a cluster, or while its slot is moving: it has not been
 * executed, and is sent again where it belongs. */
static bool cluster_repeat(struct store *store, const struct store_node *node,
                           struct store_command *command, struct str refusal)
{
    if (!store_backend_is_cluster(store->backend))
        return false;
    struct store_node *target =
        store_backend_redirect(store->backend, node, refusal, &command->is_asking);
    bool is_vacant = store_refusal_is(refusal, "CLUSTERDOWN");
    command->vacancies += is_vacant;
    if (store->later_len < REDIS_PENDING_MAX &&
        (store_refusal_is(refusal, "TRYAGAIN") || (is_vacant && has_patience(command)))) {
        later_add(store, command);
        return true;
    }
    if (target == NULL || command->redirections++ == REDIRECTIONS_MAX)
        return false;
    command_give_again(store, command, target);
    return true;
}

static void refusal_receive(struct store *store, struct store_node *node,
                            struct store_command *command, struct str refusal)
{
    if (script_repeat(store, node, command, refusal) ||
        cluster_repeat(store, node, command, refusal))
        return;
    const struct store_refusal *row = store_refusal_row(refusal);
    refusal_log(store, node, command, refusal);
    problem_note(store, str_from_cstr(row->word));
    store_metrics.commands[STORE_RESULT_REFUSED]++;
    if (row->drops)
        store_node_drop(node, row->word);
    store_deadlines_remove(&store->deadlines, command);
    answer(store, command, row->failure, NULL);
    free(command);
}

static void on_reply(void *context, struct store_node *node, void *token,
                     const struct redisReply *reply)
{
    struct store *store = context;
    struct store_command *command = token;
    struct store_reply converted;
    if (reply == NULL) {
        if (!lost_repeat(store, command))
            settle(store, command, FAIL_STORE_UNAVAILABLE);
        return;
    }
    histogram_observe_us(&store_metrics.command, clock_monotonic_us() - command->sent_us);
    if (command->is_answered) {
        free(command);
        return;
    }
    struct str refusal = store_reply_refusal(reply);
    if (str_is_present(refusal)) {
        refusal_receive(store, node, command, refusal);
        return;
    }
    store_metrics.commands[STORE_RESULT_OK]++;
    store_deadlines_remove(&store->deadlines, command);
    if (store_reply_convert(reply, &store->scratch, &converted))
        answer(store, command, OK, &converted);
    else
        answer(store, command, FAIL_LIMIT_REACHED, NULL);
    free(command);
}

/* --- the connection --- */

static void on_change(void *context)
{
    struct store *store = context;
    if (store->is_closing || store->backend == NULL)
        return;
    bool is_ready = store_backend_is_ready(store->backend);
    if (!is_ready)
        problem_note(store, str_from_cstr(store_backend_reason(store->backend)));
    if (is_ready == store->is_ready)
        return;
    store->is_ready = is_ready;
    store_metrics.connections += is_ready;
    if (is_ready)
        on_later(store); /* before what comes now, so that the order stays */
    if (store->on_change == NULL)
        return;
    store->callback_depth++;
    store->on_change(store->context, store->is_ready);
    store->callback_depth--;
}

static void on_turn(void *context)
{
    struct store *store = context;
    settled_answer(store);
    store_backend_flush(store->backend);
}

/* --- public --- */

struct store *store_open(struct loop *loop, const struct store_options *options)
{
    struct store_url url;
    const char *problem = store_url_parse(options->url, &url);
    if (problem != NULL) {
        log_error("store.url", LOG_CSTR("problem", problem));
        return NULL;
    }
    /* hiredis writes with write(2): a connection that Redis closed must not end the process. */
    signal(SIGPIPE, SIG_IGN);
    struct store *store = calloc(1, sizeof(*store));
    if (store == NULL)
        return NULL;
    store->loop = loop;
    store->on_change = options->on_change;
    store->context = options->context;
    store->deadline_armed_ms = INT64_MAX;
    store->refusal_logged_ms = -REFUSAL_LOG_MS_MIN;
    store->later_end = &store->later_first;
    store->deadline_timer = loop_timer_new(loop, on_deadline, store);
    store->later_timer = loop_timer_new(loop, on_later, store);
    store->turn = loop_turn_new(loop, on_turn, store);
    const struct store_backend_events events = {
        .on_reply = on_reply, .on_change = on_change, .context = store};
    store->backend = store_backend_open(loop, &url, options, &events);
    if (store->deadline_timer == NULL || store->later_timer == NULL || store->turn == NULL ||
        store->backend == NULL) {
        log_error("store.memory");
        store_close(store);
        return NULL;
    }
    store_metrics.store = store;
    return store;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    assert(store->callback_depth == 0);
    store->is_closing = true;
    if (store_metrics.store == store)
        store_metrics.store = NULL;
    store->is_ready = false;
    if (store->backend != NULL)
        store_backend_flush(store->backend);
    store_backend_close(store->backend);
    while (store->later_first != NULL) {
        struct store_command *command = store->later_first;
        store->later_first = command->later;
        settle(store, command, FAIL_STORE_UNAVAILABLE);
    }
    while (store->settled.first != NULL)
        settled_answer(store);
    loop_timer_free(store->deadline_timer);
    loop_timer_free(store->later_timer);
    loop_turn_free(store->turn);
    store_scratch_finish(&store->scratch);
    free(store);
}

struct store_backend *store_backend_of(struct store *store)
{
    return store->backend;
}

bool store_is_ready(const struct store *store)
{
    return store->is_ready;
}

bool store_is_idle(const struct store *store)
{
    return store->deadlines.first == NULL && store->settled.first == NULL;
}

const char *store_problem(const struct store *store)
{
    return store->problem;
}

size_t store_pending(const struct store *store)
{
    return store_backend_pending(store->backend) + store->later_len;
}

/* key: the first that it names. False: it is over already. */
static bool command_begin(struct store *store, struct store_command *command, struct str key)
{
    command->sent_us = clock_monotonic_us();
    if (!store->is_ready || command->deadline_ms <= command->sent_us / 1000) {
        settle(store, command, FAIL_STORE_UNAVAILABLE);
        return false;
    }
    command->slot = store_backend_slot(store->backend, key);
    store_deadlines_add(&store->deadlines, command);
    deadline_arm(store);
    return true;
}

/* The words stand in store->words. */
static void command_send(struct store *store, struct store_command *command, struct str key)
{
    if (command_begin(store, command, key))
        command_give(store, command, store_backend_node(store->backend, command->slot));
}

/* Its words stand in store->words then. NULL: it is over already. */
static struct store_command *plain_new(struct store *store, struct strs words, int64_t deadline_ms,
                                       store_reply_cb *on_reply_here, void *context)
{
    const struct strs none = {0};
    struct store_command *command = store_command_new(none, store->is_ready ? words : none);
    command->deadline_ms = deadline_ms;
    command->on_reply = on_reply_here;
    command->context = context;
    if (words.len == 0 || words.len > REDIS_WORDS_MAX) {
        settle(store, command, FAIL_LIMIT_REACHED);
        return NULL;
    }
    store_command_set_name(command, words.at[0]);
    plain_words(store, words);
    return command;
}

void store_send(struct store *store, struct strs words, int64_t deadline_ms,
                store_reply_cb *on_reply_here, void *context)
{
    struct store_command *command = plain_new(store, words, deadline_ms, on_reply_here, context);
    if (command != NULL)
        command_send(store, command, words.len > 1 ? words.at[1] : STR(""));
}

size_t store_masters(const struct store *store)
{
    return store_backend_masters(store->backend);
}

void store_send_to(struct store *store, size_t master, struct strs words, int64_t deadline_ms,
                   store_reply_cb *on_reply_here, void *context)
{
    struct store_command *command = plain_new(store, words, deadline_ms, on_reply_here, context);
    if (command == NULL || !command_begin(store, command, STR("")))
        return;
    command->is_bound = true;
    struct store_node *node = store_backend_master(store->backend, master);
    /* One that is still connecting would be waited for as the owner of a slot. */
    command_give(store, command, node != NULL && store_node_is_ready(node) ? node : NULL);
}

void store_run(struct store *store, const struct store_script *script, struct strs keys,
               struct strs arguments, int64_t deadline_ms, store_reply_cb *on_reply_here,
               void *context)
{
    struct store_command *command = store_command_new(keys, arguments);
    command->deadline_ms = deadline_ms;
    command->on_reply = on_reply_here;
    command->context = context;
    command->script = script;
    store_command_set_name(command, str_from_cstr(script->name));
    if (keys.len == 0 || keys.len + arguments.len + 3 > REDIS_WORDS_MAX) {
        settle(store, command, FAIL_LIMIT_REACHED);
        return;
    }
    char keys_len[24];
    script_words(store, STR("EVALSHA"), str_from_cstr(script->sha1), keys, arguments, keys_len);
    command_send(store, command, keys.at[0]);
}
