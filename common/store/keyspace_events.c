/* A listener is a connection, or the half second before its next attempt. Where it has to be is
 * asked of the store's own node, which finds the master (Sentinel, a cluster's map) anyway. */
#include "common/store/keyspace_events.h"

#include <stdlib.h>

#include "common/store/store_backend.h"
#include "common/store/store_connection.h"
#include "common/store/store_reply.h"

enum { LISTENERS_MAX = 64, RETRY_MS = 500 };

struct listener {
    struct keyspace_events *events;
    size_t master;
    struct store_address address;
    struct store_lookup *lookup;
    struct store_connection *connection;
    unsigned attempts;
    bool is_listening;
};

struct keyspace_events {
    struct loop *loop;
    struct store_backend *backend;
    struct keyspace_listener listener;
    struct loop_timer *timer; /* looks at every listener */
    struct loop_turn *turn;
    struct store_scratch scratch;
    struct listener *listeners[LISTENERS_MAX];
    size_t len;
    size_t listening;
    bool is_closing;
};

/* What a reply belongs to: their addresses tell. */
static char auth_word[] = "AUTH";
static char subscription_word[] = "PSUBSCRIBE";

static void listening_set(struct listener *listener, bool is_listening, const char *reason)
{
    struct keyspace_events *events = listener->events;
    if (listener->is_listening == is_listening)
        return;
    listener->is_listening = is_listening;
    events->listening += is_listening ? 1 : (size_t)-1;
    if (!events->is_closing)
        events->listener.on_change(events->listener.context, events->listening, reason);
}

static void on_lost(void *context, const char *reason)
{
    struct listener *listener = context;
    listener->connection = NULL;
    listening_set(listener, false, reason);
}

static void message_receive(struct listener *listener, const struct redisReply *reply)
{
    struct keyspace_events *events = listener->events;
    struct store_reply message;
    if (!store_reply_convert(reply, &events->scratch, &message) || message.kind != STORE_LIST ||
        message.len < 3)
        return;
    if (str_equals(message.at[0].text, STR("psubscribe"))) {
        listening_set(listener, true, NULL);
        return;
    }
    /* pmessage, the pattern, the channel "__keyevent@0__:expired", the key */
    struct str name = message.at[2].text;
    size_t colon = str_index_of(name, ':');
    if (message.len == 4 && colon < name.len)
        events->listener.on_event(events->listener.context, str_from(name, colon + 1),
                                  message.at[3].text);
}

static void on_reply(void *context, void *command, const struct redisReply *reply)
{
    struct listener *listener = context;
    if (reply == NULL)
        return; /* on_lost follows */
    struct str refusal = store_reply_refusal(reply);
    if (str_is_present(refusal))
        store_connection_close(listener->connection, store_refusal_row(refusal)->word);
    else if (command == subscription_word)
        message_receive(listener, reply);
}

static void on_connected(void *context)
{
    struct listener *listener = context;
    const char *words[] = {subscription_word, "__keyevent@*__:*"};
    const size_t lengths[] = {strlen(words[0]), strlen(words[1])};
    store_connection_authenticate(listener->connection,
                                  store_backend_credentials(listener->events->backend), auth_word);
    store_connection_send(listener->connection, words, lengths, 2, subscription_word);
}

static void listener_connect(struct listener *listener, const char *numeric)
{
    const struct store_connection_events events = {.on_connected = on_connected,
                                                   .on_reply = on_reply,
                                                   .on_lost = on_lost,
                                                   .context = listener};
    listener->connection =
        store_connection_open(listener->events->loop, &listener->address, numeric, &events);
}

static void on_found(void *context, const char *numeric)
{
    struct listener *listener = context;
    listener->lookup = NULL;
    if (numeric != NULL)
        listener_connect(listener, numeric);
}

/* Connects one that has no connection, and takes it from a master that is none any more. */
static void listener_tend(struct listener *listener)
{
    struct keyspace_events *events = listener->events;
    const struct store_node *node = store_backend_master(events->backend, listener->master);
    bool is_there = node != NULL && store_node_is_ready(node);
    if (listener->connection != NULL || listener->lookup != NULL) {
        if (is_there && listener->connection != NULL &&
            !store_address_equals(store_node_address(node), &listener->address))
            store_connection_close(listener->connection, "another one has become the master");
        return;
    }
    if (!is_there)
        return;
    listener->address = *store_node_address(node);
    if (listener->address.is_unix || listener->address.is_numeric)
        listener_connect(listener, listener->address.host);
    else
        listener->lookup = store_lookup_start(events->loop, listener->address.host,
                                              listener->attempts++, on_found, listener);
}

static void on_time(void *context)
{
    struct keyspace_events *events = context;
    while (events->len < store_backend_masters(events->backend) && events->len < LISTENERS_MAX) {
        struct listener *listener = calloc(1, sizeof(*listener));
        if (listener == NULL)
            break; /* next time */
        *listener = (struct listener){.events = events, .master = events->len};
        events->listeners[events->len++] = listener;
    }
    for (size_t i = 0; i < events->len; i++)
        listener_tend(events->listeners[i]);
}

static void on_turn(void *context)
{
    const struct keyspace_events *events = context;
    for (size_t i = 0; i < events->len; i++)
        if (events->listeners[i]->connection != NULL)
            store_connection_flush(events->listeners[i]->connection);
}

struct keyspace_events *keyspace_events_open(struct loop *loop, struct store *store,
                                             const struct keyspace_listener *listener)
{
    struct keyspace_events *events = calloc(1, sizeof(*events));
    if (events == NULL)
        return NULL;
    events->loop = loop;
    events->backend = store_backend_of(store);
    events->listener = *listener;
    events->timer = loop_timer_new(loop, on_time, events);
    events->turn = loop_turn_new(loop, on_turn, events);
    if (events->timer == NULL || events->turn == NULL) {
        keyspace_events_close(events);
        return NULL;
    }
    loop_timer_start(events->timer, 0, RETRY_MS);
    return events;
}

void keyspace_events_close(struct keyspace_events *events)
{
    if (events == NULL)
        return;
    events->is_closing = true;
    for (size_t i = 0; i < events->len; i++) {
        store_lookup_cancel(events->listeners[i]->lookup);
        if (events->listeners[i]->connection != NULL)
            store_connection_close(events->listeners[i]->connection, "closing");
        free(events->listeners[i]);
    }
    loop_timer_free(events->timer);
    loop_turn_free(events->turn);
    store_scratch_finish(&events->scratch);
    free(events);
}
