/* What becomes of a request: budgets, queue, cancellation, ids and sizes (proto/README.md, "A
 * request"). */
#include "tests/unit/proto/link_rig.h"

#include <stdio.h>
#include <string.h>

static void without_a_worker_a_request_fails_in_time(void **state)
{
    (void)state;
    call_send("echo", BUDGET_CALLBACK_MS);
    calls_await(1);
    assert_int_equal(rig.last_failure, FAIL_WORKER_UNAVAILABLE);
}

static void a_spent_budget_is_told(void **state)
{
    (void)state;
    worker_start_slow(0, "1000");
    workers_await(1);
    call_send("echo", 100);
    calls_await(1);
    assert_int_equal(rig.last_failure, FAIL_BUDGET_SPENT);
    /* The late answer finds nobody, and nothing breaks. */
    call_send("echo", BUDGET_CALLBACK_MS);
    calls_await(2);
    assert_int_equal(rig.answered, 1);
}

static void waiting_in_the_queue_spends_the_budget(void **state)
{
    (void)state;
    worker_start_slow(0, "400");
    workers_await(1);
    /* CREDIT_TOTAL are in flight, the others wait behind them for longer than they have. */
    for (int i = 0; i < CREDIT_TOTAL; i++)
        call_send("echo", BUDGET_CALLBACK_MS);
    for (int i = 0; i < 10; i++)
        call_send("echo", 100);
    assert_int_equal(link_edge_in_flight(rig.link, WORKER_SIGNER), CREDIT_TOTAL);
    assert_int_equal(link_edge_queued(rig.link, WORKER_SIGNER), 10);
    calls_await(10);
    assert_int_equal(rig.failed, 10);
    assert_int_equal(rig.last_failure, FAIL_BUDGET_SPENT);
    calls_await(CREDIT_TOTAL + 10);
    assert_int_equal(rig.answered, CREDIT_TOTAL);
}

static void an_operation_that_nobody_announced_is_not_sent(void **state)
{
    (void)state;
    worker_start(0);
    workers_await(1);
    call_send("unheard_of", 500);
    calls_await(1);
    assert_int_equal(rig.failed, 1);
    assert_true(rig.last_failure == FAIL_WORKER_UNAVAILABLE ||
                rig.last_failure == FAIL_BUDGET_SPENT);
}

static void a_full_queue_sheds(void **state)
{
    (void)state;
    for (int i = 0; i < QUEUE_REQUESTS_MAX + 10; i++)
        call_send("echo", BUDGET_CALLBACK_MS);
    calls_await(10);
    assert_int_equal(rig.failed, 10);
    assert_int_equal(rig.last_failure, FAIL_OVERLOADED);
    assert_int_equal(link_edge_queued(rig.link, WORKER_SIGNER), QUEUE_REQUESTS_MAX);
    worker_start(0);
    calls_await(QUEUE_REQUESTS_MAX + 10);
    assert_int_equal(rig.answered, QUEUE_REQUESTS_MAX);
}

static bool nothing_is_in_flight(void)
{
    return link_edge_in_flight(rig.link, WORKER_SIGNER) == 0;
}

static void a_cancelled_call_is_never_told(void **state)
{
    (void)state;
    worker_start_slow(0, "50");
    workers_await(1);
    struct link_call *in_flight = call_send("echo", BUDGET_CALLBACK_MS);
    assert_int_equal(link_edge_in_flight(rig.link, WORKER_SIGNER), 1);
    link_call_cancel(in_flight);
    for (int i = 0; i < CREDIT_TOTAL; i++)
        call_send("echo", BUDGET_CALLBACK_MS);
    struct link_call *queued = call_send("echo", BUDGET_CALLBACK_MS);
    assert_int_equal(link_edge_queued(rig.link, WORKER_SIGNER), 1);
    link_call_cancel(queued);
    assert_int_equal(link_edge_queued(rig.link, WORKER_SIGNER), 0);
    calls_await(CREDIT_TOTAL);
    run_until(nothing_is_in_flight);
    assert_int_equal(rig.told[0], 0);
    assert_int_equal(rig.told[1 + CREDIT_TOTAL], 0);
    assert_int_equal(rig.answered, CREDIT_TOTAL);
}

static void a_request_id_that_is_in_flight_is_refused(void **state)
{
    (void)state;
    worker_start_slow(0, "50");
    workers_await(1);
    struct link_edge_request request = request_make("echo", BUDGET_CALLBACK_MS);
    call_send_request(&request);
    call_send_request(&request);
    calls_await(1);
    assert_int_equal(rig.told[1], 1);
    assert_int_equal(rig.last_failure, FAIL_SERVER_ERROR);
    calls_await(2);
    assert_int_equal(rig.answered, 1);
    /* Once told the id may come again: a repetition by the edge itself. */
    call_send_request(&request);
    calls_await(3);
    assert_int_equal(rig.answered, 2);
}

