/* services/edge/http_patience.c: the fuller the server, the shorter it waits. */
#include "services/edge/http_patience.h"
#include "tests/unit/common/base/unit.h"

static struct http_load load_of(size_t connections, size_t unread_bytes)
{
    return (struct http_load){connections, 1000, unread_bytes, 4000};
}

static int64_t patience_ms(enum http_phase phase, size_t connections, size_t unread_bytes)
{
    struct http_load load = load_of(connections, unread_bytes);
    return http_patience_ms(phase, &load);
}

static void nobody_is_hurried_while_half_is_free(void **state)
{
    (void)state;
    for (size_t connections = 0; connections <= 500; connections += 100) {
        assert_int_equal(patience_ms(HTTP_IDLE, connections, 2000), 75000);
        assert_int_equal(patience_ms(HTTP_HEAD, connections, 0), 10000);
        assert_int_equal(patience_ms(HTTP_BODY, connections, 0), 20000);
    }
}

static void patience_shrinks_with_the_room_that_is_left(void **state)
{
    (void)state;
    assert_int_equal(patience_ms(HTTP_IDLE, 750, 0), 38000);
    assert_int_equal(patience_ms(HTTP_IDLE, 0, 3000), 38000);
    assert_int_equal(patience_ms(HTTP_IDLE, 750, 4000), 1000); /* the scarcer one counts */
    for (size_t full = 1000; full <= 1000000; full *= 10)
        for (int phase = HTTP_IDLE; phase < HTTP_ANSWER; phase++)
            assert_int_equal(patience_ms((enum http_phase)phase, full, 0), 1000);
}

static void a_request_that_is_here_is_never_hurried(void **state)
{
    struct http_load full = load_of(1000, 4000);
    struct http_patience patience = {0};
    (void)state;
    http_patience_look(&patience, HTTP_ANSWER, 0, 1);
    assert_false(http_patience_is_over(&patience, &full, INT64_MAX));
}

static void a_phase_is_timed_from_its_first_sight_and_not_renewed_by_bytes(void **state)
{
    struct http_load load = load_of(0, 0);
    struct http_patience patience = {0};
    (void)state;
    http_patience_look(&patience, HTTP_IDLE, 0, 5000);
    for (int64_t now_ms = 50000; now_ms <= 60000; now_ms += 250)
        http_patience_look(&patience, HTTP_HEAD, 0, now_ms);
    assert_false(http_patience_is_over(&patience, &load, 60000));
    assert_true(http_patience_is_over(&patience, &load, 60001));
}

static void the_next_request_of_a_connection_is_timed_anew(void **state)
{
    struct http_load load = load_of(0, 0);
    struct http_patience patience = {0};
    (void)state;
    http_patience_look(&patience, HTTP_HEAD, 0, 1000);
    http_patience_look(&patience, HTTP_HEAD, 310, 12000); /* there was an answer in between */
    assert_false(http_patience_is_over(&patience, &load, 12001));
}

static void who_reads_an_answer_slowly_is_hurried_too(void **state)
{
    (void)state;
    assert_int_equal(patience_ms(HTTP_WRITE, 0, 0), 30000);
    assert_int_equal(patience_ms(HTTP_WRITE, 1000, 0), 1000);
}

static void time_that_the_server_stood_still_is_not_the_clients(void **state)
{
    struct http_load full = load_of(1000, 0);
    struct http_awake awake = {0};
    struct http_patience patience = {0};
    (void)state;
    assert_true(http_awake_look(&awake, 70000));
    http_patience_look(&patience, HTTP_HEAD, 0, awake.time_ms);
    assert_false(http_awake_look(&awake, 90000)); /* it slept: what was sent is to be read first */
    assert_false(http_patience_is_over(&patience, &full, awake.time_ms));
    assert_true(http_awake_look(&awake, 90250));
    assert_false(http_patience_is_over(&patience, &full, awake.time_ms));
    assert_true(http_awake_look(&awake, 90750));
    http_awake_look(&awake, 91001);
    assert_true(http_patience_is_over(&patience, &full, awake.time_ms));
}

static void a_loop_that_is_always_late_still_ends_somebody(void **state)
{
    struct http_awake awake = {0};
    (void)state;
    assert_true(http_awake_look(&awake, 1000));
    assert_false(http_awake_look(&awake, 2000));
    assert_true(http_awake_look(&awake, 3000));
    assert_false(http_awake_look(&awake, 4000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_hurried_while_half_is_free),
        cmocka_unit_test(patience_shrinks_with_the_room_that_is_left),
        cmocka_unit_test(a_request_that_is_here_is_never_hurried),
        cmocka_unit_test(a_phase_is_timed_from_its_first_sight_and_not_renewed_by_bytes),
        cmocka_unit_test(the_next_request_of_a_connection_is_timed_anew),
        cmocka_unit_test(who_reads_an_answer_slowly_is_hurried_too),
        cmocka_unit_test(time_that_the_server_stood_still_is_not_the_clients),
        cmocka_unit_test(a_loop_that_is_always_late_still_ends_somebody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
