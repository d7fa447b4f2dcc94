/* One connection to Redis, from connect to its end: hiredis on the loop.
 *
 *     connection = store_connection_open(loop, &address, numeric, &events);
 *     store_connection_send(connection, words, lengths, count, command);    from on_connected on
 *     store_connection_flush(connection);                                   at the end of the turn
 *     store_connection_close(connection, "silent");
 *
 * Every command that was sent gets on_reply once, with NULL when the connection ends. on_lost comes
 * last, however it ended, and the connection is gone when it returns: whoever hears it schedules
 * the next attempt. Private to the store. */
#ifndef COMMON_STORE_STORE_CONNECTION_H
#define COMMON_STORE_STORE_CONNECTION_H

#include "common/process/loop.h"
#include "common/store/store_address.h"

/* Borrowed for as long as connections are made with them. */
struct store_credentials {
    struct str user;     /* absent: `default` */
    struct str password; /* absent: no AUTH */
};

struct redisReply;
struct store_connection;

struct store_connection_events {
    void (*on_connected)(void *context);
    void (*on_reply)(void *context, void *command, const struct redisReply *reply);
    void (*on_lost)(void *context, const char *reason);
    void *context;
};

/* NULL when it fails at once: on_lost has then been called. numeric is used in place of the
 * address's name. */
struct store_connection *store_connection_open(struct loop *loop,
                                               const struct store_address *address,
                                               const char *numeric,
                                               const struct store_connection_events *events);
/* May be called inside on_reply: the end then comes when that returns. */
void store_connection_close(struct store_connection *connection, const char *reason);
/* False when the connection is about to end; on_reply is then not called. */
bool store_connection_send(struct store_connection *connection, const char **words,
                           const size_t *lengths, int count, void *command);
/* Sends AUTH, or nothing when there is no password; true when there will be a reply, or the
 * connection is about to end. */
bool store_connection_authenticate(struct store_connection *connection,
                                   const struct store_credentials *credentials, void *command);
/* Writes what has been sent since the last time; the rest follows when the socket takes it. */
void store_connection_flush(struct store_connection *connection);

#endif
