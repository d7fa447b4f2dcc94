/* Blocking, because nothing else happens in this process. */
#include "common/process/admin_probe.h"
#include "common/process/admin_address.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static const char QUESTION[] =
    "GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
static const char STATUS[] = "HTTP/1.1 200 ";

static bool ask(int fd, const struct addrinfo *address)
{
    const struct timeval patience = {.tv_sec = 2};
    char answer[sizeof(STATUS) - 1];
    return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
           connect(fd, address->ai_addr, address->ai_addrlen) == 0 &&
           send(fd, QUESTION, sizeof(QUESTION) - 1, MSG_NOSIGNAL) ==
               (ssize_t)(sizeof(QUESTION) - 1) &&
           recv(fd, answer, sizeof(answer), MSG_WAITALL) == (ssize_t)sizeof(answer) &&
           memcmp(answer, STATUS, sizeof(answer)) == 0;
}

bool admin_probe(struct str listen)
{
    struct addrinfo *address = admin_address_find(listen);
    if (address == NULL)
        return false;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_ready = fd >= 0 && ask(fd, address);
    if (fd >= 0)
        close(fd);
    freeaddrinfo(address);
    return is_ready;
}
