/* The connection to Redis: asynchronous, pipelined, with a deadline on every command, reconnecting
 * by itself.
 *
 *     struct store *store = store_open(loop, &options);
 *     store_send(store, words, deadline_ms, on_reply, context);
 *     store_run(store, &SCRIPT_REDEEM, keys, arguments, deadline_ms, on_reply, context);
 *     store_close(store);
 *
 * Commands of one turn of the loop leave in one write. on_reply is called exactly once for each
 * command, never inside store_send; the reply is borrowed until it returns. FAIL_STORE_UNAVAILABLE
 * covers: not connected, deadline passed, and Redis's own refusals (loading, read-only, out of
 * memory, no permission), which are logged with their first word. A command that was answered may
 * be lost in a failover. One whose connection was lost may have been executed: it is sent again
 * over the next one, until its deadline, so every command here must bear that. Scripts know a
 * repetition by the request's id or by what they find written, plain commands read or set; only an
 * entry of a stream may then stand there twice.
 *
 * Commands on the same hash tag are executed in the order in which they were sent, unless a cluster
 * is just moving it; on_reply keeps no order: one may fail at once, run out of time, or be
 * repeated. A command's first key stands behind its first word, and all its keys have the same tag.
 * No word of Redis is known outside this folder: services use the records (client.h, session.h,
 * code.h, grant.h ...), which name their keys by key.h. */
#ifndef COMMON_STORE_STORE_H
#define COMMON_STORE_STORE_H

#include "common/base/arena.h"
#include "common/base/failure.h"
#include "common/process/loop.h"

struct store;

struct store_options {
    struct str url;  /* store_url.h */
    struct str user; /* ACL user; absent: none */
    struct str password;
    struct str sentinel_user; /* the same for the Sentinels themselves */
    struct str sentinel_password;
    void (*on_change)(void *context, bool is_ready); /* connected and authenticated, or no longer */
    void *context;
};

enum store_reply_kind { STORE_NIL, STORE_INTEGER, STORE_TEXT, STORE_LIST };

struct store_reply {
    enum store_reply_kind kind;
    int64_t integer;
    struct str text;
    const struct store_reply *at; /* STORE_LIST */
    size_t len;
};

typedef void store_reply_cb(void *context, enum failure failure, const struct store_reply *reply);

/* A Lua file of scripts/, compiled in; its key arguments are declared, all of one hash tag. */
struct store_script {
    const char *name; /* "redeem": scripts/redeem.lua */
    struct str text;
    char sha1[41];
};

/* What is wrong with a URL, in words that follow the option's name; NULL when nothing is. */
const char *store_url_problem(struct str url);

/* NULL, with one log line, for a URL that cannot be used. Texts are copied. Connecting goes on in
 * the background, with backoff from 50 ms to 2 s. */
struct store *store_open(struct loop *loop, const struct store_options *options);
/* Pending commands get FAIL_STORE_UNAVAILABLE first, but what was sent is written, as far as the
 * sockets take it. Not inside a callback. Accepts NULL. */
void store_close(struct store *store);
bool store_is_ready(const struct store *store);
bool store_is_idle(const struct store *store); /* no command waits for its answer */
/* The last thing that went wrong, in a few words, for people at a terminal: why there is no
 * connection, or the first word of Redis's last refusal (NOPERM). Empty when nothing has. Borrowed
 * until the loop turns. */
const char *store_problem(const struct store *store);
size_t store_pending(const struct store *store); /* commands that wait for their reply */

/* words are copied into the output buffer before this returns. on_reply may be NULL: then only a
 * refusal is logged. */
void store_send(struct store *store, struct strs words, int64_t deadline_ms,
                store_reply_cb *on_reply, void *context);
/* How many masters there are to ask about themselves: 1, but in a cluster. */
size_t store_masters(const struct store *store);
/* To one of them, whatever the words name: for eyes, which look at each master (SCAN, INFO). Fails
 * when there is no such master any more, and when its connection is lost. */
void store_send_to(struct store *store, size_t master, struct strs words, int64_t deadline_ms,
                   store_reply_cb *on_reply, void *context);
/* EVALSHA, and EVAL when Redis has forgotten the script. */
void store_run(struct store *store, const struct store_script *script, struct strs keys,
               struct strs arguments, int64_t deadline_ms, store_reply_cb *on_reply, void *context);

#endif
