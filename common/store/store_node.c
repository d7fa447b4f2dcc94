/* One timer is both the pause before the next attempt and the limit of the one under way. The
 * node's own commands (AUTH, PING, ROLE, ASKING) have no command of a caller, so a reply without
 * one is the handshake's until that is over, and ASKING's after. */
#include "common/store/store_node.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "common/store/store_reply.h"

enum {
    BACKOFF_MS_MIN = 50,
    BACKOFF_MS_MAX = 2000,
    ATTEMPT_MS_MAX = 2000, /* connect, AUTH, PING and ROLE together */
    SILENCE_MS_MAX = 2000, /* a connection that owes replies for so long is given up */
    STEADY_MS_MIN = 2000,  /* a connection that stood so long starts the backoff anew */
    REASON_BYTES_MAX = 100,
};

struct store_node {
    struct loop *loop;
    struct store_node_options options;
    struct store_address address; /* with Sentinel: of this attempt */
    struct store_lookup *lookup;
    struct store_connection *connection;
    bool is_ready, is_closing, is_lost_logged, has_failed;
    unsigned handshake_left; /* replies */
    unsigned attempts;
    int64_t backoff_ms;
    int64_t ready_since_ms;
    int64_t waiting_since_ms; /* for a reply, while pending > 0 */
    struct loop_timer *attempt_timer;
    size_t pending;
    char reason[REASON_BYTES_MAX];
};

static void attempt_later(struct store_node *node)
{
    unsigned char chance;
    random_fill(&chance, sizeof(chance));
    int64_t spread_ms = node->backoff_ms / 2; /* a quarter to each side */
    int64_t delay_ms = node->backoff_ms - spread_ms / 2 + spread_ms * chance / 255;
    node->backoff_ms =
        node->backoff_ms * 2 < BACKOFF_MS_MAX ? node->backoff_ms * 2 : BACKOFF_MS_MAX;
    loop_timer_start(node->attempt_timer, delay_ms, 0);
}

/* The connection's end, or that of an attempt that came to none. */
static void on_lost(void *context, const char *reason)
{
    struct store_node *node = context;
    char buffer[STORE_ADDRESS_TEXT_BYTES_MAX];
    node->connection = NULL;
    if (node->is_closing)
        return;
    snprintf(node->reason, sizeof(node->reason), "%s", reason);
    if (node->is_ready && clock_monotonic_ms() - node->ready_since_ms >= STEADY_MS_MIN)
        node->backoff_ms = BACKOFF_MS_MIN;
    /* Once for each time that it goes, not for each attempt. */
    if (!node->is_lost_logged)
        log_warning("store.lost", LOG_STR("node", store_address_print(&node->address, buffer)),
                    LOG_CSTR("reason", reason));
    node->is_lost_logged = true;
    if (node->is_ready && node->options.sentinel != NULL)
        store_sentinel_unwatch(node->options.sentinel);
    node->is_ready = false;
    node->has_failed = true;
    attempt_later(node);
    node->options.on_change(node->options.context, node);
}

/* --- the handshake --- */

static bool is_replica(const struct redisReply *reply)
{
    struct store_scratch scratch = {0};
    struct store_reply role;
    /* An ACL that does not allow ROLE is forgiven. */
    bool is = !str_is_present(store_reply_refusal(reply)) &&
              store_reply_convert(reply, &scratch, &role) && role.kind == STORE_LIST &&
              role.len > 0 && !str_equals(role.at[0].text, STR("master"));
    store_scratch_finish(&scratch);
    return is;
}

static void on_moved(void *context)
{
    struct store_node *node = context;
    store_connection_close(node->connection, "another one has become the master");
}

static void handshake_end(struct store_node *node)
{
    char buffer[STORE_ADDRESS_TEXT_BYTES_MAX];
    loop_timer_stop(node->attempt_timer);
    node->ready_since_ms = clock_monotonic_ms();
    node->is_lost_logged = false;
    node->is_ready = true;
    log_information("store.ready", LOG_STR("node", store_address_print(&node->address, buffer)),
                    LOG_I64("attempts", node->attempts));
    node->attempts = 0;
    if (node->options.sentinel != NULL)
        store_sentinel_watch(node->options.sentinel, &node->address, on_moved, node);
    node->options.on_change(node->options.context, node);
}

static void handshake_receive(struct store_node *node, const struct redisReply *reply)
{
    struct str refusal = store_reply_refusal(reply);
    bool is_role = --node->handshake_left == 0;
    if (str_is_present(refusal) && !is_role)
        store_connection_close(node->connection, store_refusal_row(refusal)->word);
    else if (is_role && is_replica(reply))
        store_connection_close(node->connection, "it is a replica");
    else if (is_role)
        handshake_end(node);
}

