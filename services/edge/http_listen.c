/* libh2o has no write timeout: TCP_USER_TIMEOUT on the listening socket, which every accepted one
 * inherits, ends connections whose client no longer reads. The kernel's buffers, which would grow
 * to megabytes for each connection, are inherited too. */
#include "services/edge/http_listen.h"
#include "common/base/limits.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 1024,
    WRITE_TIMEOUT_MS = 30000,
    ADDRESS_TEXT_BYTES_MAX = 300,
    INHERITED_FD_FIRST = 3,
};

static bool option_set(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

/* What accepted sockets inherit. */
static bool limits_set(int fd)
{
    return option_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, WRITE_TIMEOUT_MS) &&
           option_set(fd, SOL_SOCKET, SO_SNDBUF, HTTP_SOCKET_BUFFER_BYTES) &&
           option_set(fd, SOL_SOCKET, SO_RCVBUF, HTTP_SOCKET_BUFFER_BYTES);
}

/* A listening descriptor, or -1. */
static int socket_open(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (!option_set(fd, SOL_SOCKET, SO_REUSEADDR, 1) ||
        (address->ai_family == AF_INET6 && !option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) ||
        !limits_set(fd) || bind(fd, address->ai_addr, address->ai_addrlen) != 0 ||
        listen(fd, BACKLOG) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static struct addrinfo *address_resolve(struct str address)
{
    char text[ADDRESS_TEXT_BYTES_MAX];
    if (address.len >= sizeof(text))
        return NULL;
    snprintf(text, sizeof(text), "%.*s", STR_ARGS(address));
    char *host = text, *colon = strrchr(text, ':');
    if (colon == NULL || colon == text || colon[1] == '\0')
        return NULL;
    *colon = '\0';
    if (host[0] == '[' && colon[-1] == ']') {
        colon[-1] = '\0';
        host++;
    }
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    return getaddrinfo(strcmp(host, "*") == 0 ? NULL : host, colon + 1, &hints, &found) == 0 ? found
                                                                                             : NULL;
}

/* Machines without IPv6 still resolve names to it: one address of a name that can be used is
 * enough. */
static bool address_open(struct str address, int *fds, size_t *len)
{
    size_t before = *len;
    struct addrinfo *found = address_resolve(address);
    for (struct addrinfo *at = found; at != NULL && *len < HTTP_LISTENERS_MAX; at = at->ai_next) {
        int fd = socket_open(at);
        if (fd >= 0)
            fds[(*len)++] = fd;
    }
    if (found != NULL)
        freeaddrinfo(found);
    return *len > before;
}

bool http_listen_open(struct strs addresses, int ret_fds[static HTTP_LISTENERS_MAX],
                      size_t *ret_len)
{
    size_t len = 0;
    bool is_open = addresses.len > 0;
    for (size_t i = 0; i < addresses.len && is_open; i++)
        is_open = address_open(addresses.at[i], ret_fds, &len);
    if (!is_open)
        while (len > 0)
            close(ret_fds[--len]);
    else
        *ret_len = len;
    return is_open;
}

static int64_t environment_number(const char *name)
{
    const char *text = getenv(name);
    int64_t number;
    return text != NULL && str_to_i64(str_from_cstr(text), &number) ? number : 0;
}

static bool option_is(int fd, int name, int wanted)
{
    int value;
    socklen_t len = sizeof(value);
    return getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 && value == wanted;
}

static bool descriptor_take(int fd)
{
    return option_is(fd, SO_ACCEPTCONN, 1) && option_is(fd, SO_PROTOCOL, IPPROTO_TCP) &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0 &&
           limits_set(fd);
}

bool http_listen_inherit(int ret_fds[static HTTP_LISTENERS_MAX], size_t *ret_len)
{
    int64_t count =
        environment_number("LISTEN_PID") == getpid() ? environment_number("LISTEN_FDS") : 0;
    if (count > HTTP_LISTENERS_MAX)
        return false;
    for (int i = 0; i < count; i++) {
        ret_fds[i] = INHERITED_FD_FIRST + i;
        if (!descriptor_take(ret_fds[i]))
            return false;
    }
    *ret_len = (size_t)count;
    return true;
}
