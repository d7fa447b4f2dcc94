/* One DEALER per edge. Whoever is new on a connection is greeted with HELLO; from its WELCOME on it
 * hears READY, so that an edge that two addresses lead to counts this worker once. */
#include "proto/link_worker.h"
#include "common/base/clock.h"
#include "common/base/hex.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "proto/announcement.h"
#include "proto/connection.h"
#include "proto/control.h"
#include "proto/request_list.h"
#include "proto/resolver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    READY_EVERY_MS = 200,
    READY_EVERY_MANY_MS = 1000, /* with more than FEW_EDGES */
    FEW_EDGES = 8,
    GREET_AGAIN_MS = 1000, /* without WELCOME */
    EDGE_SILENCE_MS = 5000,
    DRAIN_MS_MAX = 20000,
    RECEIVE_MAX_PER_TURN = 64,
    MALFORMED_LOG_EVERY_MS = 1000,
};

struct link_worker {
    struct loop *loop;
    struct arena *arena; /* copies of the options */
    struct link_worker_options options;
    struct announcement *announcement;
    struct connection_place place;
    struct connection_list connections;
    struct request_list requests;
    struct resolver *resolvers[EDGES_MAX];
    size_t resolvers_len;
    struct loop_turn *turn;
    struct loop_timer *ready_timer;
    struct loop_timer *drain_timer;
    int64_t ready_every_ms;
    bool is_ready;
    bool is_draining;
    link_drained_cb *on_drained;
    void *drained_context;
    int64_t malformed_logged_ms;
    size_t malformed;
};

static struct link_worker *link_of(const struct connection *connection)
{
    return connection->place->owner;
}

static void malformed_note(struct link_worker *link)
{
    int64_t now_ms = clock_monotonic_ms();
    link->malformed++;
    if (now_ms - link->malformed_logged_ms < MALFORMED_LOG_EVERY_MS)
        return;
    link->malformed_logged_ms = now_ms;
    log_warning("message.malformed", LOG_CSTR("from", "edge"), LOG_I64("count", link->malformed));
}

/* ---- what is said without being asked */

/* A draining worker is nobody's new worker: whoever asks is told that it leaves. */
static void greet(struct connection *connection)
{
    struct link_worker *link = link_of(connection);
    connection_forget_peer(connection);
    connection->greeted_ms = clock_monotonic_ms();
    connection->is_greeted = link->is_draining
                                 ? dealer_send(&connection->dealer, MESSAGE_DRAINING, STR("{}"))
                                 : dealer_send(&connection->dealer, MESSAGE_HELLO,
                                               announcement_hello(link->announcement));
}

static void ready_send(struct connection *connection)
{
    struct link_worker *link = link_of(connection);
    char body[READY_BYTES_MAX + 1];
    int64_t edges = (int64_t)connection_list_welcomed(&link->connections);
    int64_t share = link->options.credit / (edges > 0 ? edges : 1);
    int64_t credit = (share > 0 ? share : 1) + (int64_t)connection->parked;
    if (!link->is_ready || link->is_draining)
        credit = 0;
    struct str ready = announcement_ready(link->announcement, credit, link->ready_every_ms, body);
    if (!dealer_send(&connection->dealer, MESSAGE_READY, ready))
        connection_forget_peer(connection);
}

static void heartbeat(struct connection *connection)
{
    struct link_worker *link = link_of(connection);
    if (connection->is_duplicate && connection->is_listed && !link->is_draining &&
        connection_list_twin(&link->connections, connection) == NULL)
        connection_open_again(connection);
    if (!connection_is_open(connection))
        return;
    if (connection->is_welcomed)
        ready_send(connection);
    else if (!connection->is_greeted ||
             clock_monotonic_ms() - connection->greeted_ms >= GREET_AGAIN_MS)
        greet(connection);
    if (link->is_draining && !connection->is_greeted)
        connection_close(connection); /* not connected: nothing can come from it */
}

static void drained_tell(struct link_worker *link)
{
    link_drained_cb *on_drained = link->on_drained;
    link->on_drained = NULL;
    loop_timer_stop(link->drain_timer);
    if (on_drained != NULL)
        on_drained(link->drained_context);
}

static void drained_check(struct link_worker *link)
{
    if (link->is_draining && link->requests.in_flight == 0 &&
        connection_list_open(&link->connections) == 0)
        drained_tell(link);
}

static void on_drain_time(void *context)
{
    struct link_worker *link = context;
    log_warning("drain.cut", LOG_I64("in_flight", link->requests.in_flight));
    drained_tell(link);
}

