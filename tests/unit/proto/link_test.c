/* The link with workers that are killed, stopped, slow, draining and restarted: proto/README.md's
 * dialogues with real processes. Built once for each event loop of an edge. */
#include "tests/unit/proto/link_rig.h"
#include "common/base/hex.h"
#include "common/base/log.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void a_request_is_answered_by_a_worker(void **state)
{
    (void)state;
    worker_start(0);
    load_begin(1000);
    load_finish();
    assert_non_null(strstr(rig.last_body, "\"body\":{\"x\":1}"));
}

static void requests_are_spread_over_the_workers(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        worker_start(i);
    workers_await(3);
    load_begin(6000);
    load_finish();
    for (int i = 0; i < 3; i++) /* as much as the machine's scheduler lets each of them do */
        assert_true(rig.by[i] > 100);
}

static void killing_a_worker_under_load_loses_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        worker_start(i);
    workers_await(3);
    load_begin(6000);
    load_await_half();
    worker_end(1);
    load_finish();
    assert_int_equal(link_edge_workers(rig.link, WORKER_SIGNER), 2);
}

static void killing_the_only_worker_waits_for_its_successor(void **state)
{
    (void)state;
    worker_start(0);
    workers_await(1);
    load_begin(2000);
    load_await_half();
    worker_end(0);
    worker_start(1);
    load_finish();
    assert_true(rig.by[1] > 0);
}

static void a_stopped_worker_is_found_by_its_silence(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        worker_start(i);
    workers_await(3);
    load_begin(3000);
    load_await_half();
    kill(rig.workers[1], SIGSTOP);
    load_finish();
    workers_await(2);
    /* It goes on: what it answers late is dropped, and it works again. */
    kill(rig.workers[1], SIGCONT);
    workers_await(3);
    size_t before = rig.by[1];
    load_begin(3000);
    load_finish();
    assert_true(rig.by[1] > before);
}

static void a_slow_worker_does_not_hold_up_the_others(void **state)
{
    (void)state;
    worker_start(0);
    worker_start(1);
    worker_start_slow(2, "50");
    workers_await(3);
    load_begin(3000);
    load_finish();
    assert_true(rig.by[2] > 0);
    assert_true(rig.by[2] < rig.by[0]);
}

