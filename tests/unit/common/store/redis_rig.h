/* A private Redis for one test program, and a store connected to it.
 *
 *     struct redis_rig *rig = redis_rig_start(NULL);             everybody may do everything
 *     struct store *store = redis_rig_open_store(rig);           ready when this returns
 *     store_send(store, words, redis_rig_deadline_ms(), on_reply, &seen);
 *     redis_rig_await(rig, &seen.is_done);                       runs rig's loop
 *     struct str text = redis_rig_ask(rig, "HGET mcp:code:{0f} used_by");
 *     redis_rig_stop(rig);                                       closes the stores too
 *
 * Any failure of the rig itself fails the test. Texts of redis_rig_ask live until the rig stops. */
#ifndef TESTS_UNIT_COMMON_STORE_REDIS_RIG_H
#define TESTS_UNIT_COMMON_STORE_REDIS_RIG_H

#include "common/base/arena.h"
#include "common/process/loop.h"
#include "common/store/store.h"

struct redis_rig;

/* acl: the text of an ACL file, NULL for none. Redis listens on a unix socket in a new folder, and
 * on a loopback port. */
struct redis_rig *redis_rig_start(const char *acl);
/* The same, but Redis is not yet running: redis_rig_restart starts it. */
struct redis_rig *redis_rig_new(const char *acl);
void redis_rig_stop(struct redis_rig *rig);

struct loop *redis_rig_loop(struct redis_rig *rig);
struct arena *redis_rig_arena(struct redis_rig *rig);  /* until the rig stops */
struct str redis_rig_url(struct redis_rig *rig);       /* unix:... */
struct str redis_rig_url_tcp(struct redis_rig *rig);   /* redis://127.0.0.1:... */
struct str redis_rig_url_named(struct redis_rig *rig); /* redis://localhost:... */

void redis_rig_kill(struct redis_rig *rig); /* SIGKILL, and waits */
void redis_rig_restart(struct redis_rig *rig);
void redis_rig_pause(struct redis_rig *rig); /* SIGSTOP */
void redis_rig_resume(struct redis_rig *rig);

/* A store without a user, closed by redis_rig_stop; waits until it is ready. */
struct store *redis_rig_open_store(struct redis_rig *rig);

int64_t redis_rig_deadline_ms(void); /* 3 s from now */
/* Runs the loop until *is_done; the test fails after 10 s. */
void redis_rig_await(struct redis_rig *rig, const bool *is_done);
void redis_rig_await_ready(struct redis_rig *rig, const struct store *store, bool is_ready);
void redis_rig_run_ms(struct redis_rig *rig, int64_t duration_ms);

/* A command by a connection of its own, words separated by spaces, as the user `default`. An error
 * comes back as its text, nil as the absent text, a list as its elements with spaces between. */
struct str redis_rig_ask(struct redis_rig *rig, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
