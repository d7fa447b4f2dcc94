/* One DEALER per edge. ZMQ_IMMEDIATE: nothing waits in a pipe that leads nowhere, so that an edge
 * that comes back is greeted by a HELLO and not by a backlog of old heartbeats. */
#include "proto/link_worker.h"
#include "common/base/clock.h"
#include "common/base/hex.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "proto/control.h"
#include "proto/dealer.h"
#include "proto/envelope.h"
#include "proto/resolver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    READY_EVERY_MS = 200,
    READY_EVERY_MANY_MS = 1000, /* with more than FEW_EDGES */
    FEW_EDGES = 8,
    GREET_EVERY_MS = 20, /* while an edge has not been greeted */
    EDGE_SILENCE_MS = 5000,
    DRAIN_MS_MAX = 20000,
    RECEIVE_MAX_PER_TURN = 64,
};

struct connection {
    struct link_worker *link;
    struct connection *next;
    char *endpoint;
    struct dealer dealer; /* when closed, the connection waits for its requests to be answered */
    struct resolver *resolver; /* which found it; NULL: named in the configuration */
    bool is_listed;            /* in the resolver's last answer */
    bool is_greeted;
    bool is_welcomed;
    bool has_left; /* BYE */
    char edge[NAME_BYTES_MAX];
    int64_t heard_ms;
    size_t in_flight;
};

struct request {
    struct link_request link_request;
    struct connection *connection;
    struct request *previous, *next;
    unsigned char id[REQUEST_ID_BYTES];
};

struct link_worker {
    struct loop *loop;
    void *zmq;
    struct arena *arena;  /* copies of the options */
    struct arena *bodies; /* HELLO and READY as sent; made anew when they change */
    struct link_worker_options options;
    struct str keys, keys_version; /* heap */
    struct str hello;
    struct connection *connections;
    struct request *requests;
    size_t in_flight;
    struct resolver *resolvers[EDGES_MAX];
    size_t resolvers_len;
    struct loop_turn *turn;
    struct loop_timer *ready_timer;
    struct loop_timer *drain_timer;
    bool is_ready;
    bool is_draining;
    link_drained_cb *on_drained;
    void *drained_context;
    int64_t malformed_logged_ms;
};

static void malformed_note(struct link_worker *link)
{
    int64_t now_ms = clock_monotonic_ms();
    if (now_ms - link->malformed_logged_ms < 1000)
        return;
    link->malformed_logged_ms = now_ms;
    log_warning("message.malformed", LOG_CSTR("from", "edge"));
}

static struct str hello_body(struct link_worker *link)
{
    if (str_is_present(link->hello))
        return link->hello;
    const struct hello_message hello = {
        .kind = link->options.kind,
        .instance = link->options.instance,
        .release = STR(MCP_OAUTH_RELEASE),
        .operations = link->options.operations,
        .keys = link->keys,
        .keys_version = link->keys_version,
    };
    arena_free(link->bodies);
    link->bodies = arena_new(4 * HELLO_BYTES_MAX);
    if (link->bodies == NULL ||
        fields_to_json(&HELLO_MESSAGE, &hello, link->bodies, &link->hello) != OK)
        link->hello = STR_ABSENT;
    return link->hello;
}

static void greet(struct connection *connection)
{
    struct str body = hello_body(connection->link);
    if (str_is_present(body) && dealer_send(&connection->dealer, MESSAGE_HELLO, body))
        connection->is_greeted = true;
}

static size_t connections_open(const struct link_worker *link)
{
    size_t len = 0;
    for (const struct connection *at = link->connections; at != NULL; at = at->next)
        len += at->dealer.socket != NULL && at->is_greeted && !at->has_left;
    return len;
}

static int64_t ready_every_ms(const struct link_worker *link)
{
    return connections_open(link) > FEW_EDGES ? READY_EVERY_MANY_MS : READY_EVERY_MS;
}

/* Written by hand, because everyone sends it five times a second: at most READY_BYTES_MAX. */
static void ready_send(struct connection *connection)
{
    struct link_worker *link = connection->link;
    char body[READY_BYTES_MAX + 1];
    size_t edges = connections_open(link);
    int64_t share = link->options.credit / (int64_t)(edges > 0 ? edges : 1);
    int64_t credit = !link->is_ready || link->is_draining ? 0 : share > 0 ? share : 1;
    int len = snprintf(
        body, sizeof(body), "{\"credit\":%d,\"every_ms\":%d,\"keys_version\":\"%.16s\"}",
        (int)credit, (int)ready_every_ms(link), link->keys_version.at ? link->keys_version.at : "");
    if (!dealer_send(&connection->dealer, MESSAGE_READY, str_from_bytes(body, (size_t)len)))
        connection->is_greeted = false; /* disconnected: greet the edge when it is back */
}

