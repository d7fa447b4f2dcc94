/* The load generator: keep-alive HTTP/1.1 on loopback, as many connections as requests in flight,
 * one thread, one epoll.
 *
 *     load PORT CONNECTIONS SECONDS MODE <requests >result.json
 *
 * Standard input holds blocks, each a line with its length in bytes and then its bytes.
 *   cycle  every block is a request; they are sent in turn, again and again, for SECONDS
 *   once   every block is a request; each is sent once, until they or SECONDS are over
 *   chain  the first block is a head (without Content-Length), the second a form body up to
 *          "refresh_token=", the others are refresh tokens, one for each connection: the answer's
 *          refresh_token is the next request's
 * Tells requests, seconds, statuses, requests without an answer, and the quantiles of the latency,
 * all of them from the first byte sent to the last byte received. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 16384,
    ANSWER_BYTES_MAX = 64 * 1024,
    STATUS_MAX = 600,
    EVENTS_MAX = 256,
    PATIENCE_NS = 1000000000 * 2, /* for the last answers */
};

struct block {
    char *at;
    size_t len;
};

struct connection {
    int fd;
    bool is_waiting;
    struct block request; /* borrowed; in chain mode the connection's own */
    size_t sent;
    char *answer;
    size_t answer_len;
    int64_t started_ns;
};

static struct {
    struct block *blocks;
    size_t blocks_len, next;
    bool is_chain, is_once, is_over;
    int epoll, port;
    struct connection *connections;
    size_t connections_len, waiting;
    uint32_t *latencies_us;
    size_t answers, answers_room;
    size_t statuses[STATUS_MAX];
    size_t unanswered;
} self;

_Noreturn static void die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- what is sent */

static void blocks_read(void)
{
    size_t len, room = 0;
    while (scanf("%zu", &len) == 1) {
        if (getchar() != '\n')
            die("a length stands alone on its line");
        if (self.blocks_len == room) {
            room = room ? 2 * room : 1024;
            self.blocks = realloc(self.blocks, room * sizeof(*self.blocks));
        }
        struct block *block = &self.blocks[self.blocks_len++];
        *block = (struct block){malloc(len + 1), len};
        if (block->at == NULL || fread(block->at, 1, len, stdin) != len)
            die("a block is shorter than its length");
        block->at[len] = '\0';
    }
}

static struct block chain_request(struct block token)
{
    struct block head = self.blocks[0], body = self.blocks[1];
    size_t room = head.len + body.len + token.len + 64;
    char *at = malloc(room);
    if (at == NULL)
        die("memory");
    int len = snprintf(at, room, "%sContent-Length: %zu\r\n\r\n%s%.*s", head.at,
                       body.len + token.len, body.at, (int)token.len, token.at);
    return (struct block){at, (size_t)len};
}

/* False when there is nothing (more) to send. */
static bool request_take(struct connection *connection)
{
    if (self.is_over)
        return false;
    if (self.is_chain)
        return connection->request.at != NULL;
    if (self.next == self.blocks_len) {
        if (self.is_once)
            return false;
        self.next = 0;
    }
    connection->request = self.blocks[self.next++];
    return true;
}

/* ---- connections */

static void watch(struct connection *connection, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(self.epoll, operation, connection->fd, &event) != 0)
        die("epoll_ctl");
}

static void connection_open(struct connection *connection)
{
    const int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)self.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        die("connect");
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    watch(connection, EPOLL_CTL_ADD, EPOLLIN);
}

