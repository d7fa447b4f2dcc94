/* Who gets the next call. */
#include "proto/worker_pool.h"
#include "common/base/limits.h"
#include "tests/unit/common/base/unit.h"

#include <stdio.h>
#include <string.h>

static struct str operations[] = {STR_INIT("exchange/1"), STR_INIT("refresh/1")};
static struct link_call exchange = {.announced = (char *)"exchange/1"};

static struct worker *add(struct worker_pool *pool, const char *id, int64_t credit)
{
    struct worker *worker = worker_pool_add(pool, str_from_cstr(id), pool);
    assert_non_null(worker);
    worker->credit = credit;
    worker->hello.operations = (struct strs){operations, LENGTH_OF(operations)};
    return worker;
}

/* Only the number counts here. */
static void load(struct worker *worker, size_t in_flight)
{
    worker->in_flight.len = in_flight;
}

static void finish(struct worker_pool *pool)
{
    while (pool->first != NULL) {
        struct worker *worker = pool->first;
        worker_pool_take(pool, worker);
        worker_free(worker);
    }
    assert_int_equal(pool->len, 0);
}

static void a_worker_is_found_by_its_routing_id(void **state)
{
    (void)state;
    struct worker_pool pool = {NULL, 0, 0};
    struct worker *a = add(&pool, "a", 1), *b = add(&pool, "ab", 1), *c = add(&pool, "abc", 1);
    assert_int_equal(pool.len, 3);
    assert_ptr_equal(worker_pool_get(&pool, STR("ab")), b);
    assert_str(worker_routing_id(b), "ab");
    assert_int_equal(b->every_ms, WORKER_FIRST_READY_MS);
    worker_pool_take(&pool, b);
    worker_free(b);
    assert_null(worker_pool_get(&pool, STR("ab")));
    assert_ptr_equal(worker_pool_get(&pool, STR("a")), a);
    assert_ptr_equal(worker_pool_get(&pool, STR("abc")), c);
    assert_null(worker_pool_get(&pool, STR("")));
    finish(&pool);
}

static void a_pool_is_bounded(void **state)
{
    (void)state;
    struct worker_pool pool = {NULL, 0, 0};
    char id[ROUTING_ID_BYTES_MAX + 1];
    memset(id, 'x', sizeof(id));
    assert_null(worker_pool_add(&pool, str_from_bytes(id, sizeof(id)), NULL));
    assert_non_null(worker_pool_add(&pool, str_from_bytes(id, sizeof(id) - 1), NULL));
    while (pool.len < WORKERS_MAX) {
        snprintf(id, sizeof(id), "%zu", pool.len);
        add(&pool, id, 1);
    }
    assert_null(worker_pool_add(&pool, STR("one too many"), NULL));
    finish(&pool);
}

static void the_least_loaded_is_chosen(void **state)
{
    (void)state;
    struct worker_pool pool = {NULL, 0, 0};
    struct worker *a = add(&pool, "a", 8), *b = add(&pool, "b", 8), *c = add(&pool, "c", 8);
    load(a, 3);
    load(b, 1);
    load(c, 2);
    assert_ptr_equal(worker_pool_choose(&pool, &exchange), b);
    load(b, 4);
    assert_ptr_equal(worker_pool_choose(&pool, &exchange), c);
    finish(&pool);
}

static void among_equals_the_one_that_waited_longest_is_chosen(void **state)
{
    (void)state;
    struct worker_pool pool = {NULL, 0, 0};
    for (const char *id = "abcd"; *id != '\0'; id++)
        add(&pool, (char[]){*id, '\0'}, 8);
    struct worker *first_round[4];
    for (size_t i = 0; i < 4; i++) {
        first_round[i] = worker_pool_choose(&pool, &exchange);
        for (size_t j = 0; j < i; j++)
            assert_ptr_not_equal(first_round[i], first_round[j]);
    }
    for (size_t i = 0; i < 8; i++)
        assert_ptr_equal(worker_pool_choose(&pool, &exchange), first_round[i % 4]);
    finish(&pool);
}

