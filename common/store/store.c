/* A command lives in two places (store_command.h): in hiredis's queue until its reply comes, and in
 * the deadline list until it is answered. One that runs out of time is answered and stays in the
 * queue, without a callback, because replies come in order. Callbacks that cannot come from a reply
 * (not connected, connection lost, too many pending) wait in the settled list for the end of the
 * turn, so that none runs inside store_send or inside hiredis taking a context apart.
 *
 * Commands fail at once while there is no connection: a 503 now is worth more to a client than one
 * after its budget, and Redis is back within 100 ms of its restart. */
#include "common/store/store.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "common/store/store_command.h"
#include "common/store/store_connection.h"
#include "common/store/store_reply.h"

enum {
    BACKOFF_MS_MIN = 50,
    BACKOFF_MS_MAX = 2000,
    ATTEMPT_MS_MAX = 2000, /* connect, AUTH, PING and ROLE together */
    SILENCE_MS_MAX = 2000, /* a connection that owes replies for so long is given up */
    STEADY_MS_MIN = 2000,  /* a connection that stood so long starts the backoff anew */
    REFUSAL_LOG_MS_MIN = 1000,
};

struct store {
    struct loop *loop;
    struct store_address address;
    char *user, *password;
    void (*on_change)(void *context, bool is_ready);
    void *context;

    struct store_lookup *lookup;
    struct store_connection *connection;
    bool is_ready, is_closing, is_lost_logged;
    int callback_depth;
    unsigned attempts;
    int64_t backoff_ms;
    int64_t ready_since_ms;
    int64_t waiting_since_ms;         /* for a reply, while pending_count > 0 */
    struct loop_timer *attempt_timer; /* the next attempt, or the end of the one under way */

    size_t pending_count; /* in hiredis's queue */
    struct store_deadlines deadlines;
    struct loop_timer *deadline_timer;
    int64_t deadline_armed_ms; /* INT64_MAX: not armed */

    struct store_settled settled;
    struct loop_turn *turn;

    struct store_scratch scratch;
    const char *words[REDIS_WORDS_MAX];
    size_t lengths[REDIS_WORDS_MAX];
    size_t words_len;
    int64_t refusal_logged_ms;
    int64_t refusals_unlogged;
};

static void attempt_begin(void *context);

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
        answer(store, command, FAIL_STORE_UNAVAILABLE, NULL);
    }
    deadline_arm(store);
    /* A host that vanished does not even refuse: only its silence tells. */
    if (is_late && store->is_ready && store->pending_count > 0 &&
        now_ms - store->waiting_since_ms >= SILENCE_MS_MAX)
        store_connection_close(store->connection, "no reply");
}

/* --- Redis's refusals --- */

static void refusal_log(struct store *store, const struct store_command *command,
                        struct str refusal)
{
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
        "store.refused", LOG_CSTR("command", command->name),
        LOG_STR("refusal", is_fault ? str_first(refusal, word_len) : str_from_cstr(row->word)),
        LOG_STR("detail", is_fault && command->script != NULL
                              ? str_first(str_from(refusal, word_len), 200)
                              : STR_ABSENT),
        LOG_I64("unlogged", store->refusals_unlogged));
    store->refusal_logged_ms = now_ms;
    store->refusals_unlogged = 0;
}