static void connection_heartbeat(struct connection *connection)
{
    if (connection->dealer.socket == NULL || connection->has_left)
        return;
    if (!connection->is_greeted)
        greet(connection);
    if (connection->is_greeted)
        ready_send(connection);
}

/* ---- closing */

static void connection_close(struct connection *connection)
{
    dealer_close(&connection->dealer);
    connection->is_welcomed = false;
}

static void connection_free(struct connection *connection)
{
    connection_close(connection);
    free(connection->endpoint);
    free(connection);
}

/* Releases closed connections that nothing waits for. */
static void connections_sweep(struct link_worker *link)
{
    for (struct connection **at = &link->connections; *at != NULL;) {
        struct connection *connection = *at;
        if (connection->dealer.socket == NULL && connection->in_flight == 0) {
            *at = connection->next;
            connection_free(connection);
        } else {
            at = &connection->next;
        }
    }
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
    if (link->is_draining && link->in_flight == 0 && connections_open(link) == 0)
        drained_tell(link);
}

static void on_drain_time(void *context)
{
    struct link_worker *link = context;
    log_warning("drain.cut", LOG_I64("in_flight", link->in_flight));
    drained_tell(link);
}

/* ---- what an edge says */

static void on_bye(struct connection *connection)
{
    connection->is_welcomed = false;
    if (connection->link->is_draining || connection->resolver != NULL) {
        connection->has_left = true;
        connection_close(connection);
    } else {
        /* Its successor will come to the same address. */
        connection->is_greeted = false;
    }
}

static void on_welcome(struct connection *connection, struct str body)
{
    struct link_worker *link = connection->link;
    struct arena *arena = arena_new(HELLO_BYTES_MAX);
    struct welcome_message welcome;
    if (arena == NULL || fields_from_json(&WELCOME_MESSAGE, body, arena, &welcome) != OK) {
        malformed_note(link);
        arena_free(arena);
        return;
    }
    snprintf(connection->edge, sizeof(connection->edge), "%.*s", STR_ARGS(welcome.edge));
    arena_free(arena);
    for (struct connection *other = link->connections; other != NULL; other = other->next) {
        if (other != connection && other->is_welcomed &&
            strcmp(other->edge, connection->edge) == 0) {
            log_information("link.duplicate", LOG_CSTR("endpoint", connection->endpoint));
            connection->has_left = true;
            connection_close(connection);
            return;
        }
    }
    connection->is_welcomed = true;
    ready_send(connection);
    if (link->options.on_welcome != NULL)
        link->options.on_welcome(link->options.context);
}

static void request_free(struct request *request)
{
    struct link_worker *link = request->connection->link;
    if (request->previous != NULL)
        request->previous->next = request->next;
    else
        link->requests = request->next;
    if (request->next != NULL)
        request->next->previous = request->previous;
    request->connection->in_flight--;
    link->in_flight--;
    arena_free(request->link_request.arena); /* the request itself lies in it */
}

static struct request *request_new(struct connection *connection, const struct envelope *envelope)
{
    struct link_worker *link = connection->link;
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    struct request *request = arena != NULL ? arena_take(arena, sizeof(*request)) : NULL;
    if (request == NULL) {
        arena_free(arena);
        return NULL;
    }
    memcpy(request->id, envelope->request_id, REQUEST_ID_BYTES);
    request->connection = connection;
    request->link_request = (struct link_request){
        .operation = arena_printf(arena, "%.*s/%u", STR_ARGS(envelope->subject),
                                  envelope->operation_version),
        .request_id = hex_encode(arena, str_from_bytes(envelope->request_id, REQUEST_ID_BYTES)),
        .traceparent = arena_dup(arena, envelope->traceparent),
        .body = arena_dup(arena, envelope->body),
        .deadline_ms = clock_monotonic_ms() + envelope->budget_ms,
        .arena = arena,
    };
    request->next = link->requests;
    if (link->requests != NULL)
        link->requests->previous = request;
    link->requests = request;
    connection->in_flight++;
    link->in_flight++;
    return request;
}

