/* libh2o answers here too, so that no second HTTP parser exists. Everything but accepting is the
 * same in its two flavours; this file is compiled once for each. Every answer closes its
 * connection, and at the end those that are still open are shut down and awaited, because libh2o
 * cannot dispose of a context that has connections. */
#include "common/process/admin.h"
#include "common/process/admin_address.h"
#include "common/process/admin_listen.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 16,
    REQUEST_TIMEOUT_MS = 2000, /* so that idle connections cannot keep the probes out for long */
};

struct admin {
    struct loop *loop;
    h2o_socket_t *connections[CONNECTIONS_MAX]; /* NULL: free */
    size_t connections_len;
    h2o_globalconf_t globalconf;
    h2o_context_t context;
    h2o_accept_ctx_t accept;
    struct admin_listen *listener;
    struct admin_sources sources;
};

struct admin_handler {
    h2o_handler_t super;
    struct admin *admin;
};

struct connection {
    struct admin *admin;
    size_t index;
};

static void on_closed(void *data)
{
    struct connection *connection = data;
    connection->admin->connections[connection->index] = NULL;
    connection->admin->connections_len--;
    free(connection);
}

static void on_accept(void *context, h2o_socket_t *socket)
{
    struct admin *admin = context;
    struct connection *connection =
        admin->connections_len < CONNECTIONS_MAX ? calloc(1, sizeof(*connection)) : NULL;
    if (connection == NULL) {
        h2o_socket_close(socket);
        return;
    }
    connection->admin = admin;
    while (admin->connections[connection->index] != NULL)
        connection->index++;
    admin->connections[connection->index] = socket;
    admin->connections_len++;
    socket->on_close.cb = on_closed;
    socket->on_close.data = connection;
    h2o_accept(&admin->accept, socket);
}

/* content_type is a literal, because libh2o keeps the pointer; the body is copied. */
static void text_send(h2o_req_t *request, const char *content_type, struct str body)
{
    request->res.content_length = body.len;
    request->http1_is_persistent = 0;
    h2o_add_header(&request->pool, &request->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL,
                   content_type, strlen(content_type));
    h2o_add_header(&request->pool, &request->res.headers, H2O_TOKEN_CACHE_CONTROL, NULL,
                   H2O_STRLIT("no-store"));
    h2o_send_inline(request, body.at, body.len);
}

static int answer(h2o_req_t *request, int status, const char *reason, const char *body)
{
    request->res.status = status;
    request->res.reason = reason;
    text_send(request, "application/json", str_from_cstr(body));
    return 0;
}

static int answer_metrics(const struct admin_sources *sources, h2o_req_t *request)
{
    struct str text = metrics_write(sources->metrics, sources->metrics_len);
    if (!str_is_present(text))
        return answer(request, 503, "Service Unavailable", "{\"error\":\"server_error\"}\n");
    request->res.status = 200;
    request->res.reason = "OK";
    text_send(request, "text/plain; version=0.0.4; charset=utf-8", text);
    free((char *)(uintptr_t)text.at); /* ours, from metrics_write */
    return 0;
}

static int on_request(h2o_handler_t *super, h2o_req_t *request)
{
    struct admin *admin = ((struct admin_handler *)super)->admin;
    if (!h2o_memis(request->method.base, request->method.len, H2O_STRLIT("GET")))
        return answer(request, 405, "Method Not Allowed", "{\"error\":\"invalid_request\"}\n");
    struct str path = str_from_bytes(request->path_normalized.base, request->path_normalized.len);
    if (str_equals(path, STR("/health")))
        return answer(request, 200, "OK", "{\"status\":\"ok\"}\n");
    if (str_equals(path, STR("/metrics")))
        return answer_metrics(&admin->sources, request);
    if (!str_equals(path, STR("/ready")))
        return answer(request, 404, "Not Found", "{\"error\":\"not_found\"}\n");
    return admin->sources.is_ready()
               ? answer(request, 200, "OK", "{\"ready\":true}\n")
               : answer(request, 503, "Service Unavailable", "{\"ready\":false}\n");
}

/* A bound descriptor, or -1. */
static int address_bind(struct str address)
{
    struct addrinfo *found = admin_address_find(address);
    if (found == NULL)
        return -1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
                    bind(fd, found->ai_addr, found->ai_addrlen) != 0)) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

struct admin *admin_open(struct loop *loop, struct str listen, const struct admin_sources *sources,
                         struct str *ret_problem)
{
    int fd = address_bind(listen);
    struct admin *admin = fd >= 0 ? calloc(1, sizeof(*admin)) : NULL;
    if (admin == NULL) {
        if (fd >= 0)
            close(fd);
        *ret_problem = STR("ADMIN_LISTEN must be a free <numeric host>:<port>");
        return NULL;
    }
    admin->loop = loop;
    admin->sources = *sources;
    h2o_config_init(&admin->globalconf);
    admin->globalconf.server_name = h2o_iovec_init(H2O_STRLIT(""));
    admin->globalconf.http1.upgrade_to_http2 = 0;
    admin->globalconf.http1.req_timeout = REQUEST_TIMEOUT_MS;
    h2o_hostconf_t *host =
        h2o_config_register_host(&admin->globalconf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    h2o_pathconf_t *path = h2o_config_register_path(host, "/", 0);
    struct admin_handler *handler =
        (struct admin_handler *)h2o_create_handler(path, sizeof(*handler));
    handler->super.on_req = on_request;
    handler->admin = admin;
    h2o_context_init(&admin->context, loop_backend(loop), &admin->globalconf);
    admin->accept = (h2o_accept_ctx_t){.ctx = &admin->context, .hosts = admin->globalconf.hosts};
    admin->listener = admin_listen_new(loop, fd, on_accept, admin);
    if (admin->listener == NULL) {
        admin_close(admin);
        *ret_problem = STR("ADMIN_LISTEN names an address that another program listens on");
        return NULL;
    }
    return admin;
}

void admin_close(struct admin *admin)
{
    if (admin == NULL)
        return;
    admin_listen_free(admin->listener);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        if (admin->connections[i] != NULL)
            shutdown(h2o_socket_get_fd(admin->connections[i]), SHUT_RDWR);
    while (admin->connections_len > 0)
        loop_run_turn(admin->loop);
    admin_context_finish(&admin->context);
    h2o_config_dispose(&admin->globalconf);
    free(admin);
}
