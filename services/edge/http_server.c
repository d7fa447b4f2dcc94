/* Connections are counted and listed here, because libh2o bounds neither their number nor the time
 * and size of a head, follows the wall clock, and cannot be disposed of while one is open. A
 * connection is only ever shut down, never closed under libh2o, which then closes it by itself. */
#include "services/edge/http_server.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "services/edge/edge_metrics.h"
#include "services/edge/http_dispatch.h"
#include "services/edge/http_listen.h"
#include "services/edge/http_patience.h"
#include "services/edge/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SWEEP_EVERY_MS = 250,
    SWEEP_DRAINING_EVERY_MS = 20,
    ACCEPT_AGAIN_MS = 100,
    ACCEPTS_PER_EVENT_MAX = 16,
    /* libh2o's own timeout would follow a step of the wall clock: http_patience.h decides. */
    H2O_TIMEOUT_MS = 7 * 24 * 3600 * 1000,
    HEAD_INPUT_BYTES_MAX = 24 * 1024,
    /* Somewhat more than an endpoint takes, so that it can refuse with its own form. */
    BODY_INPUT_BYTES_MAX = 2 * HTTP_BODY_BYTES_MAX,
    DRAIN_MS_MAX = 20 * 1000,
    /* A request may already be on its way on a connection that looks idle. */
    DRAIN_IDLE_MS = 250,
    END_MS_MAX = 2 * 1000,
    FILES_RESERVED = 64, /* for the link, the logs and the loop */
    FILES_FEW = 2 * FILES_RESERVED,
};

struct connection {
    struct connection *previous, *next;
    struct http_server *server;
    h2o_socket_t *socket;
    struct http_patience patience;
};

struct http_server {
    struct edge *edge;
    h2o_globalconf_t globalconf;
    h2o_context_t context;
    h2o_accept_ctx_t accept;
    h2o_socket_t *listeners[HTTP_LISTENERS_MAX];
    size_t listeners_len;
    struct connection *connections;
    size_t connections_len;
    size_t connections_max;
    size_t unread_bytes; /* found by the last sweep */
    size_t unread_bytes_found;
    struct http_awake awake;
    bool sweep_ends;   /* who has had the time that patience gives, or is idle at the end */
    bool is_accepting; /* the listeners are read */
    struct loop_timer *sweep;
    struct loop_timer *accept_again;
    struct loop_timer *stop_accepting;
    int64_t drain_began_ms; /* 0: accepts */
    void (*on_drained)(void *context);
    void *context_of_drained;
};

static void on_listener(h2o_socket_t *listener, const char *error);

static void accepting_set(struct http_server *server, bool is_accepting)
{
    if (server->is_accepting == is_accepting)
        return;
    server->is_accepting = is_accepting;
    for (size_t i = 0; i < server->listeners_len; i++) {
        if (is_accepting)
            h2o_socket_read_start(server->listeners[i], on_listener);
        else
            h2o_socket_read_stop(server->listeners[i]);
    }
}

static void on_connection_close(void *data)
{
    struct connection *connection = data;
    struct http_server *server = connection->server;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    free(connection);
    server->connections_len--;
    if (server->listeners_len > 0 && server->connections_len < server->connections_max)
        accepting_set(server, true);
}

static bool connection_add(struct http_server *server, h2o_socket_t *socket)
{
    struct connection *connection = calloc(1, sizeof(*connection));
    if (connection == NULL)
        return false;
    *connection =
        (struct connection){.next = server->connections, .server = server, .socket = socket};
    if (connection->next != NULL)
        connection->next->previous = connection;
    server->connections = connection;
    server->connections_len++;
    edge_metrics_count_connection();
    socket->on_close.cb = on_connection_close;
    socket->on_close.data = connection;
    return true;
}

/* False when nothing is left to accept, or nothing may be. */
static bool accept_one(struct http_server *server, h2o_socket_t *listener)
{
    if (server->connections_len >= server->connections_max) {
        accepting_set(server, false);
        return false;
    }
    errno = 0;
    h2o_socket_t *socket = h2o_evloop_socket_accept(listener);
    if (socket == NULL) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            accepting_set(server, false); /* else the loop would spin */
            loop_timer_start(server->accept_again, ACCEPT_AGAIN_MS, 0);
        }
        return false;
    }
    if (connection_add(server, socket))
        h2o_accept(&server->accept, socket);
    else
        h2o_socket_close(socket);
    return true;
}

static void on_listener(h2o_socket_t *listener, const char *error)
{
    struct http_server *server = listener->data;
    for (int i = 0; error == NULL && i < ACCEPTS_PER_EVENT_MAX; i++)
        if (!accept_one(server, listener))
            return;
}

