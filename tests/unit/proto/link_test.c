/* The link with workers that are killed, stopped, slow, draining and restarted: proto/README.md's
 * dialogues with real processes. Built once for each event loop of an edge. */
#include "common/base/clock.h"
#include "common/base/hex.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "proto/curve.h"
#include "proto/envelope.h"
#include "proto/link_edge.h"

#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { WORKERS = 4, PATIENCE_MS = 60000 };

extern char **environ;

static struct {
    char folder[64];
    char endpoint[96];
    char public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES]; /* the edge's */
    struct loop *loop;
    struct link_edge *link;
    struct loop_timer *watchdog;
    pid_t workers[WORKERS];
    size_t sent, answered, failed, goal;
    size_t by[WORKERS];
    enum failure last_failure;
    char last_body[512];
} world;

static void on_watchdog(void *context)
{
    (void)context;
    fail_msg("sent %zu, answered %zu, failed %zu (%s), goal %zu: this took too long", world.sent,
             world.answered, world.failed, failure_row(world.last_failure)->name, world.goal);
}

static void run_until(bool (*until)(void))
{
    loop_timer_start(world.watchdog, PATIENCE_MS, 0);
    while (!until())
        loop_run_turn(world.loop);
    loop_timer_stop(world.watchdog);
}

static void edge_open(struct str secret_key, struct str allowed_keys)
{
    struct link_edge_options options = {.secret_key = secret_key, .allowed_keys = allowed_keys};
    char other[2][96];
    options.listen[WORKER_SIGNER] = str_from_cstr(world.endpoint);
    for (int i = 0; i < 2; i++) {
        snprintf(other[i], sizeof(other[i]), "ipc://%s/%d.ipc", world.folder, i);
        options.listen[i == 0 ? WORKER_REGISTRY : WORKER_BROKER] = str_from_cstr(other[i]);
    }
    world.link = link_edge_new(world.loop, &options);
    assert_non_null(world.link);
}

static int setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    snprintf(world.folder, sizeof(world.folder), "/tmp/link-test-XXXXXX");
    if (mkdtemp(world.folder) == NULL)
        return -1;
    snprintf(world.endpoint, sizeof(world.endpoint), "ipc://%s/signer.ipc", world.folder);
    log_init(LOG_ERROR + 1, STR("link_test"), STR("test"));
    world.loop = loop_new();
    world.watchdog = loop_timer_new(world.loop, on_watchdog, NULL);
    edge_open(STR_ABSENT, STR_ABSENT);
    return 0;
}

static void worker_end(int index)
{
    if (world.workers[index] == 0)
        return;
    kill(world.workers[index], SIGKILL);
    waitpid(world.workers[index], NULL, 0);
    world.workers[index] = 0;
}

static int teardown(void **state)
{
    char command[128];
    (void)state;
    for (int i = 0; i < WORKERS; i++)
        worker_end(i);
    link_edge_free(world.link);
    loop_timer_free(world.watchdog);
    loop_free(world.loop);
    snprintf(command, sizeof(command), "rm -rf %s", world.folder);
    return system(command);
}

static void worker_start_with(int index, const char *kind, const char *delay_ms, const char *secret,
                              const char *edge_key)
{
    char name[16];
    snprintf(name, sizeof(name), "%d", index);
    const char *arguments[] = {LINK_TEST_WORKER, kind,   name,     world.endpoint,
                               delay_ms,         secret, edge_key, NULL};
    /* posix_spawn promises not to write into them. */
    char *argv[8];
    memcpy(argv, arguments, sizeof(argv));
    assert_int_equal(
        posix_spawn(&world.workers[index], LINK_TEST_WORKER, NULL, NULL, argv, environ), 0);
}

static void worker_start(int index)
{
    worker_start_with(index, "signer", "0", NULL, NULL);
}

static size_t workers_wanted;

static bool workers_are_there(void)
{
    return link_edge_workers_ready(world.link, WORKER_SIGNER) == workers_wanted;
}

static void workers_await(size_t count)
{
    workers_wanted = count;
    run_until(workers_are_there);
}

static void call_send(const char *operation, int64_t budget_ms);

static void on_reply(void *context, enum failure failure, struct str body)
{
    int64_t budget_ms = (int64_t)(intptr_t)context;
    snprintf(world.last_body, sizeof(world.last_body), "%.*s", STR_ARGS(body));
    if (failure == OK) {
        world.answered++;
        int by = -1;
        assert_int_equal(sscanf(world.last_body, "{\"by\":\"%d\"", &by), 1);
        world.by[by]++;
    } else {
        world.failed++;
        world.last_failure = failure;
    }
    if (world.sent < world.goal)
        call_send("echo", budget_ms);
}

