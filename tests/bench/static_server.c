/* The floor of every endpoint: libh2o's evloop answers 400 bytes of JSON and nothing else happens.
 *
 *     static_server PORT */
#include <arpa/inet.h>
#include <h2o.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static h2o_globalconf_t config;
static h2o_context_t context;
static h2o_accept_ctx_t accept_context = {.ctx = &context};

static int on_request(h2o_handler_t *handler, h2o_req_t *request)
{
    static char body[400];
    static h2o_generator_t generator = {NULL, NULL};
    h2o_iovec_t answer = h2o_iovec_init(body, sizeof(body));
    (void)handler;
    memset(body, ' ', sizeof(body));
    request->res.status = 200;
    request->res.reason = "OK";
    request->res.content_length = sizeof(body);
    h2o_add_header(&request->pool, &request->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL,
                   H2O_STRLIT("application/json"));
    h2o_start_response(request, &generator);
    h2o_send(request, &answer, 1, H2O_SEND_STATE_FINAL);
    return 0;
}

static void on_accept(h2o_socket_t *listener, const char *error)
{
    h2o_socket_t *socket = error == NULL ? h2o_evloop_socket_accept(listener) : NULL;
    if (socket != NULL)
        h2o_accept(&accept_context, socket);
}

int main(int argc, char **argv)
{
    const int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (argc != 2) {
        fprintf(stderr, "usage: static_server PORT\n");
        return 2;
    }
    address.sin_port = htons((uint16_t)strtol(argv[1], NULL, 10));
    h2o_config_init(&config);
    h2o_hostconf_t *host =
        h2o_config_register_host(&config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    h2o_pathconf_t *path = h2o_config_register_path(host, "/", 0);
    h2o_create_handler(path, sizeof(h2o_handler_t))->on_req = on_request;
    h2o_context_init(&context, h2o_evloop_create(), &config);
    accept_context.hosts = config.hosts;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 1024) != 0)
        return 1;
    h2o_socket_t *listener = h2o_evloop_socket_create(context.loop, fd, H2O_SOCKET_FLAG_DONT_READ);
    h2o_socket_read_start(listener, on_accept);
    printf("listening\n");
    fflush(stdout);
    while (h2o_evloop_run(context.loop, INT32_MAX) == 0)
        ;
    return 1;
}