static void nobody_gets_more_than_the_credit_given(void **state)
{
    (void)state;
    struct worker_pool pool = {NULL, 0, 0};
    struct worker *a = add(&pool, "a", 2), *b = add(&pool, "b", 16);
    load(a, 2);
    load(b, 5);
    assert_ptr_equal(worker_pool_choose(&pool, &exchange), b);
    load(b, 16);
    assert_null(worker_pool_choose(&pool, &exchange));
    assert_false(worker_pool_has_room(&pool));
    assert_true(worker_pool_serves(&pool, &exchange)); /* after some answers */
    a->credit = b->credit = 0;                         /* their store is away */
    load(a, 0);
    load(b, 0);
    assert_null(worker_pool_choose(&pool, &exchange));
    assert_false(worker_pool_serves(&pool, &exchange));
    finish(&pool);
}

static void credit_that_shrinks_below_the_load_gives_nothing(void **state)
{
    (void)state;
    struct worker_pool pool = {NULL, 0, 0};
    struct worker *a = add(&pool, "a", 1);
    load(a, 5);
    assert_null(worker_pool_choose(&pool, &exchange));
    a->credit = INT64_MAX;
    assert_ptr_equal(worker_pool_choose(&pool, &exchange), a);
    a->credit = -1;
    load(a, 0);
    assert_null(worker_pool_choose(&pool, &exchange));
    assert_false(worker_pool_serves(&pool, &exchange));
    finish(&pool);
}

static void a_draining_worker_is_not_chosen(void **state)
{
    (void)state;
    struct worker_pool pool = {NULL, 0, 0};
    struct worker *a = add(&pool, "a", 8), *b = add(&pool, "b", 8);
    a->is_draining = true;
    load(b, 7);
    assert_ptr_equal(worker_pool_choose(&pool, &exchange), b);
    b->is_draining = true;
    assert_null(worker_pool_choose(&pool, &exchange));
    assert_false(worker_pool_has_room(&pool));
    assert_false(worker_pool_serves(&pool, &exchange));
    finish(&pool);
}

static void only_who_announced_operation_and_version_is_chosen(void **state)
{
    (void)state;
    struct worker_pool pool = {NULL, 0, 0};
    struct link_call newer = {.announced = (char *)"exchange/2"},
                     unknown = {.announced = (char *)"exchange"};
    static struct str next[] = {STR_INIT("exchange/2")};
    struct worker *old = add(&pool, "old", 8), *new = add(&pool, "new", 8);
    new->hello.operations = (struct strs){next, 1};
    for (int i = 0; i < 3; i++) {
        assert_ptr_equal(worker_pool_choose(&pool, &exchange), old);
        assert_ptr_equal(worker_pool_choose(&pool, &newer), new);
    }
    assert_null(worker_pool_choose(&pool, &unknown));
    assert_false(worker_pool_serves(&pool, &unknown));
    load(old, 8);
    assert_null(worker_pool_choose(&pool, &exchange));
    assert_true(worker_pool_has_room(&pool));
    finish(&pool);
}

static void an_empty_pool_serves_nobody(void **state)
{
    (void)state;
    struct worker_pool pool = {NULL, 0, 0};
    assert_null(worker_pool_choose(&pool, &exchange));
    assert_false(worker_pool_has_room(&pool));
    assert_false(worker_pool_serves(&pool, &exchange));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_is_found_by_its_routing_id),
        cmocka_unit_test(a_pool_is_bounded),
        cmocka_unit_test(the_least_loaded_is_chosen),
        cmocka_unit_test(among_equals_the_one_that_waited_longest_is_chosen),
        cmocka_unit_test(nobody_gets_more_than_the_credit_given),
        cmocka_unit_test(credit_that_shrinks_below_the_load_gives_nothing),
        cmocka_unit_test(a_draining_worker_is_not_chosen),
        cmocka_unit_test(only_who_announced_operation_and_version_is_chosen),
        cmocka_unit_test(an_empty_pool_serves_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