static void on_request(struct connection *connection, const struct envelope *envelope)
{
    struct link_worker *link = connection->link;
    if (envelope->budget_ms == 0)
        return; /* its time was over on the way: nobody waits for an answer */
    struct request *request = request_new(connection, envelope);
    if (request == NULL)
        return;
    if (!strs_contain(link->options.operations, request->link_request.operation))
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
        connection->is_greeted = false;
        connection_heartbeat(connection);
        break;
    case MESSAGE_REQUEST:
        on_request(connection, envelope);
        break;
    case MESSAGE_BYE:
        on_bye(connection);
        break;
    case MESSAGE_PROBE:
        break;
    default:
        malformed_note(connection->link);
    }
}

static void connection_drain_socket(struct connection *connection)
{
    struct link_worker *link = connection->link;
    for (int i = 0; connection->dealer.socket != NULL && envelope_waits(connection->dealer.socket);
         i++) {
        struct envelope_buffer buffer;
        if (i == RECEIVE_MAX_PER_TURN) {
            loop_again(link->loop);
            return;
        }
        switch (envelope_receive(connection->dealer.socket, false, &buffer)) {
        case ENVELOPE_RECEIVED:
            message_handle(connection, &buffer.envelope);
            envelope_buffer_finish(&buffer);
            break;
        case ENVELOPE_MALFORMED:
            malformed_note(link);
            break;
        case ENVELOPE_NONE:
            return;
        }
    }
}

static void on_turn(void *context)
{
    struct link_worker *link = context;
    /* Handlers may add connections at the head and close others; nodes live until the sweep. */
    for (struct connection *at = link->connections; at != NULL; at = at->next)
        connection_drain_socket(at);
    connections_sweep(link);
    drained_check(link);
}

/* ---- opening */

static bool connection_add(struct link_worker *link, struct str endpoint, struct resolver *resolver)
{
    struct connection *connection = calloc(1, sizeof(*connection));
    if (connection == NULL)
        return false;
    connection->link = link;
    connection->resolver = resolver;
    connection->is_listed = true;
    connection->heard_ms = clock_monotonic_ms();
    connection->endpoint = strndup(endpoint.at, endpoint.len);
    const struct dealer_keys keys = {link->options.secret_key, link->options.edge_key};
    if (connection->endpoint == NULL ||
        !dealer_open(&connection->dealer, link->loop, link->zmq, connection->endpoint, &keys)) {
        connection_free(connection);
        return false;
    }
    connection->next = link->connections;
    link->connections = connection;
    return true;
}

static struct connection *connection_of(struct link_worker *link, struct str endpoint)
{
    for (struct connection *at = link->connections; at != NULL; at = at->next)
        if (at->dealer.socket != NULL && str_equals_cstr(endpoint, at->endpoint))
            return at;
    return NULL;
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
    for (struct connection *at = link->connections; at != NULL; at = at->next)
        if (at->resolver == resolver)
            at->is_listed = strs_contain(endpoints, str_from_cstr(at->endpoint));
    for (size_t i = 0; i < endpoints.len && !link->is_draining; i++)
        if (connection_of(link, endpoints.at[i]) == NULL)
            connection_add(link, endpoints.at[i], resolver);
    loop_timer_start(link->ready_timer, 0, 0);
}

/* Gone from DNS, silent, and nothing in flight: only all three together mean that an edge is gone.
 */
static void silent_drop(struct link_worker *link)
{
    int64_t now_ms = clock_monotonic_ms();
    for (struct connection *at = link->connections; at != NULL; at = at->next)
        if (at->dealer.socket != NULL && at->resolver != NULL && !at->is_listed &&
            at->in_flight == 0 && now_ms - at->heard_ms > EDGE_SILENCE_MS)
            connection_close(at);
}

static void on_ready_time(void *context)
{
    struct link_worker *link = context;
    bool all_greeted = true;
    unsigned char chance;
    for (struct connection *at = link->connections; at != NULL; at = at->next) {
        connection_heartbeat(at);
        all_greeted = all_greeted && (at->is_greeted || at->has_left || at->dealer.socket == NULL);
    }
    silent_drop(link);
    random_fill(&chance, sizeof(chance));
    int64_t every_ms = all_greeted ? ready_every_ms(link) : GREET_EVERY_MS;
    loop_timer_start(link->ready_timer, every_ms * 3 / 4 + every_ms * chance / 512, 0);
}

static bool endpoint_add(struct link_worker *link, struct str endpoint)
{
    struct str host, port;
    if (!resolver_wants(endpoint, &host, &port))
        return connection_add(link, endpoint, NULL);
    struct name *name = arena_take(link->arena, sizeof(*name));
    if (name == NULL || link->resolvers_len == EDGES_MAX)
        return false;
    *name = (struct name){link, link->resolvers_len};
    link->resolvers[link->resolvers_len] = resolver_new(link->loop, host, port, on_addresses, name);
    return link->resolvers[link->resolvers_len++] != NULL;
}