static void on_accept_again(void *context)
{
    struct http_server *server = context;
    accepting_set(server, server->listeners_len > 0);
}

/* version is 0 until the head is read, processed_at until the whole request is. */
static enum http_phase phase_of(const h2o_req_t *request, size_t input_bytes)
{
    if (request->version == 0)
        return input_bytes == 0 ? HTTP_IDLE : HTTP_HEAD;
    if (request->processed_at.at.tv_sec == 0)
        return HTTP_BODY;
    return request->timestamps.response_start_at.tv_sec == 0 ? HTTP_ANSWER : HTTP_WRITE;
}

/* A request that stands in the kernel, and was not read yet. */
static bool has_come(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static int sweep_request(h2o_req_t *request, void *data)
{
    struct http_server *server = data;
    h2o_socket_t *socket = request->conn->callbacks->get_socket(request->conn);
    struct connection *connection = socket->on_close.data;
    enum http_phase phase = phase_of(request, socket->input->size);
    const struct http_load load = {
        .connections = server->connections_len,
        .connections_max = server->connections_max,
        .unread_bytes = server->unread_bytes,
        .unread_bytes_max = HTTP_UNREAD_BYTES_MAX,
    };
    int64_t now_ms = server->awake.time_ms;
    http_patience_look(&connection->patience, phase, socket->bytes_written, now_ms);
    if (phase == HTTP_HEAD || phase == HTTP_BODY)
        server->unread_bytes_found += socket->input->size;
    bool is_ending = server->drain_began_ms != 0 &&
                     clock_monotonic_ms() - server->drain_began_ms > DRAIN_IDLE_MS;
    bool is_over = (phase == HTTP_HEAD && socket->input->size > HEAD_INPUT_BYTES_MAX) ||
                   (phase == HTTP_IDLE && is_ending) ||
                   http_patience_is_over(&connection->patience, &load, now_ms);
    int fd = h2o_socket_get_fd(socket);
    if (server->sweep_ends && is_over && !(phase == HTTP_IDLE && has_come(fd)))
        shutdown(fd, SHUT_RDWR);
    return 0;
}

static void on_sweep(void *context)
{
    struct http_server *server = context;
    bool is_draining = server->drain_began_ms != 0;
    server->sweep_ends = http_awake_look(&server->awake, clock_monotonic_ms());
    server->unread_bytes_found = 0;
    server->globalconf.http1.callbacks.foreach_request(&server->context, sweep_request, server);
    server->unread_bytes = server->unread_bytes_found;
    if (!is_draining || server->on_drained == NULL)
        return;
    if (server->connections_len > 0 && clock_monotonic_ms() - server->drain_began_ms < DRAIN_MS_MAX)
        return;
    void (*on_drained)(void *context) = server->on_drained;
    server->on_drained = NULL;
    on_drained(server->context_of_drained);
}

/* Whoever has connected already is still served. */
static void on_stop_accepting(void *context)
{
    struct http_server *server = context;
    for (size_t i = 0; i < server->listeners_len; i++)
        while (accept_one(server, server->listeners[i]))
            continue;
    while (server->listeners_len > 0)
        h2o_socket_close(server->listeners[--server->listeners_len]);
    loop_timer_stop(server->accept_again);
    h2o_context_request_shutdown(&server->context);
    server->drain_began_ms = clock_monotonic_ms();
    loop_timer_start(server->sweep, 0, SWEEP_DRAINING_EVERY_MS);
}

void http_server_drain(struct http_server *server, int64_t delay_ms,
                       void (*on_drained)(void *context), void *context)
{
    server->on_drained = on_drained;
    server->context_of_drained = context;
    loop_timer_start(server->stop_accepting, delay_ms, 0);
}

/* Below the limit on open files, which is raised as far as it may be. */
static size_t connections_max(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return HTTP_CONNECTIONS_MAX;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur <= FILES_FEW)
        return FILES_RESERVED;
    rlim_t room = files.rlim_cur - FILES_RESERVED;
    return room < HTTP_CONNECTIONS_MAX ? (size_t)room : HTTP_CONNECTIONS_MAX;
}

static bool is_tls_wanted(const struct edge_config *config)
{
    return !str_is_empty(config->tls_certificate_file) || !str_is_empty(config->tls_key_file);
}

bool http_server_reload_tls(struct http_server *server, struct str *ret_problem)
{
    const struct edge_config *config = server->edge->config;
    if (!is_tls_wanted(config))
        return true;
    SSL_CTX *tls = tls_open(config->tls_certificate_file, config->tls_key_file, ret_problem);
    if (tls == NULL)
        return false;
    SSL_CTX_free(server->accept.ssl_ctx);
    server->accept.ssl_ctx = tls;
    return true;
}