/* ---- what an edge says */

static void on_bye(struct connection *connection)
{
    if (link_of(connection)->is_draining || connection->resolver != NULL)
        connection_close(connection);
    else
        greet(connection); /* the edge's successor will come to the same address */
}

static void on_welcome(struct connection *connection, struct str body)
{
    struct link_worker *link = link_of(connection);
    struct arena *arena = arena_new(HELLO_BYTES_MAX);
    struct welcome_message welcome;
    if (arena == NULL || fields_from_json(&WELCOME_MESSAGE, body, arena, &welcome) != OK) {
        malformed_note(link);
        arena_free(arena);
        return;
    }
    snprintf(connection->edge, sizeof(connection->edge), "%.*s", STR_ARGS(welcome.edge));
    arena_free(arena);
    if (connection_list_twin(&link->connections, connection) != NULL) {
        log_information("link.duplicate", LOG_CSTR("endpoint", connection->endpoint));
        connection_close(connection);
        connection->is_duplicate = true;
        return;
    }
    connection->is_greeted = connection->is_welcomed = true;
    ready_send(connection);
    if (link->options.on_welcome != NULL)
        link->options.on_welcome(link->options.context);
}

bool link_worker_park(struct link_request *link_request)
{
    struct request *request = (struct request *)link_request;
    struct connection *connection = request->connection;
    struct link_worker *link = link_of(connection);
    if (request->is_parked)
        return true;
    if (link->requests.parked == REQUESTS_PARKED_MAX)
        return false;
    request->is_parked = true;
    connection->parked++;
    link->requests.parked++;
    if (connection->is_welcomed)
        ready_send(connection);
    return true;
}

void link_worker_reply(struct link_request *link_request, enum failure failure, struct str body)
{
    struct request *request = (struct request *)link_request;
    request_answer(&link_of(request->connection)->requests, request, failure, body);
}

static void request_refuse(struct connection *connection, const struct envelope *asked,
                           enum failure failure)
{
    struct envelope envelope = {
        .type = MESSAGE_REPLY,
        .subject = str_from_cstr(failure_row(failure)->name),
        .body = STR_INIT("{}"),
    };
    memcpy(envelope.request_id, asked->request_id, REQUEST_ID_BYTES);
    dealer_send_envelope(&connection->dealer, &envelope);
}

static void on_request(struct connection *connection, const struct envelope *envelope)
{
    struct link_worker *link = link_of(connection);
    if (envelope->time_ms == 0)
        return; /* its time was over on the way: nobody waits for an answer */
    struct request *request = link->requests.in_flight < REQUESTS_IN_WORKER_MAX
                                  ? request_new(&link->requests, connection, envelope)
                                  : NULL;
    if (request == NULL)
        request_refuse(connection, envelope, FAIL_OVERLOADED);
    else if (!strs_contain(link->options.operations, request->link_request.operation))
        link_worker_reply(&request->link_request, FAIL_OPERATION_UNKNOWN, STR_ABSENT);
    else
        link->options.on_request(link->options.context, &request->link_request);
}

static void message_handle(struct connection *connection, const struct envelope *envelope)
{
    connection->heard_ms = clock_monotonic_ms();
    switch (envelope->type) {
    case MESSAGE_WELCOME:
        on_welcome(connection, envelope->body);
        break;
    case MESSAGE_WHO:
        greet(connection);
        break;
    case MESSAGE_REQUEST:
        on_request(connection, envelope);
        break;
    case MESSAGE_BYE:
        on_bye(connection);
        break;
    case MESSAGE_PROBE:
        break;
    default: /* what only a worker may send */
        malformed_note(link_of(connection));
    }
}

/* Reads until nothing is left; how many messages there were. */
static int connection_receive(struct connection *connection)
{
    struct dealer *dealer = &connection->dealer;
    for (int i = 0; connection_is_open(connection); i++) {
        struct envelope_buffer buffer;
        if (i == RECEIVE_MAX_PER_TURN)
            return i;
        switch (envelope_receive(dealer->socket, false, &buffer)) {
        case ENVELOPE_RECEIVED:
            message_handle(connection, &buffer.envelope);
            envelope_buffer_finish(&buffer);
            break;
        case ENVELOPE_MALFORMED:
            malformed_note(link_of(connection));
            break;
        case ENVELOPE_NONE:
            dealer->is_stirred = false;
            return i;
        }
    }
    dealer->is_stirred = false;
    return RECEIVE_MAX_PER_TURN;
}

