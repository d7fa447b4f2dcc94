/* proto/worker_pool.c: which worker a call goes to (proto/README.md, "A request"). */
#include "common/base/limits.h"
#include "proto/worker_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct worker_pool pool;
static struct str EXCHANGE[] = {STR_INIT("exchange/1"), STR_INIT("refresh/1")};
static struct str REFRESH[] = {STR_INIT("refresh/1"), STR_INIT("refresh/2")};
static char exchange_1[] = "exchange/1", refresh_2[] = "refresh/2", foreign[] = "login/1";

static struct worker *worker_make(const char *routing_id, struct str *operations, int64_t credit)
{
    struct worker *worker = worker_pool_add(&pool, str_from_cstr(routing_id), &pool);
    assert_non_null(worker);
    worker->hello.operations = (struct strs){operations, 2};
    worker->credit = credit;
    return worker;
}

static int setup(void **state)
{
    (void)state;
    pool = (struct worker_pool){.first = NULL};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    while (pool.first != NULL) {
        struct worker *worker = pool.first;
        worker_pool_take(&pool, worker);
        worker_free(worker);
    }
    return pool.len != 0;
}

static struct worker *choose(char *announced)
{
    const struct link_call call = {.announced = announced};
    struct worker *worker = worker_pool_choose(&pool, &call);
    if (worker != NULL)
        worker->in_flight.len++; /* as if it had been sent */
    return worker;
}

static bool serves(char *announced)
{
    const struct link_call call = {.announced = announced};
    return worker_pool_serves(&pool, &call);
}

static void the_least_loaded_worker_is_chosen(void **state)
{
    struct worker *a = worker_make("a", EXCHANGE, 16), *b = worker_make("b", EXCHANGE, 16);
    (void)state;
    a->in_flight.len = 3;
    b->in_flight.len = 1;
    assert_ptr_equal(choose(exchange_1), b);
    assert_ptr_equal(choose(exchange_1), b);
    assert_int_equal(b->in_flight.len, 3);
}

static void equals_take_turns(void **state)
{
    struct worker *workers[3] = {worker_make("a", EXCHANGE, 16), worker_make("b", EXCHANGE, 16),
                                 worker_make("c", EXCHANGE, 16)};
    size_t times[3] = {0};
    (void)state;
    for (int i = 0; i < 300; i++) {
        struct worker *worker = choose(exchange_1);
        worker->in_flight.len--; /* answered at once */
        for (int at = 0; at < 3; at++)
            times[at] += worker == workers[at];
    }
    for (int at = 0; at < 3; at++)
        assert_int_equal(times[at], 100);
}

static void no_worker_gets_more_than_its_credit(void **state)
{
    struct worker *a = worker_make("a", EXCHANGE, 2), *b = worker_make("b", EXCHANGE, 1);
    (void)state;
    assert_true(worker_pool_has_room(&pool));
    for (int i = 0; i < 3; i++)
        assert_non_null(choose(exchange_1));
    assert_int_equal(a->in_flight.len, 2);
    assert_int_equal(b->in_flight.len, 1);
    assert_null(choose(exchange_1));
    assert_false(worker_pool_has_room(&pool));
    assert_true(serves(exchange_1)); /* worth waiting for */
}

static void only_who_announced_the_operation_and_version_is_chosen(void **state)
{
    struct worker *b = worker_make("b", REFRESH, 16);
    (void)state;
    worker_make("a", EXCHANGE, 16);
    b->in_flight.len = 9;
    assert_ptr_equal(choose(refresh_2), b);
    assert_null(choose(foreign));
    assert_true(serves(refresh_2));
    assert_false(serves(foreign));
}

static void a_draining_worker_and_one_without_credit_are_not_chosen(void **state)
{
    struct worker *a = worker_make("a", EXCHANGE, 16);
    (void)state;
    worker_make("b", EXCHANGE, 0);
    a->is_draining = true;
    assert_null(choose(exchange_1));
    assert_false(serves(exchange_1));
    assert_false(worker_pool_has_room(&pool));
}