/* MESSAGE_BYTES_MAX: a longer frame would cost the connection, and with it everything in flight. */
static void what_is_too_long_for_a_frame_is_refused_and_costs_no_connection(void **state)
{
    static char body[MESSAGE_BYTES_MAX + 1];
    (void)state;
    worker_start(0);
    workers_await(1);
    memset(body, ' ', sizeof(body));
    body[0] = '{';
    body[sizeof(body) - 2] = body[sizeof(body) - 1] = '}';
    struct link_edge_request request = request_make("swallow", BUDGET_CALLBACK_MS);
    request.body = str_from_bytes(body, MESSAGE_BYTES_MAX + 1);
    call_send_request(&request);
    calls_await(1);
    assert_int_equal(rig.last_failure, FAIL_BODY_TOO_LARGE);
    request.body.len = MESSAGE_BYTES_MAX;
    call_send_request(&request);
    calls_await(2);
    assert_int_equal(rig.answered, 1);
    call_send("long", BUDGET_CALLBACK_MS);
    calls_await(3);
    assert_int_equal(rig.last_failure, FAIL_SERVER_ERROR);
    assert_int_equal(link_edge_workers_ready(rig.link, WORKER_SIGNER), 1);
}

static void a_failure_travels_by_its_name(void **state)
{
    (void)state;
    worker_start(0);
    workers_await(1);
    call_send("fail", BUDGET_CALLBACK_MS);
    calls_await(1);
    assert_int_equal(rig.last_failure, FAIL_CODE_REPLAYED);
}

static void a_worker_may_say_when_to_come_again(void **state)
{
    (void)state;
    worker_start(0);
    workers_await(1);
    rig.watched = call_send("limit", BUDGET_CALLBACK_MS);
    calls_await(1);
    assert_int_equal(rig.last_failure, FAIL_RATE_LIMITED);
    assert_int_equal(rig.last_retry_after_s, 37);
    rig.watched = call_send("fail", BUDGET_CALLBACK_MS);
    calls_await(2);
    assert_int_equal(rig.last_retry_after_s, 0); /* nothing was told */
}

/* As sign-ins do that wait for a GitHub that hangs. */
static void who_waits_for_a_third_party_keeps_nobody_waiting(void **state)
{
    (void)state;
    worker_start(0);
    workers_await(1);
    for (int i = 0; i < REQUESTS_PARKED_MAX + 1; i++)
        call_send("park", BUDGET_CALLBACK_MS);
    calls_await(1);
    assert_int_equal(rig.last_failure, FAIL_OVERLOADED);
    assert_int_equal(link_edge_in_flight(rig.link, WORKER_SIGNER), REQUESTS_PARKED_MAX);
    for (int i = 0; i < CREDIT_TOTAL; i++)
        call_send("echo", BUDGET_CALLBACK_MS);
    assert_int_equal(link_edge_queued(rig.link, WORKER_SIGNER), 0);
    calls_await(1 + CREDIT_TOTAL);
    assert_int_equal(rig.answered, CREDIT_TOTAL);
    call_send("release", BUDGET_CALLBACK_MS);
    calls_await(1 + CREDIT_TOTAL + 1 + REQUESTS_PARKED_MAX);
    assert_int_equal(rig.failed, 1);
    /* Room for as many again. */
    call_send("park", BUDGET_CALLBACK_MS);
    call_send("release", BUDGET_CALLBACK_MS);
    calls_await(1 + CREDIT_TOTAL + 1 + REQUESTS_PARKED_MAX + 2);
    assert_int_equal(rig.failed, 1);
}

static void a_worker_of_another_kind_is_not_taken(void **state)
{
    (void)state;
    worker_start_with(0, "broker", "0", rig.endpoint, NULL, NULL);
    call_send("echo", BUDGET_CALLBACK_MS);
    calls_await(1);
    assert_int_equal(rig.last_failure, FAIL_WORKER_UNAVAILABLE);
    assert_int_equal(link_edge_workers(rig.link, WORKER_SIGNER), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(without_a_worker_a_request_fails_in_time),
        RIG_TEST(a_spent_budget_is_told),
        RIG_TEST(waiting_in_the_queue_spends_the_budget),
        RIG_TEST(an_operation_that_nobody_announced_is_not_sent),
        RIG_TEST(a_full_queue_sheds),
        RIG_TEST(a_cancelled_call_is_never_told),
        RIG_TEST(a_request_id_that_is_in_flight_is_refused),
        RIG_TEST(what_is_too_long_for_a_frame_is_refused_and_costs_no_connection),
        RIG_TEST(a_failure_travels_by_its_name),
        RIG_TEST(a_worker_may_say_when_to_come_again),
        RIG_TEST(who_waits_for_a_third_party_keeps_nobody_waiting),
        RIG_TEST(a_worker_of_another_kind_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