static struct link_edge_request request_make(const char *operation, int64_t budget_ms)
{
    struct link_edge_request request = {
        .kind = WORKER_SIGNER,
        .operation = str_from_cstr(operation),
        .version = 1,
        .traceparent = STR(""),
        .body = STR("{\"x\":1}"),
        .budget_ms = budget_ms,
    };
    random_fill(request.request_id, sizeof(request.request_id));
    return request;
}

static void call_send(const char *operation, int64_t budget_ms)
{
    struct link_edge_request request = request_make(operation, budget_ms);
    world.sent++;
    assert_non_null(link_edge_call(world.link, &request, on_reply, (void *)(intptr_t)budget_ms));
}

static bool all_told(void)
{
    return world.answered + world.failed >= world.goal;
}

static bool half_told(void)
{
    return world.answered + world.failed >= world.goal / 2;
}

/* count calls, 32 in flight. */
static void load_begin(size_t count)
{
    world.goal = world.sent + count;
    for (int i = 0; i < 32 && world.sent < world.goal; i++)
        call_send("echo", BUDGET_CALLBACK_MS);
}

static void load_finish(void)
{
    run_until(all_told);
    assert_int_equal(world.answered, world.goal);
    assert_int_equal(world.failed, 0);
    assert_int_equal(world.sent, world.goal);
}

static void a_request_is_answered_by_a_worker(void **state)
{
    (void)state;
    worker_start(0);
    load_begin(1000);
    load_finish();
    assert_non_null(strstr(world.last_body, "\"body\":{\"x\":1}"));
}

static void requests_are_spread_over_the_workers(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        worker_start(i);
    workers_await(3);
    load_begin(6000);
    load_finish();
    for (int i = 0; i < 3; i++)
        assert_true(world.by[i] > 1000);
}

static void killing_a_worker_under_load_loses_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        worker_start(i);
    workers_await(3);
    load_begin(6000);
    run_until(half_told);
    worker_end(1);
    load_finish();
    assert_int_equal(link_edge_workers(world.link, WORKER_SIGNER), 2);
}

static void killing_the_only_worker_waits_for_its_successor(void **state)
{
    (void)state;
    worker_start(0);
    workers_await(1);
    load_begin(2000);
    run_until(half_told);
    worker_end(0);
    worker_start(1);
    load_finish();
    assert_true(world.by[1] > 0);
}

static void a_stopped_worker_is_found_by_its_silence(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        worker_start(i);
    workers_await(3);
    load_begin(3000);
    run_until(half_told);
    kill(world.workers[1], SIGSTOP);
    load_finish();
    workers_await(2);
    /* It goes on: what it answers late is dropped, and it works again. */
    kill(world.workers[1], SIGCONT);
    workers_await(3);
    size_t before = world.by[1];
    load_begin(3000);
    load_finish();
    assert_true(world.by[1] > before);
}

static void a_slow_worker_does_not_hold_up_the_others(void **state)
{
    (void)state;
    worker_start(0);
    worker_start(1);
    worker_start_with(2, "signer", "50", NULL, NULL);
    workers_await(3);
    load_begin(3000);
    load_finish();
    assert_true(world.by[2] > 0);
    assert_true(world.by[2] < world.by[0]);
}