static void send_more(struct connection *connection)
{
    struct block request = connection->request;
    ssize_t sent = send(connection->fd, request.at + connection->sent,
                        request.len - connection->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0)
        connection->sent += (size_t)sent;
    bool is_sent = connection->sent == request.len;
    watch(connection, EPOLL_CTL_MOD, is_sent ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

static void request_begin(struct connection *connection)
{
    if (!request_take(connection))
        return;
    connection->is_waiting = true;
    self.waiting++;
    connection->sent = connection->answer_len = 0;
    connection->started_ns = now_ns();
    ssize_t sent = send(connection->fd, connection->request.at, connection->request.len,
                        MSG_DONTWAIT | MSG_NOSIGNAL);
    connection->sent = sent > 0 ? (size_t)sent : 0;
    if (connection->sent < connection->request.len)
        watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

/* ---- answers */

static void chain_follow(struct connection *connection)
{
    static const char name[] = "\"refresh_token\":\"";
    char *start = strstr(connection->answer, name);
    free(connection->request.at);
    connection->request = (struct block){NULL, 0};
    if (start == NULL)
        return;
    start += sizeof(name) - 1;
    connection->request = chain_request((struct block){start, strcspn(start, "\"")});
}

static void latency_note(int64_t latency_ns)
{
    if (self.answers == self.answers_room) {
        self.answers_room = self.answers_room ? 2 * self.answers_room : 1 << 16;
        self.latencies_us =
            realloc(self.latencies_us, self.answers_room * sizeof(*self.latencies_us));
        if (self.latencies_us == NULL)
            die("memory");
    }
    self.latencies_us[self.answers++] = (uint32_t)(latency_ns / 1000);
}

static void request_end(struct connection *connection)
{
    connection->is_waiting = false;
    self.waiting--;
    if (self.is_chain)
        chain_follow(connection);
    request_begin(connection);
}

static void connection_lost(struct connection *connection)
{
    close(connection->fd);
    connection_open(connection);
    if (connection->is_waiting) {
        self.unanswered++;
        request_end(connection);
    }
}

/* 0 while the answer is not whole. */
static size_t answer_len_of(const struct connection *connection)
{
    char *end = strstr(connection->answer, "\r\n\r\n");
    if (end == NULL)
        return 0;
    char *length = strcasestr(connection->answer, "\r\ncontent-length:");
    size_t body = length != NULL && length < end ? strtoul(length + 17, NULL, 10) : 0;
    size_t whole = (size_t)(end - connection->answer) + 4 + body;
    return connection->answer_len >= whole ? whole : 0;
}

static void answer_read(struct connection *connection)
{
    ssize_t len = recv(connection->fd, connection->answer + connection->answer_len,
                       ANSWER_BYTES_MAX - 1 - connection->answer_len, MSG_DONTWAIT);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len <= 0) {
        connection_lost(connection);
        return;
    }
    connection->answer_len += (size_t)len;
    connection->answer[connection->answer_len] = '\0';
    if (!connection->is_waiting || answer_len_of(connection) == 0)
        return;
    unsigned long status = strtoul(connection->answer + sizeof("HTTP/1.1"), NULL, 10);
    self.statuses[status < STATUS_MAX ? status : 0]++;
    latency_note(now_ns() - connection->started_ns);
    request_end(connection);
}

/* ---- the run */

static void connections_open(void)
{
    self.connections = calloc(self.connections_len, sizeof(*self.connections));
    self.epoll = epoll_create1(0);
    if (self.connections == NULL || self.epoll < 0)
        die("connections");
    for (size_t i = 0; i < self.connections_len; i++) {
        struct connection *connection = &self.connections[i];
        connection->answer = malloc(ANSWER_BYTES_MAX);
        if (connection->answer == NULL)
            die("memory");
        if (self.is_chain && i + 2 < self.blocks_len)
            connection->request = chain_request(self.blocks[i + 2]);
        connection_open(connection);
    }
}

static double run(double seconds)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t started_ns = now_ns(), end_ns = started_ns + (int64_t)(seconds * 1e9);
    for (size_t i = 0; i < self.connections_len; i++)
        request_begin(&self.connections[i]);
    while (self.waiting > 0 && now_ns() < end_ns + PATIENCE_NS) {
        int len = epoll_wait(self.epoll, events, EVENTS_MAX, 100);
        self.is_over = now_ns() >= end_ns;
        for (int i = 0; i < len; i++) {
            struct connection *connection = events[i].data.ptr;
            if (events[i].events & EPOLLOUT)
                send_more(connection);
            if (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP))
                answer_read(connection);
        }
    }
    self.unanswered += self.waiting;
    return (double)(now_ns() - started_ns) / 1e9;
}

static int compare(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return (one > other) - (one < other);
}

static uint32_t quantile_us(double part)
{
    if (self.answers == 0)
        return 0;
    size_t at = (size_t)(part * (double)self.answers);
    return self.latencies_us[at < self.answers ? at : self.answers - 1];
}

static void result_print(double seconds)
{
    const char *separator = "";
    qsort(self.latencies_us, self.answers, sizeof(*self.latencies_us), compare);
    printf("{\"requests\":%zu,\"seconds\":%.6f,\"unanswered\":%zu,\"statuses\":{", self.answers,
           seconds, self.unanswered);
    for (int status = 0; status < STATUS_MAX; status++) {
        if (self.statuses[status] == 0)
            continue;
        printf("%s\"%d\":%zu", separator, status, self.statuses[status]);
        separator = ",";
    }
    printf("},\"latency_us\":{\"p50\":%u,\"p90\":%u,\"p99\":%u,\"p999\":%u,\"max\":%u}}\n",
           quantile_us(0.5), quantile_us(0.9), quantile_us(0.99), quantile_us(0.999),
           quantile_us(1));
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: load PORT CONNECTIONS SECONDS cycle|once|chain <requests\n");
        return 2;
    }
    self.port = (int)strtol(argv[1], NULL, 10);
    self.connections_len = strtoul(argv[2], NULL, 10);
    self.is_once = strcmp(argv[4], "once") == 0;
    self.is_chain = strcmp(argv[4], "chain") == 0;
    blocks_read();
    if (self.blocks_len <= (self.is_chain ? 2 : 0) || self.connections_len == 0 ||
        self.connections_len > CONNECTIONS_MAX) {
        fprintf(stderr, "load: there is nothing to send, or nobody to send it\n");
        return 2;
    }
    connections_open();
    result_print(run(strtod(argv[3], NULL)));
    return 0;
}