static void on_reply(void *context, void *command, const struct redisReply *reply)
{
    struct store_node *node = context;
    if (command != NULL) {
        node->pending--;
        node->waiting_since_ms = clock_monotonic_ms();
        node->options.on_reply(node->options.context, node, command, reply);
    } else if (reply != NULL && node->handshake_left > 0) {
        handshake_receive(node, reply);
    }
}

static void word_send(struct store_node *node, const char *word)
{
    size_t len = strlen(word);
    store_connection_send(node->connection, &word, &len, 1, NULL);
}

static void on_connected(void *context)
{
    struct store_node *node = context;
    bool has_auth =
        store_connection_authenticate(node->connection, node->options.credentials, NULL);
    node->handshake_left = has_auth ? 3 : 2;
    word_send(node, "PING");
    word_send(node, "ROLE");
}

/* --- an attempt: where it is, its address, the connection --- */

static void connect_to(struct store_node *node, const char *numeric)
{
    const struct store_connection_events events = {
        .on_connected = on_connected, .on_reply = on_reply, .on_lost = on_lost, .context = node};
    /* Armed first: an attempt that fails at once arms it anew. */
    loop_timer_start(node->attempt_timer, ATTEMPT_MS_MAX, 0);
    node->connection = store_connection_open(node->loop, &node->address, numeric, &events);
}

static void on_found(void *context, const char *numeric)
{
    struct store_node *node = context;
    node->lookup = NULL;
    if (numeric != NULL)
        connect_to(node, numeric);
    else
        on_lost(node, "the host name is unknown");
}

static void address_resolve(struct store_node *node)
{
    if (node->address.is_unix || node->address.is_numeric) {
        connect_to(node, node->address.host);
        return;
    }
    /* No time limit: the resolver has its own, and a second thread would wait for the same. */
    node->lookup =
        store_lookup_start(node->loop, node->address.host, node->attempts, on_found, node);
    if (node->lookup == NULL)
        on_lost(node, "out of memory or threads");
}

static void on_master(void *context, const struct store_address *master, const char *reason)
{
    struct store_node *node = context;
    if (master == NULL) {
        on_lost(node, reason);
        return;
    }
    node->address = *master;
    address_resolve(node);
}

static void on_attempt_timer(void *context)
{
    struct store_node *node = context;
    if (node->connection != NULL) {
        store_connection_close(node->connection, "no connection in time");
        return;
    }
    node->attempts++;
    if (node->options.sentinel == NULL)
        address_resolve(node);
    else if (!store_sentinel_ask(node->options.sentinel, on_master, node))
        on_lost(node, "out of memory");
}

/* --- for the store --- */

struct store_node *store_node_open(struct loop *loop, const struct store_node_options *options)
{
    struct store_node *node = calloc(1, sizeof(*node));
    if (node == NULL)
        return NULL;
    node->loop = loop;
    node->options = *options;
    node->address = options->address;
    node->backoff_ms = BACKOFF_MS_MIN;
    node->attempt_timer = loop_timer_new(loop, on_attempt_timer, node);
    if (node->attempt_timer == NULL) {
        free(node);
        return NULL;
    }
    loop_timer_start(node->attempt_timer, 0, 0);
    return node;
}

void store_node_close(struct store_node *node)
{
    if (node == NULL)
        return;
    node->is_closing = true;
    node->is_ready = false;
    store_lookup_cancel(node->lookup);
    if (node->connection != NULL)
        store_connection_close(node->connection, "closing");
    loop_timer_free(node->attempt_timer);
    free(node);
}

bool store_node_is_ready(const struct store_node *node)
{
    return node->is_ready;
}

bool store_node_is_new(const struct store_node *node)
{
    return !node->is_ready && !node->has_failed;
}

const struct store_address *store_node_address(const struct store_node *node)
{
    return &node->address;
}

const char *store_node_reason(const struct store_node *node)
{
    return node->reason;
}

size_t store_node_pending(const struct store_node *node)
{
    return node->pending;
}

bool store_node_send(struct store_node *node, const char **words, const size_t *lengths, int count,
                     bool is_asking, void *command)
{
    if (is_asking)
        word_send(node, "ASKING");
    if (!store_connection_send(node->connection, words, lengths, count, command))
        return false;
    if (node->pending++ == 0)
        node->waiting_since_ms = clock_monotonic_ms();
    return true;
}

void store_node_flush(struct store_node *node)
{
    if (node->connection != NULL)
        store_connection_flush(node->connection);
}

void store_node_drop(struct store_node *node, const char *reason)
{
    store_connection_close(node->connection, reason);
}

void store_node_check_silence(struct store_node *node)
{
    if (node->is_ready && node->pending > 0 &&
        clock_monotonic_ms() - node->waiting_since_ms >= SILENCE_MS_MAX)
        store_connection_close(node->connection, "no reply");
}