static void a_draining_worker_answers_what_it_has_and_ends_with_0(void **state)
{
    int status;
    (void)state;
    worker_start_with(0, "signer", "20", NULL, NULL);
    worker_start_with(1, "signer", "20", NULL, NULL);
    workers_await(2);
    load_begin(600);
    run_until(half_told);
    kill(world.workers[0], SIGTERM);
    load_finish();
    assert_int_equal(waitpid(world.workers[0], &status, 0), world.workers[0]);
    world.workers[0] = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_rolling_restart_loses_nothing(void **state)
{
    (void)state;
    worker_start(0);
    worker_start(1);
    workers_await(2);
    world.goal = 0;
    for (int round = 0; round < 4; round++) {
        load_begin(1500);
        run_until(half_told);
        kill(world.workers[round % 2], SIGTERM);
        load_finish();
        waitpid(world.workers[round % 2], NULL, 0);
        worker_start(round % 2);
        workers_await(2);
    }
}

static void a_restarted_edge_has_its_workers_back(void **state)
{
    (void)state;
    worker_start(0);
    worker_start(1);
    workers_await(2);
    link_edge_free(world.link);
    edge_open(STR_ABSENT, STR_ABSENT);
    workers_await(2);
    load_begin(500);
    load_finish();
}

static void an_edge_that_said_bye_may_come_back(void **state)
{
    (void)state;
    worker_start(0);
    workers_await(1);
    link_edge_say_bye(world.link);
    for (int i = 0; i < 10; i++)
        loop_run_turn(world.loop);
    link_edge_free(world.link);
    edge_open(STR_ABSENT, STR_ABSENT);
    workers_await(1);
    load_begin(100);
    load_finish();
}

static void a_request_that_kills_each_worker_fails_after_two_repetitions(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        worker_start(i);
    workers_await(4);
    world.goal = 1;
    call_send("die", BUDGET_CALLBACK_MS);
    run_until(all_told);
    assert_int_equal(world.failed, 1);
    assert_int_equal(world.last_failure, FAIL_REQUEST_POISON);
    workers_await(1);
}

static void without_a_worker_a_request_fails_in_time(void **state)
{
    (void)state;
    world.goal = 1;
    call_send("echo", BUDGET_CALLBACK_MS);
    run_until(all_told);
    assert_int_equal(world.last_failure, FAIL_WORKER_UNAVAILABLE);
}

static void a_spent_budget_is_told(void **state)
{
    (void)state;
    worker_start_with(0, "signer", "2000", NULL, NULL);
    workers_await(1);
    world.goal = 1;
    call_send("echo", 100);
    run_until(all_told);
    assert_int_equal(world.last_failure, FAIL_BUDGET_SPENT);
    /* The late answer finds nobody, and nothing breaks. */
    world.goal = 2;
    call_send("echo", BUDGET_CALLBACK_MS);
    run_until(all_told);
    assert_int_equal(world.answered, 1);
}

static void an_operation_that_nobody_announced_is_not_sent(void **state)
{
    (void)state;
    worker_start(0);
    workers_await(1);
    world.goal = 1;
    call_send("unheard_of", 500);
    run_until(all_told);
    assert_int_equal(world.failed, 1);
    assert_true(world.last_failure == FAIL_WORKER_UNAVAILABLE ||
                world.last_failure == FAIL_BUDGET_SPENT);
}

static void a_full_queue_sheds(void **state)
{
    (void)state;
    world.goal = world.sent = 0;
    for (int i = 0; i < QUEUE_REQUESTS_MAX + 10; i++)
        call_send("echo", BUDGET_CALLBACK_MS);
    world.goal = 10;
    run_until(all_told);
    assert_int_equal(world.failed, 10);
    assert_int_equal(world.last_failure, FAIL_OVERLOADED);
    assert_int_equal(link_edge_queued(world.link, WORKER_SIGNER), QUEUE_REQUESTS_MAX);
    world.goal = QUEUE_REQUESTS_MAX + 10;
    worker_start(0);
    run_until(all_told);
    assert_int_equal(world.answered, QUEUE_REQUESTS_MAX);
}

static void a_cancelled_call_is_never_told(void **state)
{
    (void)state;
    worker_start_with(0, "signer", "50", NULL, NULL);
    workers_await(1);
    struct link_edge_request request = request_make("echo", BUDGET_CALLBACK_MS);
    struct link_call *call = link_edge_call(world.link, &request, on_reply, NULL);
    link_call_cancel(call);
    world.goal = 1;
    call_send("echo", BUDGET_CALLBACK_MS);
    run_until(all_told);
    assert_int_equal(world.answered, 1);
    assert_int_equal(link_edge_in_flight(world.link, WORKER_SIGNER), 0);
}

static void malformed_messages_are_dropped_and_the_rest_goes_on(void **state)
{
    (void)state;
    worker_start(0);
    workers_await(1);
    void *zmq = zmq_ctx_new(), *socket = zmq_socket(zmq, ZMQ_DEALER);
    const int linger = 1000;
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
    assert_int_equal(zmq_connect(socket, world.endpoint), 0);
    zmq_send(socket, "x", 1, 0);
    for (int frames = 1; frames < 8; frames++)
        for (int i = 0; i < frames; i++)
            zmq_send(socket, "", 0, i + 1 < frames ? ZMQ_SNDMORE : 0);
    for (int type = 0; type < 12; type++) {
        unsigned char header[HEADER_BYTES] = {PROTOCOL_VERSION, (unsigned char)type};
        zmq_send(socket, header, sizeof(header), ZMQ_SNDMORE);
        zmq_send(socket, "nonsense", 8, ZMQ_SNDMORE);
        zmq_send(socket, "", 0, ZMQ_SNDMORE);
        zmq_send(socket, "{not json", 9, 0);
    }
    load_begin(500);
    load_finish();
    assert_int_equal(link_edge_workers(world.link, WORKER_SIGNER), 1);
    zmq_close(socket);
    zmq_ctx_term(zmq);
}

static void a_worker_of_another_kind_is_not_taken(void **state)
{
    (void)state;
    worker_start_with(0, "broker", "0", NULL, NULL);
    world.goal = 1;
    call_send("echo", BUDGET_CALLBACK_MS);
    run_until(all_told);
    assert_int_equal(world.last_failure, FAIL_WORKER_UNAVAILABLE);
    assert_int_equal(link_edge_workers(world.link, WORKER_SIGNER), 0);
}

static void a_host_name_stands_for_its_addresses(void **state)
{
    (void)state;
    link_edge_free(world.link);
    snprintf(world.endpoint, sizeof(world.endpoint), "tcp://127.0.0.1:%d",
             20000 + (int)(getpid() % 20000));
    edge_open(STR_ABSENT, STR_ABSENT);
    char *host = strstr(world.endpoint, "127.0.0.1");
    char port[16];
    snprintf(port, sizeof(port), "%s", host + strlen("127.0.0.1"));
    snprintf(host, 32, "localhost%s", port);
    worker_start(0);
    workers_await(1);
    load_begin(500);
    load_finish();
}

/* ---- CURVE */

static void curve_edge_open(const char *kind, const char *worker_public)
{
    char allowed[128];
    snprintf(allowed, sizeof(allowed), "# the workers\n%s %s\n", kind, worker_public);
    assert_int_equal(curve_keypair_make(world.public_key, world.secret_key), OK);
    link_edge_free(world.link);
    edge_open(str_from_cstr(world.secret_key), str_from_cstr(allowed));
}

static void a_worker_whose_key_is_allowed_works_over_curve(void **state)
{
    char public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES];
    (void)state;
    assert_int_equal(curve_keypair_make(public_key, secret_key), OK);
    curve_edge_open("signer", public_key);
    worker_start_with(0, "signer", "0", secret_key, world.public_key);
    workers_await(1);
    load_begin(500);
    load_finish();
}

