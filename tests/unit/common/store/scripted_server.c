/* Commands come as arrays of bulk strings (RESP2), whole in one read or in pieces. */
#include "tests/unit/common/store/scripted_server.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { PEERS_MAX = 64, BYTES_MAX = 16384 };

struct peer {
    struct scripted_server *server;
    struct loop_watch *watch;
    int fd;
    size_t len;
    char bytes[BYTES_MAX + 1];
};

struct scripted_server {
    struct loop *loop;
    struct loop_watch *watch;
    int fd, port;
    scripted_answer_fn *answer;
    void *context;
    struct peer *peers[PEERS_MAX];
};

static void peer_end(struct peer *peer)
{
    for (size_t i = 0; i < PEERS_MAX; i++)
        if (peer->server->peers[i] == peer)
            peer->server->peers[i] = NULL;
    loop_watch_free(peer->watch);
    close(peer->fd);
    free(peer);
}

/* The next whole command as a line; its length in bytes, 0 when it has not come whole. */
static size_t command_read(const struct peer *peer, char line[static BYTES_MAX])
{
    const char *at = peer->bytes;
    char *end;
    size_t line_len = 0;
    if (*at != '*' || strstr(at, "\r\n") == NULL)
        return 0;
    long words = strtol(at + 1, &end, 10);
    at = end + 2;
    for (long i = 0; i < words; i++) {
        if (*at != '$' || strstr(at, "\r\n") == NULL)
            return 0;
        size_t len = (size_t)strtol(at + 1, &end, 10);
        at = end + 2;
        if (at + len + 2 > peer->bytes + peer->len)
            return 0;
        line_len += (size_t)snprintf(line + line_len, BYTES_MAX - line_len, "%s%.*s",
                                     i > 0 ? " " : "", (int)len, at);
        at += len + 2;
    }
    return (size_t)(at - peer->bytes);
}

static void on_peer(void *context, int fd, unsigned events)
{
    (void)events;
    struct peer *peer = context;
    ssize_t len = recv(fd, peer->bytes + peer->len, BYTES_MAX - peer->len, 0);
    if (len <= 0) {
        peer_end(peer);
        return;
    }
    peer->len += (size_t)len;
    peer->bytes[peer->len] = '\0';
    static char line[BYTES_MAX];
    size_t taken;
    while ((taken = command_read(peer, line)) > 0) {
        memmove(peer->bytes, peer->bytes + taken, peer->len - taken + 1);
        peer->len -= taken;
        const char *answer = peer->server->answer(peer->server->context, line);
        if (answer == NULL) {
            peer_end(peer);
            return;
        }
        assert_int_equal(send(fd, answer, strlen(answer), MSG_NOSIGNAL), strlen(answer));
    }
}

static void on_accept(void *context, int fd, unsigned events)
{
    (void)events;
    struct scripted_server *server = context;
    struct peer *peer = calloc(1, sizeof(*peer));
    assert_non_null(peer);
    peer->server = server;
    peer->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    assert_true(peer->fd >= 0);
    size_t i = 0;
    while (i < PEERS_MAX && server->peers[i] != NULL)
        i++;
    assert_true(i < PEERS_MAX);
    server->peers[i] = peer;
    peer->watch = loop_watch_new(server->loop, peer->fd, on_peer, peer);
    loop_watch_set(peer->watch, LOOP_READABLE);
}

struct scripted_server *scripted_server_start(struct loop *loop, scripted_answer_fn *answer,
                                              void *context)
{
    struct scripted_server *server = calloc(1, sizeof(*server));
    assert_non_null(server);
    *server = (struct scripted_server){.loop = loop, .answer = answer, .context = context};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(listen(server->fd, PEERS_MAX), 0);
    server->port = ntohs(address.sin_port);
    server->watch = loop_watch_new(loop, server->fd, on_accept, server);
    loop_watch_set(server->watch, LOOP_READABLE);
    return server;
}

int scripted_server_port(const struct scripted_server *server)
{
    return server->port;
}

void scripted_server_stop(struct scripted_server *server)
{
    if (server == NULL)
        return;
    for (size_t i = 0; i < PEERS_MAX; i++)
        if (server->peers[i] != NULL)
            peer_end(server->peers[i]);
    loop_watch_free(server->watch);
    close(server->fd);
    free(server);
}

const char *scripted_handshake(const char *line)
{
    if (strncmp(line, "AUTH ", 5) == 0)
        return "+OK\r\n";
    if (strcmp(line, "PING") == 0)
        return "+PONG\r\n";
    if (strcmp(line, "ROLE") == 0)
        return "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n";
    return NULL;
}