static void connection_turn(struct connection *connection)
{
    struct dealer *dealer = &connection->dealer;
    bool has_event = dealer->has_event;
    dealer->has_event = false;
    /* An event without a message: the edge has come, or gone. */
    if (connection_receive(connection) > 0 || !has_event)
        return;
    if (!dealer_is_connected(dealer))
        connection_forget_peer(connection);
    else if (!connection->is_greeted)
        greet(connection);
}

static void on_turn(void *context)
{
    struct link_worker *link = context;
    /* Handlers may add connections at the head and close others; nodes live until the sweep. */
    for (struct connection *at = link->connections.first; at != NULL; at = at->next)
        if (connection_is_open(at) && at->dealer.is_stirred)
            connection_turn(at);
    request_list_flush(&link->requests);
    connection_list_sweep(&link->connections);
    for (struct connection *at = link->connections.first; at != NULL; at = at->next)
        if (connection_is_open(at) && at->dealer.is_stirred)
            loop_again(link->loop);
    drained_check(link);
}

/* ---- opening */

static bool connection_add(struct link_worker *link, struct str endpoint, struct str edge_key,
                           struct resolver *resolver)
{
    if (connection_list_find(&link->connections, endpoint, edge_key) != NULL)
        return true;
    struct connection *connection = link->connections.len < EDGES_MAX
                                        ? connection_new(&link->place, endpoint, edge_key, resolver)
                                        : NULL;
    if (connection == NULL)
        return false;
    connection_list_add(&link->connections, connection);
    return true;
}

/* One for each key that the edge may have there: all but one of them come to nothing. */
static bool connections_add(struct link_worker *link, struct str endpoint,
                            struct resolver *resolver)
{
    const struct strs *keys = &link->options.edge_keys;
    bool is_added = keys->len > 0 || connection_add(link, endpoint, STR_ABSENT, resolver);
    for (size_t i = 0; i < keys->len; i++)
        is_added = connection_add(link, endpoint, keys->at[i], resolver) && is_added;
    return is_added;
}

struct name {
    struct link_worker *link;
    size_t index;
};

static void on_addresses(void *context, struct strs endpoints)
{
    struct name *name = context;
    struct link_worker *link = name->link;
    struct resolver *resolver = link->resolvers[name->index];
    for (struct connection *at = link->connections.first; at != NULL; at = at->next)
        if (at->resolver == resolver)
            at->is_listed = strs_contain(endpoints, str_from_cstr(at->endpoint));
    for (size_t i = 0; i < endpoints.len && !link->is_draining; i++)
        if (!connections_add(link, endpoints.at[i], resolver))
            log_warning("link.refused", LOG_STR("endpoint", endpoints.at[i]));
}

/* Gone from DNS, silent, and nothing in flight: only all three together mean that an edge is gone.
 */
static void silent_drop(struct link_worker *link)
{
    int64_t now_ms = clock_monotonic_ms();
    for (struct connection *at = link->connections.first; at != NULL; at = at->next)
        if (connection_is_open(at) && !at->is_listed && at->in_flight == 0 &&
            now_ms - at->heard_ms > EDGE_SILENCE_MS)
            connection_close(at);
}

/* What READY says about the next one holds until that is sent. */
static void on_ready_time(void *context)
{
    struct link_worker *link = context;
    bool are_few = connection_list_welcomed(&link->connections) <= FEW_EDGES;
    unsigned char chance;
    link->ready_every_ms = are_few ? READY_EVERY_MS : READY_EVERY_MANY_MS;
    for (struct connection *at = link->connections.first; at != NULL; at = at->next)
        heartbeat(at);
    silent_drop(link);
    random_fill(&chance, sizeof(chance));
    int64_t every_ms = link->ready_every_ms;
    loop_timer_start(link->ready_timer, every_ms * 3 / 4 + every_ms * chance / 512, 0);
}

static bool endpoint_add(struct link_worker *link, struct str endpoint)
{
    struct str host, port;
    if (!resolver_wants(endpoint, &host, &port))
        return connections_add(link, endpoint, NULL);
    struct name *name = arena_take(link->arena, sizeof(*name));
    if (name == NULL || link->resolvers_len == EDGES_MAX)
        return false;
    *name = (struct name){link, link->resolvers_len};
    link->resolvers[link->resolvers_len] = resolver_new(link->loop, host, port, on_addresses, name);
    return link->resolvers[link->resolvers_len++] != NULL;
}

