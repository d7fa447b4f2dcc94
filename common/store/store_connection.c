/* The adapters that come with hiredis never report a refused connection, and write after each
 * command. This one watches for WRITABLE only until the connection stands and when a write did not
 * fit; all else is written by store_connection_flush, once per turn. hiredis frees its context in
 * many places, and calls our cleanup hook in each: there, and only there, a connection ends. */
#include "common/store/store_connection.h"
#include "common/store/store_request.h"

#include <fcntl.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>

struct store_connection {
    redisAsyncContext *redis;
    struct loop_watch *watch;
    struct loop *loop;
    struct store_connection_events events;
    struct store_request request; /* the last one, kept for its memory */
    unsigned watched;
    bool is_connected;
    bool wants_write;   /* hiredis has bytes for the next flush */
    bool is_writing;    /* inside redisAsyncHandleWrite: what is wanted now did not fit */
    const char *reason; /* why we closed it; NULL: hiredis knows */
    bool *ret_is_gone;  /* tells the function above us on the stack */
};

static void watch_set(struct store_connection *connection, unsigned events)
{
    if (events == connection->watched)
        return;
    connection->watched = events;
    loop_watch_set(connection->watch, events);
}

static void hook_add_read(void *context)
{
    struct store_connection *connection = context;
    watch_set(connection, connection->watched | LOOP_READABLE);
}

static void hook_del_read(void *context)
{
    struct store_connection *connection = context;
    watch_set(connection, connection->watched & ~(unsigned)LOOP_READABLE);
}

static void hook_add_write(void *context)
{
    struct store_connection *connection = context;
    if (!connection->is_connected || connection->is_writing) {
        watch_set(connection, connection->watched | LOOP_WRITABLE);
    } else if (!connection->wants_write) {
        connection->wants_write = true;
        loop_again(connection->loop);
    }
}

static void hook_del_write(void *context)
{
    struct store_connection *connection = context;
    watch_set(connection, connection->watched & ~(unsigned)LOOP_WRITABLE);
}

static void hook_cleanup(void *context)
{
    struct store_connection *connection = context;
    const char *reason = connection->reason;
    if (reason == NULL)
        reason = connection->redis->c.errstr[0] != '\0' ? connection->redis->c.errstr : "closed";
    loop_watch_free(connection->watch);
    if (connection->ret_is_gone != NULL)
        *connection->ret_is_gone = true;
    connection->events.on_lost(connection->events.context, reason);
    store_request_finish(&connection->request);
    free(connection);
}

static void on_connect(const redisAsyncContext *redis, int status)
{
    struct store_connection *connection = redis->data;
    if (status != REDIS_OK)
        return; /* hiredis frees the context next */
    connection->is_connected = true;
    connection->events.on_connected(connection->events.context);
}

static void on_hiredis_reply(redisAsyncContext *redis, void *reply, void *command)
{
    struct store_connection *connection = redis->data;
    connection->events.on_reply(connection->events.context, command, reply);
}

static void handle_write(struct store_connection *connection)
{
    bool is_gone = false;
    connection->ret_is_gone = &is_gone;
    connection->is_writing = true;
    redisAsyncHandleWrite(connection->redis);
    if (is_gone)
        return;
    connection->is_writing = false;
    connection->ret_is_gone = NULL;
}

static void on_event(void *context, int fd, unsigned events)
{
    (void)fd;
    struct store_connection *connection = context;
    if (events & LOOP_READABLE) {
        bool is_gone = false;
        connection->ret_is_gone = &is_gone;
        redisAsyncHandleRead(connection->redis);
        if (is_gone)
            return;
        connection->ret_is_gone = NULL;
    }
    if (events & LOOP_WRITABLE)
        handle_write(connection);
}

struct store_connection *store_connection_open(struct loop *loop,
                                               const struct store_address *address,
                                               const char *numeric,
                                               const struct store_connection_events *events)
{
    redisAsyncContext *redis = address->is_unix ? redisAsyncConnectUnix(address->host)
                                                : redisAsyncConnect(numeric, address->port);
    struct store_connection *connection = calloc(1, sizeof(*connection));
    if (redis == NULL || connection == NULL || redis->err != 0)
        goto no_connection;
    fcntl(redis->c.fd, F_SETFD, FD_CLOEXEC);
    *connection = (struct store_connection){.redis = redis, .loop = loop, .events = *events};
    connection->watch = loop_watch_new(loop, redis->c.fd, on_event, connection);
    if (connection->watch == NULL)
        goto no_connection;
    if (!address->is_unix) /* on a unix socket it would ruin the context */
        redisEnableKeepAlive(&redis->c);
    redis->data = connection;
    redis->ev.data = connection;
    redis->ev.addRead = hook_add_read;
    redis->ev.delRead = hook_del_read;
    redis->ev.addWrite = hook_add_write;
    redis->ev.delWrite = hook_del_write;
    redis->ev.cleanup = hook_cleanup;
    redisAsyncSetConnectCallback(redis, on_connect); /* asks for WRITABLE */
    return connection;
no_connection:
    events->on_lost(events->context, redis != NULL && redis->err != 0
                                         ? redis->c.errstr
                                         : "out of memory or descriptors");
    if (redis != NULL)
        redisAsyncFree(redis);
    free(connection);
    return NULL;
}

void store_connection_close(struct store_connection *connection, const char *reason)
{
    connection->reason = reason;
    redisAsyncFree(connection->redis);
}

bool store_connection_send(struct store_connection *connection, const char **words,
                           const size_t *lengths, int count, void *command)
{
    struct store_request *request = &connection->request;
    return store_request_write(request, words, lengths, count) &&
           redisAsyncFormattedCommand(connection->redis, on_hiredis_reply, command, request->bytes,
                                      request->len) == REDIS_OK;
}

bool store_connection_authenticate(struct store_connection *connection,
                                   const struct store_credentials *credentials, void *command)
{
    if (!str_is_present(credentials->password))
        return false;
    const char *words[3] = {"AUTH"};
    size_t lengths[3] = {strlen("AUTH")};
    int count = 1;
    const struct str texts[] = {credentials->user, credentials->password};
    for (size_t i = 0; i < 2; i++) {
        if (!str_is_present(texts[i]))
            continue;
        words[count] = texts[i].at;
        lengths[count++] = texts[i].len;
    }
    store_connection_send(connection, words, lengths, count, command);
    return true;
}

void store_connection_flush(struct store_connection *connection)
{
    if (!connection->wants_write)
        return;
    connection->wants_write = false;
    if (!(connection->watched & LOOP_WRITABLE))
        handle_write(connection);
}