static void h2o_open(struct http_server *server)
{
    h2o_config_init(&server->globalconf);
    server->globalconf.server_name = h2o_iovec_init(H2O_STRLIT("")); /* no Server header */
    server->globalconf.http1.upgrade_to_http2 = 0;
    /* There is no HTTP/2, and its part of a shutdown leaves a timer behind. */
    server->globalconf.http2.callbacks.request_shutdown = NULL;
    server->globalconf.http1.req_timeout = H2O_TIMEOUT_MS;
    server->globalconf.max_request_entity_size = BODY_INPUT_BYTES_MAX;
    h2o_hostconf_t *host =
        h2o_config_register_host(&server->globalconf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    http_dispatch_install(host, server->edge);
    h2o_context_init(&server->context, loop_backend(server->edge->loop), &server->globalconf);
    server->accept = (h2o_accept_ctx_t){.ctx = &server->context, .hosts = server->globalconf.hosts};
}

static bool listeners_open(struct http_server *server, struct str *ret_problem)
{
    int fds[HTTP_LISTENERS_MAX];
    size_t len = 0;
    if (!http_listen_inherit(fds, &len)) {
        *ret_problem = STR("LISTEN_FDS must hand over at most 16 listening TCP sockets; name them "
                           "as ListenStream in the socket unit");
        return false;
    }
    if (len == 0 && !http_listen_open(server->edge->config->listen, fds, &len)) {
        *ret_problem = STR("LISTEN must list free addresses, each as host:port");
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        server->listeners[i] = h2o_evloop_socket_create(loop_backend(server->edge->loop), fds[i],
                                                        H2O_SOCKET_FLAG_DONT_READ);
        server->listeners[i]->data = server;
    }
    server->listeners_len = len;
    accepting_set(server, true);
    return true;
}

struct http_server *http_server_new(struct edge *edge, bool listens, struct str *ret_problem)
{
    struct http_server *server = calloc(1, sizeof(*server));
    if (server == NULL) {
        *ret_problem = STR("there is not enough memory to start");
        return NULL;
    }
    server->edge = edge;
    server->connections_max = connections_max();
    h2o_open(server);
    server->sweep = loop_timer_new(edge->loop, on_sweep, server);
    server->accept_again = loop_timer_new(edge->loop, on_accept_again, server);
    server->stop_accepting = loop_timer_new(edge->loop, on_stop_accepting, server);
    *ret_problem = STR("there is not enough memory to start");
    if (server->sweep == NULL || server->accept_again == NULL || server->stop_accepting == NULL ||
        !http_server_reload_tls(server, ret_problem) ||
        (listens && !listeners_open(server, ret_problem))) {
        http_server_free(server);
        return NULL;
    }
    loop_timer_start(server->sweep, SWEEP_EVERY_MS, SWEEP_EVERY_MS);
    return server;
}

static void h2o_close(struct http_server *server)
{
    /* libh2o 2.2.5 closes this queue's descriptors and leaves its memory. */
    h2o_multithread_queue_t *queue = server->context.queue;
    h2o_context_dispose(&server->context);
    free(queue);
    h2o_config_dispose(&server->globalconf);
}

void http_server_free(struct http_server *server)
{
    if (server == NULL)
        return;
    while (server->listeners_len > 0)
        h2o_socket_close(server->listeners[--server->listeners_len]);
    loop_timer_free(server->accept_again);
    loop_timer_free(server->stop_accepting);
    loop_timer_free(server->sweep);
    int64_t end_ms = clock_monotonic_ms() + END_MS_MAX;
    for (struct connection *at = server->connections; at != NULL; at = at->next)
        shutdown(h2o_socket_get_fd(at->socket), SHUT_RDWR);
    while (server->connections_len > 0 && clock_monotonic_ms() < end_ms) {
        loop_again(server->edge->loop);
        loop_run_turn(server->edge->loop);
    }
    if (server->connections_len > 0)
        return; /* the process ends; libh2o cannot be disposed of under a connection */
    h2o_close(server);
    SSL_CTX_free(server->accept.ssl_ctx);
    free(server);
}

size_t http_server_connections(const struct http_server *server)
{
    return server->connections_len;
}

size_t http_server_connections_max(const struct http_server *server)
{
    return server->connections_max;
}

int http_server_port(const struct http_server *server)
{
    struct sockaddr_in6 address = {0}; /* the port stands at the same place in IPv4's */
    socklen_t len = sizeof(address);
    if (server->listeners_len == 0 || getsockname(h2o_socket_get_fd(server->listeners[0]),
                                                  (struct sockaddr *)&address, &len) != 0)
        return 0;
    return ntohs(address.sin6_port);
}