static bool options_copy(struct link_worker *link, const struct link_worker_options *options)
{
    link->arena = arena_new(HELLO_BYTES_MAX);
    if (link->arena == NULL)
        return false;
    link->options = *options;
    link->options.operations = arena_dup_strs(link->arena, options->operations);
    link->options.edges = arena_dup_strs(link->arena, options->edges);
    link->options.secret_key = arena_dup(link->arena, options->secret_key);
    link->options.edge_keys = arena_dup_strs(link->arena, options->edge_keys);
    bool is_copied = link->options.operations.at != NULL && link->options.edges.at != NULL &&
                     link->options.secret_key.len == options->secret_key.len &&
                     link->options.edge_keys.len == options->edge_keys.len;
    return is_copied && link->options.edges.len > 0 && link->options.edges.len <= EDGES_MAX &&
           str_is_empty(options->secret_key) == (options->edge_keys.len == 0);
}

static bool link_start(struct link_worker *link, const struct link_worker_options *options)
{
    link->announcement = announcement_new(options->kind, options->instance, options->operations);
    link->place.loop = link->loop;
    link->place.zmq = zmq_ctx_new();
    link->place.owner = link;
    link->turn = loop_turn_new(link->loop, on_turn, link);
    link->ready_timer = loop_timer_new(link->loop, on_ready_time, link);
    link->drain_timer = loop_timer_new(link->loop, on_drain_time, link);
    if (link->announcement == NULL || link->place.zmq == NULL || link->turn == NULL ||
        link->ready_timer == NULL || link->drain_timer == NULL || !options_copy(link, options))
        return false;
    link->place.secret_key = link->options.secret_key;
    for (size_t i = 0; i < link->options.edges.len; i++) {
        if (!endpoint_add(link, link->options.edges.at[i])) {
            log_error("link.refused", LOG_STR("endpoint", link->options.edges.at[i]));
            return false;
        }
    }
    loop_timer_start(link->ready_timer, 0, 0);
    return true;
}

struct link_worker *link_worker_new(struct loop *loop, const struct link_worker_options *options)
{
    struct link_worker *link = calloc(1, sizeof(*link));
    if (link == NULL)
        return NULL;
    link->loop = loop;
    link->is_ready = true;
    link->ready_every_ms = READY_EVERY_MS;
    link->malformed_logged_ms = -1000;
    if (!link_start(link, options)) {
        link_worker_free(link);
        return NULL;
    }
    return link;
}

void link_worker_free(struct link_worker *link)
{
    if (link == NULL)
        return;
    request_list_finish(&link->requests);
    connection_list_finish(&link->connections);
    for (size_t i = 0; i < link->resolvers_len; i++)
        resolver_free(link->resolvers[i]);
    loop_turn_free(link->turn);
    loop_timer_free(link->ready_timer);
    loop_timer_free(link->drain_timer);
    if (link->place.zmq != NULL)
        zmq_ctx_term(link->place.zmq);
    announcement_free(link->announcement);
    arena_free(link->arena);
    free(link);
}

/* ---- what the worker says */

void link_worker_announce_keys(struct link_worker *link, struct str keys, struct str keys_version)
{
    announcement_set_keys(link->announcement, keys, keys_version);
    for (struct connection *at = link->connections.first; at != NULL; at = at->next)
        if (at->is_welcomed && !link->is_draining)
            dealer_send(&at->dealer, MESSAGE_HELLO, announcement_hello(link->announcement));
}

void link_worker_set_ready(struct link_worker *link, bool is_ready)
{
    if (link->is_ready == is_ready)
        return;
    link->is_ready = is_ready;
    loop_timer_start(link->ready_timer, 0, 0);
}

void link_worker_drain(struct link_worker *link, link_drained_cb *on_drained, void *context)
{
    link->is_draining = true;
    link->on_drained = on_drained;
    link->drained_context = context;
    for (struct connection *at = link->connections.first; at != NULL; at = at->next)
        if (connection_is_open(at) && !dealer_send(&at->dealer, MESSAGE_DRAINING, STR("{}")))
            connection_close(at); /* not connected: nothing can come from it */
    loop_timer_start(link->drain_timer, DRAIN_MS_MAX, 0);
    loop_again(link->loop);
}

size_t link_worker_edges(const struct link_worker *link)
{
    return connection_list_welcomed(&link->connections);
}

size_t link_worker_in_flight(const struct link_worker *link)
{
    return link->requests.in_flight;
}

size_t link_worker_malformed(const struct link_worker *link)
{
    return link->malformed;
}