static struct strs list_dup(struct arena *arena, struct strs list)
{
    struct strs copy = {.at = arena_take_array(arena, list.len + 1, sizeof(*copy.at))};
    for (; copy.at != NULL && copy.len < list.len; copy.len++)
        copy.at[copy.len] = arena_dup(arena, list.at[copy.len]);
    return copy;
}

static bool options_copy(struct link_worker *link, const struct link_worker_options *options)
{
    link->arena = arena_new(HELLO_BYTES_MAX);
    if (link->arena == NULL)
        return false;
    link->options = *options;
    link->options.kind = arena_dup(link->arena, options->kind);
    link->options.instance = arena_dup(link->arena, options->instance);
    link->options.operations = list_dup(link->arena, options->operations);
    link->options.edges = list_dup(link->arena, options->edges);
    link->options.secret_key = arena_dup(link->arena, options->secret_key);
    link->options.edge_key = arena_dup(link->arena, options->edge_key);
    return link->options.operations.len == options->operations.len && link->options.edges.len > 0 &&
           link->options.edges.len <= EDGES_MAX &&
           str_is_empty(options->secret_key) == str_is_empty(options->edge_key);
}

static bool link_start(struct link_worker *link, const struct link_worker_options *options)
{
    link->zmq = zmq_ctx_new();
    link->turn = loop_turn_new(link->loop, on_turn, link);
    link->ready_timer = loop_timer_new(link->loop, on_ready_time, link);
    link->drain_timer = loop_timer_new(link->loop, on_drain_time, link);
    if (link->zmq == NULL || link->turn == NULL || link->ready_timer == NULL ||
        link->drain_timer == NULL || !options_copy(link, options))
        return false;
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
    while (link->requests != NULL)
        request_free(link->requests);
    for (struct connection *at = link->connections, *next; at != NULL; at = next) {
        next = at->next;
        connection_free(at);
    }
    for (size_t i = 0; i < link->resolvers_len; i++)
        resolver_free(link->resolvers[i]);
    loop_turn_free(link->turn);
    loop_timer_free(link->ready_timer);
    loop_timer_free(link->drain_timer);
    if (link->zmq != NULL)
        zmq_ctx_term(link->zmq);
    arena_free(link->arena);
    arena_free(link->bodies);
    free(link);
}

/* ---- what the worker says */

void link_worker_announce_keys(struct link_worker *link, struct str keys, struct str keys_version)
{
    struct arena *arena = link->arena;
    link->keys = arena_dup(arena, keys);
    link->keys_version = arena_dup(arena, keys_version);
    link->hello = STR_ABSENT;
    for (struct connection *at = link->connections; at != NULL; at = at->next)
        at->is_greeted = false;
    loop_timer_start(link->ready_timer, 0, 0);
}

void link_worker_set_ready(struct link_worker *link, bool is_ready)
{
    if (link->is_ready == is_ready)
        return;
    link->is_ready = is_ready;
    loop_timer_start(link->ready_timer, 0, 0);
}

void link_worker_reply(struct link_request *link_request, enum failure failure, struct str body)
{
    struct request *request = (struct request *)link_request;
    struct envelope envelope = {
        .type = MESSAGE_REPLY,
        .subject = str_from_cstr(failure_row(failure)->name),
        .body = str_is_present(body) ? body : STR("{}"),
    };
    memcpy(envelope.request_id, request->id, REQUEST_ID_BYTES);
    /* An edge that is gone has nobody waiting. */
    if (request->connection->dealer.socket != NULL)
        envelope_send(request->connection->dealer.socket, STR_ABSENT, &envelope);
    request_free(request);
}

void link_worker_drain(struct link_worker *link, link_drained_cb *on_drained, void *context)
{
    link->is_draining = true;
    link->on_drained = on_drained;
    link->drained_context = context;
    for (struct connection *at = link->connections; at != NULL; at = at->next)
        if (!dealer_send(&at->dealer, MESSAGE_DRAINING, STR("{}")))
            connection_close(at); /* not connected: nothing can come from it */
    loop_timer_start(link->drain_timer, DRAIN_MS_MAX, 0);
    loop_again(link->loop);
}

size_t link_worker_edges(const struct link_worker *link)
{
    size_t len = 0;
    for (const struct connection *at = link->connections; at != NULL; at = at->next)
        len += at->is_welcomed;
    return len;
}

size_t link_worker_in_flight(const struct link_worker *link)
{
    return link->in_flight;
}