static void a_suspect_is_alone_where_it_is_in_flight(void **state)
{
    struct worker *a = worker_make("a", EXCHANGE, 2), *b = worker_make("b", EXCHANGE, 2);
    struct link_call suspect = {.announced = exchange_1, .repeats = CALL_REPEATS_MAX};
    struct link_call other = {.announced = exchange_1};
    (void)state;
    a->in_flight.len = 2;
    b->in_flight.len = 1;
    assert_null(worker_pool_choose(&pool, &suspect)); /* b is reserved: the first to be empty */
    assert_null(worker_pool_choose(&pool, &other));
    b->in_flight.len = 0;
    worker_pool_release(&pool);
    assert_ptr_equal(worker_pool_choose(&pool, &suspect), b);
    b->in_flight = (struct call_list){.first = &suspect, .last = &suspect, .len = 1};
    assert_false(worker_pool_has_room(&pool));
    assert_true(worker_pool_serves(&pool, &other)); /* worth waiting for */
    a->in_flight.len = 0;
    assert_ptr_equal(worker_pool_choose(&pool, &other), a);
    assert_ptr_equal(worker_pool_choose(&pool, &suspect), a);
    b->in_flight = (struct call_list){.first = NULL};
    assert_ptr_equal(worker_pool_choose(&pool, &other), b);
}

static void suspects_reserve_a_worker_each_and_the_rest_goes_on(void **state)
{
    struct worker *a = worker_make("a", EXCHANGE, 4), *b = worker_make("b", EXCHANGE, 4);
    struct worker *c = worker_make("c", EXCHANGE, 4);
    struct link_call suspects[2] = {{.announced = exchange_1, .repeats = CALL_REPEATS_MAX},
                                    {.announced = exchange_1, .repeats = CALL_REPEATS_MAX}};
    (void)state;
    a->in_flight.len = 1;
    b->in_flight.len = 2;
    c->in_flight.len = 3;
    assert_null(worker_pool_choose(&pool, &suspects[0]));
    assert_null(worker_pool_choose(&pool, &suspects[1]));
    assert_ptr_equal(choose(exchange_1), c);
    assert_false(worker_pool_has_room(&pool));
    worker_pool_release(&pool); /* the suspects are gone */
    assert_ptr_equal(choose(exchange_1), a);
}

static void a_worker_is_found_by_its_routing_id(void **state)
{
    struct worker *a = worker_make("a\1", EXCHANGE, 1), *b = worker_make("a", EXCHANGE, 1);
    (void)state;
    assert_ptr_equal(worker_pool_get(&pool, STR("a\1")), a);
    assert_ptr_equal(worker_pool_get(&pool, STR("a")), b);
    assert_null(worker_pool_get(&pool, STR("")));
    worker_pool_take(&pool, a);
    worker_free(a);
    assert_null(worker_pool_get(&pool, STR("a\1")));
    assert_int_equal(pool.len, 1);
}

static void the_pool_has_a_ceiling(void **state)
{
    char routing_id[16];
    (void)state;
    for (int i = 0; i < WORKERS_MAX; i++) {
        snprintf(routing_id, sizeof(routing_id), "%d", i);
        worker_make(routing_id, EXCHANGE, 1);
    }
    assert_null(worker_pool_add(&pool, STR("one more"), &pool));
    char long_id[ROUTING_ID_BYTES_MAX + 1] = {0};
    struct worker *gone = pool.first;
    worker_pool_take(&pool, gone);
    worker_free(gone);
    assert_null(worker_pool_add(&pool, str_from_bytes(long_id, sizeof(long_id)), &pool));
    assert_non_null(worker_pool_add(&pool, str_from_bytes(long_id, ROUTING_ID_BYTES_MAX), &pool));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_least_loaded_worker_is_chosen),
        TEST(equals_take_turns),
        TEST(no_worker_gets_more_than_its_credit),
        TEST(only_who_announced_the_operation_and_version_is_chosen),
        TEST(a_draining_worker_and_one_without_credit_are_not_chosen),
        TEST(a_suspect_is_alone_where_it_is_in_flight),
        TEST(suspects_reserve_a_worker_each_and_the_rest_goes_on),
        TEST(a_worker_is_found_by_its_routing_id),
        TEST(the_pool_has_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
