/* The one event loop of a process: timers, descriptors, signals, and a hook at the end of a turn.
 *
 *     struct loop *loop = loop_new();
 *     struct loop_timer *timer = loop_timer_new(loop, on_time, context);
 *     loop_timer_start(timer, 200, 200);
 *     loop_run(loop);                            until loop_stop
 *     loop_timer_free(timer);
 *     loop_free(loop);
 *
 * Two backends implement this header, and CMake picks one per program: loop_uv.c (libuv, the
 * workers) and loop_h2o.c (libh2o's evloop, the edge, because it may terminate TLS). Times are
 * CLOCK_MONOTONIC milliseconds. Everything is called on the loop's thread. A handle may be freed in
 * its own callback. Handles are freed by their makers before the loop. */
#ifndef COMMON_PROCESS_LOOP_H
#define COMMON_PROCESS_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_timer;
struct loop_watch;
struct loop_turn;

struct loop *loop_new(void); /* NULL when memory or descriptors are gone */
void loop_free(struct loop *loop);
void loop_run(struct loop *loop);
void loop_run_turn(struct loop *loop); /* one turn, which waits for its first event */
void loop_stop(struct loop *loop);     /* loop_run returns after this turn */
/* The library's own loop: uv_loop_t * or h2o_loop_t *. */
void *loop_backend(struct loop *loop);

typedef void loop_timer_cb(void *context);
struct loop_timer *loop_timer_new(struct loop *loop, loop_timer_cb *on_time, void *context);
/* repeat_ms 0: once. Starting a started timer starts it anew. */
void loop_timer_start(struct loop_timer *timer, int64_t delay_ms, int64_t repeat_ms);
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer); /* accepts NULL */

enum loop_events { LOOP_READABLE = 1, LOOP_WRITABLE = 2 };
typedef void loop_watch_cb(void *context, int fd, unsigned events);
/* Level-triggered. The descriptor stays its owner's: free the watch before closing it. */
struct loop_watch *loop_watch_new(struct loop *loop, int fd, loop_watch_cb *on_event,
                                  void *context);
void loop_watch_set(struct loop_watch *watch, unsigned events); /* 0: none */
void loop_watch_free(struct loop_watch *watch);                 /* accepts NULL */

/* Called at the end of every turn, before the loop sleeps: the place to flush what the turn has
 * gathered and to look again at edge-triggered descriptors (ZMQ_FD). */
typedef void loop_turn_cb(void *context);
struct loop_turn *loop_turn_new(struct loop *loop, loop_turn_cb *on_turn, void *context);
void loop_turn_free(struct loop_turn *turn); /* accepts NULL */

/* Asks for another turn without sleeping: work was found in an on_turn hook. */
void loop_again(struct loop *loop);

#endif