static void a_draining_worker_answers_what_it_has_and_ends_with_0(void **state)
{
    (void)state;
    worker_start_slow(0, "20");
    worker_start_slow(1, "20");
    workers_await(2);
    load_begin(600);
    load_await_half();
    kill(rig.workers[0], SIGTERM);
    load_finish();
    int status = worker_end_await(0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_rolling_restart_loses_nothing(void **state)
{
    (void)state;
    worker_start(0);
    worker_start(1);
    workers_await(2);
    for (int round = 0; round < 4; round++) {
        load_begin(1500);
        load_await_half();
        kill(rig.workers[round % 2], SIGTERM);
        load_finish();
        assert_int_equal(worker_end_await(round % 2), 0);
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
    link_edge_free(rig.link);
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
    link_edge_say_bye(rig.link);
    for (int i = 0; i < 10; i++)
        loop_run_turn(rig.loop);
    link_edge_free(rig.link);
    edge_open(STR_ABSENT, STR_ABSENT);
    workers_await(1);
    load_begin(100);
    load_finish();
}

/* Standard error goes to a file meanwhile. */
static void log_read(char *ret_text, size_t size, void (*run)(void))
{
    char path[96];
    snprintf(path, sizeof(path), "%s/log", rig.folder);
    int file = open(path, O_RDWR | O_CREAT, 0600), before = dup(STDERR_FILENO);
    log_init(LOG_ERROR, STR("link_test"), STR("test"));
    dup2(file, STDERR_FILENO);
    run();
    dup2(before, STDERR_FILENO);
    log_init(LOG_ERROR + 1, STR("link_test"), STR("test"));
    ssize_t len = pread(file, ret_text, size - 1, 0);
    ret_text[len > 0 ? len : 0] = '\0';
    close(before);
    close(file);
}

static struct link_edge_request poison;

static void poison_run(void)
{
    call_send_request(&poison);
    calls_await(1);
}

static void a_request_that_kills_each_worker_fails_after_two_repetitions(void **state)
{
    char text[4096], request_id[2 * sizeof(poison.request_id) + 1];
    (void)state;
    for (int i = 0; i < 4; i++)
        worker_start(i);
    workers_await(4);
    poison = request_make("die", BUDGET_CALLBACK_MS);
    log_read(text, sizeof(text), poison_run);
    assert_int_equal(rig.failed, 1);
    assert_int_equal(rig.last_failure, FAIL_REQUEST_POISON);
    workers_await(1);
    hex_write(request_id, poison.request_id, sizeof(poison.request_id));
    assert_non_null(strstr(text, "request.poison"));
    assert_non_null(strstr(text, request_id));
    assert_non_null(strstr(text, "die/1"));
}

static void a_host_name_stands_for_its_addresses(void **state)
{
    char endpoint[96];
    (void)state;
    edge_move_to_tcp();
    snprintf(endpoint, sizeof(endpoint), "tcp://localhost%s", strrchr(rig.endpoint, ':'));
    worker_start_with(0, "signer", "0", endpoint, NULL, NULL);
    workers_await(1);
    load_begin(500);
    load_finish();
}

static void calls_send(size_t count)
{
    for (size_t i = 0; i < count; i++)
        call_send("echo", BUDGET_CALLBACK_MS);
}

static void two_addresses_of_one_edge_are_one_connection(void **state)
{
    char endpoints[256];
    (void)state;
    edge_move_to_tcp();
    const char *port = strrchr(rig.endpoint, ':');
    snprintf(endpoints, sizeof(endpoints), "tcp://127.0.0.1%s,tcp://localhost%s,%s", port, port,
             rig.endpoint);
    worker_start_with(0, "signer", "5", endpoints, NULL, NULL);
    workers_await(1);
    load_begin(500);
    load_finish();
    assert_int_equal(link_edge_workers(rig.link, WORKER_SIGNER), 1);
    /* The one that is left has the whole credit. */
    calls_send(CREDIT_TOTAL + 1);
    assert_int_equal(link_edge_in_flight(rig.link, WORKER_SIGNER), CREDIT_TOTAL);
    assert_int_equal(link_edge_queued(rig.link, WORKER_SIGNER), 1);
    calls_await(500 + CREDIT_TOTAL + 1);
}

/* ---- several edges */

static struct link_edge *first_edge;

static bool both_edges_have_the_worker(void)
{
    return link_edge_workers_ready(first_edge, WORKER_SIGNER) == 1 &&
           link_edge_workers_ready(rig.link, WORKER_SIGNER) == 1;
}

/* Asks again until the READY that follows the other edge's WELCOME has arrived. */
static bool half_of_the_credit_is_given(void)
{
    while (link_edge_queued(rig.link, WORKER_SIGNER) == 0)
        call_send("echo", BUDGET_CALLBACK_MS);
    return link_edge_in_flight(rig.link, WORKER_SIGNER) == CREDIT_TOTAL / 2;
}

static bool the_whole_credit_is_given(void)
{
    while (link_edge_queued(rig.link, WORKER_SIGNER) == 0)
        call_send("echo", BUDGET_CALLBACK_MS);
    return link_edge_in_flight(rig.link, WORKER_SIGNER) == CREDIT_TOTAL;
}

static void a_worker_divides_its_credit_over_its_edges(void **state)
{
    char endpoints[256];
    (void)state;
    first_edge = rig.link;
    int len = snprintf(endpoints, sizeof(endpoints), "%s,", rig.endpoint);
    snprintf(rig.endpoint + strlen(rig.endpoint), 3, ".2");
    snprintf(endpoints + len, sizeof(endpoints) - (size_t)len, "%s", rig.endpoint);
    edge_open(STR_ABSENT, STR_ABSENT);
    worker_start_with(0, "signer", "20", endpoints, NULL, NULL);
    run_until(both_edges_have_the_worker);
    run_until(half_of_the_credit_is_given);
    /* One edge ends: the other gets its half. */
    link_edge_say_bye(first_edge);
    link_edge_free(first_edge);
    run_until(the_whole_credit_is_given);
    calls_await(rig.sent);
    assert_int_equal(rig.failed, 0);
}

/* ---- the edge itself sleeps */

static void an_edge_that_slept_takes_nobody_for_dead(void **state)
{
    const struct timespec sleep = {.tv_sec = 2};
    (void)state;
    worker_start(0);
    worker_start(1);
    workers_await(2);
    load_begin(200);
    nanosleep(&sleep, NULL); /* as if stopped: longer than the silence that means death */
    for (int i = 0; i < 20; i++) {
        loop_run_turn(rig.loop);
        assert_int_equal(link_edge_workers(rig.link, WORKER_SIGNER), 2);
    }
    load_finish();
}

static void an_edge_that_slept_still_finds_who_died_meanwhile(void **state)
{
    const struct timespec sleep = {.tv_sec = 2};
    (void)state;
    worker_start(0);
    worker_start(1);
    workers_await(2);
    load_begin(200);
    kill(rig.workers[0], SIGSTOP);
    worker_end(1);
    nanosleep(&sleep, NULL);
    workers_await(0);
    worker_start(2);
    load_finish();
    assert_true(rig.by[2] > 0);
}

/* ---- keys and readiness */

static const char *key_wanted;

static bool the_key_is_known(void)
{
    return strstr(rig.keys, key_wanted) != NULL;
}

static void key_await(const char *kid)
{
    key_wanted = kid;
    run_until(the_key_is_known);
}

static void the_edge_knows_the_keys_of_all_signers_also_of_those_that_are_gone(void **state)
{
    (void)state;
    worker_start(0);
    worker_start(1);
    workers_await(2);
    kill(rig.workers[0], SIGHUP);
    key_await("\"0-1\"");
    kill(rig.workers[1], SIGHUP);
    key_await("\"1-1\"");
    kill(rig.workers[1], SIGHUP);
    key_await("\"1-2\"");
    worker_end(0);
    workers_await(1);
    kill(rig.workers[1], SIGHUP);
    key_await("\"1-3\"");
    assert_non_null(strstr(rig.keys, "\"0-1\""));
    assert_non_null(strstr(rig.keys, "\"1-1\""));
}

static void a_worker_that_is_not_ready_gets_nothing(void **state)
{
    (void)state;
    worker_start(0);
    worker_start(1);
    workers_await(2);
    kill(rig.workers[0], SIGUSR1);
    workers_await(1);
    assert_int_equal(link_edge_workers(rig.link, WORKER_SIGNER), 2);
    load_begin(500);
    load_finish();
    assert_int_equal(rig.by[0], 0);
    assert_int_equal(rig.by[1], 500);
    kill(rig.workers[0], SIGUSR1);
    workers_await(2);
    load_begin(500);
    load_finish();
    assert_true(rig.by[0] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_request_is_answered_by_a_worker),
        RIG_TEST(requests_are_spread_over_the_workers),
        RIG_TEST(killing_a_worker_under_load_loses_nothing),
        RIG_TEST(killing_the_only_worker_waits_for_its_successor),
        RIG_TEST(a_stopped_worker_is_found_by_its_silence),
        RIG_TEST(a_slow_worker_does_not_hold_up_the_others),
        RIG_TEST(a_draining_worker_answers_what_it_has_and_ends_with_0),
        RIG_TEST(a_rolling_restart_loses_nothing),
        RIG_TEST(a_restarted_edge_has_its_workers_back),
        RIG_TEST(an_edge_that_said_bye_may_come_back),
        RIG_TEST(a_request_that_kills_each_worker_fails_after_two_repetitions),
        RIG_TEST(a_host_name_stands_for_its_addresses),
        RIG_TEST(two_addresses_of_one_edge_are_one_connection),
        RIG_TEST(a_worker_divides_its_credit_over_its_edges),
        RIG_TEST(an_edge_that_slept_takes_nobody_for_dead),
        RIG_TEST(an_edge_that_slept_still_finds_who_died_meanwhile),
        RIG_TEST(the_edge_knows_the_keys_of_all_signers_also_of_those_that_are_gone),
        RIG_TEST(a_worker_that_is_not_ready_gets_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
