/* The link under test: an edge in this process, workers that are processes of their own
 * (link_test_worker.c), and a count of everything that was asked and told.
 *
 *     worker_start(0);
 *     workers_await(1);
 *     load_begin(1000);
 *     load_finish();              each of the 1000 was answered, once
 *
 * One rig at a time; link_rig_setup and link_rig_teardown are cmocka's fixtures. */
#ifndef TESTS_UNIT_PROTO_LINK_RIG_H
#define TESTS_UNIT_PROTO_LINK_RIG_H

#include "common/base/limits.h"
#include "proto/curve.h"
#include "proto/link_edge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/types.h>
#include <cmocka.h>

enum { RIG_WORKERS = 4, RIG_CALLS_MAX = 20000, RIG_IN_FLIGHT = 32 };

struct rig {
    char folder[64];
    char endpoint[96]; /* of the signers' ROUTER */
    char keys[4096];   /* the last union of public keys */
    char public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES]; /* the edge's */
    struct loop *loop;
    struct link_edge *link;
    struct loop_timer *watchdog;
    int edges_opened;
    pid_t workers[RIG_WORKERS];
    size_t sent, answered, failed, goal;
    unsigned char told[RIG_CALLS_MAX]; /* how often each call */
    size_t by[RIG_WORKERS];            /* answers */
    enum failure last_failure;
    const struct link_call *watched; /* whose retry_after_s is wanted; NULL: nobody's */
    int64_t last_retry_after_s;
    char last_body[512];
    size_t last_body_len;
};
extern struct rig rig;

int link_rig_setup(void **state);
int link_rig_teardown(void **state);
#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, link_rig_setup, link_rig_teardown)

/* Turns the loop; fails the test when it takes longer than a minute. */
void run_until(bool (*until)(void));

/* What link_rig_setup opens: without keys. */
void edge_open(struct str secret_key, struct str allowed_keys);
void edge_move_to_tcp(void); /* to a free port of 127.0.0.1; rig.endpoint follows */

void worker_start(int index);
/* endpoints: comma separated. secret and edge_key may be NULL. */
void worker_start_with(int index, const char *kind, const char *delay_ms, const char *endpoints,
                       const char *secret, const char *edge_key);
void worker_start_slow(int index, const char *delay_ms);
void worker_end(int index);       /* SIGKILL */
int worker_end_await(int index);  /* it ends by itself: its wait status */
void workers_await(size_t count); /* so many give credit */

struct link_edge_request request_make(const char *operation, int64_t budget_ms);
struct link_call *call_send(const char *operation, int64_t budget_ms);
struct link_call *call_send_request(const struct link_edge_request *request);
/* The calls of before and so many more are told. */
void calls_await(size_t count);
void load_begin(size_t count);
void load_await_half(void);
void load_finish(void);

#endif