static bool command_write(struct store *store, struct store_command *command)
{
    if (!store_connection_send(store->connection, store->words, store->lengths,
                               (int)store->words_len, command))
        return false;
    if (store->pending_count++ == 0)
        store->waiting_since_ms = clock_monotonic_ms();
    return true;
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

/* Redis has forgotten the script (a restart, a failover): the same once more, with its text. */
static bool script_repeat(struct store *store, struct store_command *command, struct str refusal)
{
    if (command->script == NULL || !store_refusal_is_noscript(refusal))
        return false;
    char keys_len[24];
    script_words(store, STR("EVAL"), command->script->text, command->keys, command->arguments,
                 keys_len);
    return command_write(store, command);
}

static void receive_answer(struct store *store, struct store_command *command,
                           const struct redisReply *reply)
{
    if (command->is_answered) {
        free(command);
        return;
    }
    struct str refusal = store_reply_refusal(reply);
    if (str_is_present(refusal)) {
        if (script_repeat(store, command, refusal))
            return;
        const struct store_refusal *row = store_refusal_row(refusal);
        refusal_log(store, command, refusal);
        if (row->drops)
            store_connection_close(store->connection, row->word);
        store_deadlines_remove(&store->deadlines, command);
        answer(store, command, row->failure, NULL);
        free(command);
        return;
    }
    store_deadlines_remove(&store->deadlines, command);
    struct store_reply converted;
    if (store_reply_convert(reply, &store->scratch, &converted))
        answer(store, command, OK, &converted);
    else
        answer(store, command, FAIL_LIMIT_REACHED, NULL);
    free(command);
}

static void on_reply(void *context, void *token, const struct redisReply *reply)
{
    struct store *store = context;
    struct store_command *command = token;
    store->pending_count--;
    if (reply == NULL) {
        settle(store, command, FAIL_STORE_UNAVAILABLE);
        return;
    }
    store->waiting_since_ms = clock_monotonic_ms();
    if (command->receive == NULL)
        receive_answer(store, command, reply);
    else
        command->receive(store, command, reply);
}

/* --- the connection --- */

static void change(struct store *store, bool is_ready)
{
    store->is_ready = is_ready;
    if (store->on_change == NULL)
        return;
    store->callback_depth++;
    store->on_change(store->context, is_ready);
    store->callback_depth--;
}

static void attempt_later(struct store *store)
{
    unsigned char chance;
    random_fill(&chance, sizeof(chance));
    int64_t spread_ms = store->backoff_ms / 2; /* a quarter to each side */
    int64_t delay_ms = store->backoff_ms - spread_ms / 2 + spread_ms * chance / 255;
    store->backoff_ms =
        store->backoff_ms * 2 < BACKOFF_MS_MAX ? store->backoff_ms * 2 : BACKOFF_MS_MAX;
    loop_timer_start(store->attempt_timer, delay_ms, 0);
}

static void on_lost(void *context, const char *reason)
{
    struct store *store = context;
    bool was_ready = store->is_ready;
    store->connection = NULL;
    if (store->is_closing)
        return;
    if (was_ready && clock_monotonic_ms() - store->ready_since_ms >= STEADY_MS_MIN)
        store->backoff_ms = BACKOFF_MS_MIN;
    /* Once for each time that it goes, not for each attempt. */
    if (!store->is_lost_logged)
        log_warning("store.lost", LOG_CSTR("reason", reason));
    store->is_lost_logged = true;
    attempt_later(store);
    if (was_ready)
        change(store, false);
}

static void on_attempt_timeout(struct store *store)
{
    store_connection_close(store->connection, "no connection in time");
}

/* The handshake's replies: AUTH and PING must succeed (PING is refused while Redis loads), ROLE
 * must not say replica; an ACL that does not allow ROLE is forgiven. */
static void handshake_fail(struct store *store, struct store_command *command, const char *reason)
{
    free(command);
    store_connection_close(store->connection, reason);
}

static void receive_handshake(struct store *store, struct store_command *command,
                              const struct redisReply *reply)
{
    struct str refusal = store_reply_refusal(reply);
    if (str_is_present(refusal)) {
        handshake_fail(store, command, store_refusal_row(refusal)->word);
        return;
    }
    free(command);
}

static void receive_role(struct store *store, struct store_command *command,
                         const struct redisReply *reply)
{
    struct store_reply role;
    if (!str_is_present(store_reply_refusal(reply)) &&
        store_reply_convert(reply, &store->scratch, &role) && role.kind == STORE_LIST &&
        role.len > 0 && !str_equals(role.at[0].text, STR("master"))) {
        handshake_fail(store, command, "it is a replica");
        return;
    }
    free(command);
    loop_timer_stop(store->attempt_timer);
    store->ready_since_ms = clock_monotonic_ms();
    store->is_lost_logged = false;
    log_information("store.ready", LOG_I64("attempts", store->attempts));
    store->attempts = 0;
    change(store, true);
}

static void handshake_send(struct store *store, store_receive_fn *receive)
{
    struct store_command *command = store_command_new((struct strs){0}, (struct strs){0});
    command->receive = receive;
    command->is_answered = true; /* nobody waits for it */
    if (!command_write(store, command))
        free(command);
}

static void on_connected(void *context)
{
    struct store *store = context;
    if (store->password != NULL) {
        store->words_len = 0;
        word_add(store, STR("AUTH"));
        if (store->user != NULL)
            word_add(store, str_from_cstr(store->user));
        word_add(store, str_from_cstr(store->password));
        handshake_send(store, receive_handshake);
    }
    store->words_len = 0;
    word_add(store, STR("PING"));
    handshake_send(store, receive_handshake);
    store->words_len = 0;
    word_add(store, STR("ROLE"));
    handshake_send(store, receive_role);
}

static void connect_to(struct store *store, const char *numeric)
{
    const struct store_connection_events events = {
        .on_connected = on_connected, .on_reply = on_reply, .on_lost = on_lost, .context = store};
    /* Armed first: an attempt that fails at once arms it anew. */
    loop_timer_start(store->attempt_timer, ATTEMPT_MS_MAX, 0);
    store->connection = store_connection_open(store->loop, &store->address, numeric, &events);
}

static void on_found(void *context, const char *numeric)
{
    struct store *store = context;
    store->lookup = NULL;
    if (numeric != NULL)
        connect_to(store, numeric);
    else
        on_lost(store, "the host name is unknown");
}

static void attempt_begin(void *context)
{
    struct store *store = context;
    if (store->connection != NULL) {
        on_attempt_timeout(store);
        return;
    }
    unsigned turn = store->attempts++;
    if (store->address.is_unix || store->address.is_numeric) {
        connect_to(store, store->address.host);
        return;
    }
    /* No time limit: the resolver has its own, and a second thread would wait for the same. */
    store->lookup = store_lookup_start(store->loop, store->address.host, turn, on_found, store);
    if (store->lookup == NULL)
        on_lost(store, "out of memory or threads");
}

static void on_turn(void *context)
{
    struct store *store = context;
    settled_answer(store);
    if (store->connection != NULL)
        store_connection_flush(store->connection);
}

/* --- public --- */

static char *text_copy(struct str text)
{
    return str_is_present(text) ? strndup(text.at, text.len) : NULL;
}

struct store *store_open(struct loop *loop, const struct store_options *options)
{
    struct store_address address;
    const char *problem = store_address_parse(options->url, &address);
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
    store->address = address;
    store->user = text_copy(options->user);
    store->password = text_copy(options->password);
    store->on_change = options->on_change;
    store->context = options->context;
    store->backoff_ms = BACKOFF_MS_MIN;
    store->deadline_armed_ms = INT64_MAX;
    store->refusal_logged_ms = -REFUSAL_LOG_MS_MIN;
    store->attempt_timer = loop_timer_new(loop, attempt_begin, store);
    store->deadline_timer = loop_timer_new(loop, on_deadline, store);
    store->turn = loop_turn_new(loop, on_turn, store);
    if (store->attempt_timer == NULL || store->deadline_timer == NULL || store->turn == NULL) {
        log_error("store.memory");
        store_close(store);
        return NULL;
    }
    loop_timer_start(store->attempt_timer, 0, 0);
    return store;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    assert(store->callback_depth == 0);
    store->is_closing = true;
    store->is_ready = false;
    store_lookup_cancel(store->lookup);
    if (store->connection != NULL)
        store_connection_close(store->connection, "closing");
    while (store->settled.first != NULL)
        settled_answer(store);
    loop_timer_free(store->attempt_timer);
    loop_timer_free(store->deadline_timer);
    loop_turn_free(store->turn);
    store_scratch_finish(&store->scratch);
    free(store->user);
    if (store->password != NULL)
        explicit_bzero(store->password, strlen(store->password));
    free(store->password);
    free(store);
}

bool store_is_ready(const struct store *store)
{
    return store->is_ready;
}

/* The words stand in store->words. */
static void command_send(struct store *store, struct store_command *command)
{
    if (!store->is_ready || store->pending_count >= REDIS_PENDING_MAX ||
        command->deadline_ms <= clock_monotonic_ms() || !command_write(store, command)) {
        settle(store, command, FAIL_STORE_UNAVAILABLE);
        return;
    }
    store_deadlines_add(&store->deadlines, command);
    deadline_arm(store);
}

void store_send(struct store *store, struct strs words, int64_t deadline_ms,
                store_reply_cb *on_reply_here, void *context)
{
    struct store_command *command = store_command_new((struct strs){0}, (struct strs){0});
    command->deadline_ms = deadline_ms;
    command->on_reply = on_reply_here;
    command->context = context;
    if (words.len == 0 || words.len > REDIS_WORDS_MAX) {
        settle(store, command, FAIL_LIMIT_REACHED);
        return;
    }
    store_command_set_name(command, words.at[0]);
    store->words_len = 0;
    for (size_t i = 0; i < words.len; i++)
        word_add(store, words.at[i]);
    command_send(store, command);
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
    if (keys.len + arguments.len + 3 > REDIS_WORDS_MAX) {
        settle(store, command, FAIL_LIMIT_REACHED);
        return;
    }
    char keys_len[24];
    script_words(store, STR("EVALSHA"), str_from_cstr(script->sha1), keys, arguments, keys_len);
    command_send(store, command);
}