static void assert_refused(const char *secret_key, const char *edge_key)
{
    worker_start_with(0, "signer", "0", secret_key, edge_key);
    world.goal = 1;
    call_send("echo", BUDGET_CALLBACK_MS);
    run_until(all_told);
    assert_int_equal(world.last_failure, FAIL_WORKER_UNAVAILABLE);
    assert_int_equal(link_edge_workers(world.link, WORKER_SIGNER), 0);
}

static void a_worker_with_an_unknown_key_is_refused(void **state)
{
    char public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES], other[CURVE_KEY_BYTES];
    (void)state;
    assert_int_equal(curve_keypair_make(other, secret_key), OK);
    assert_int_equal(curve_keypair_make(public_key, secret_key), OK);
    curve_edge_open("signer", other);
    assert_refused(secret_key, world.public_key);
}

static void a_worker_with_a_key_of_another_kind_is_refused(void **state)
{
    char public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES];
    (void)state;
    assert_int_equal(curve_keypair_make(public_key, secret_key), OK);
    curve_edge_open("broker", public_key);
    assert_refused(secret_key, world.public_key);
}

static void a_worker_without_keys_is_refused_by_a_curve_edge(void **state)
{
    char public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES];
    (void)state;
    assert_int_equal(curve_keypair_make(public_key, secret_key), OK);
    curve_edge_open("signer", public_key);
    assert_refused(NULL, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_answered_by_a_worker),
        TEST(requests_are_spread_over_the_workers),
        TEST(killing_a_worker_under_load_loses_nothing),
        TEST(killing_the_only_worker_waits_for_its_successor),
        TEST(a_stopped_worker_is_found_by_its_silence),
        TEST(a_slow_worker_does_not_hold_up_the_others),
        TEST(a_draining_worker_answers_what_it_has_and_ends_with_0),
        TEST(a_rolling_restart_loses_nothing),
        TEST(a_restarted_edge_has_its_workers_back),
        TEST(an_edge_that_said_bye_may_come_back),
        TEST(a_request_that_kills_each_worker_fails_after_two_repetitions),
        TEST(without_a_worker_a_request_fails_in_time),
        TEST(a_spent_budget_is_told),
        TEST(an_operation_that_nobody_announced_is_not_sent),
        TEST(a_full_queue_sheds),
        TEST(a_cancelled_call_is_never_told),
        TEST(malformed_messages_are_dropped_and_the_rest_goes_on),
        TEST(a_worker_of_another_kind_is_not_taken),
        TEST(a_host_name_stands_for_its_addresses),
        TEST(a_worker_whose_key_is_allowed_works_over_curve),
        TEST(a_worker_with_an_unknown_key_is_refused),
        TEST(a_worker_with_a_key_of_another_kind_is_refused),
        TEST(a_worker_without_keys_is_refused_by_a_curve_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
