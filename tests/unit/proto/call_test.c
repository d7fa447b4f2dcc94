/* A call, the lists it moves between, and the table that finds it. */
#include "proto/call.h"
#include "common/base/clock.h"
#include "tests/unit/common/base/unit.h"

#include <stdio.h>
#include <string.h>

static void on_reply(void *context, enum failure failure, struct str body)
{
    (void)context;
    (void)failure;
    (void)body;
}

/* The first two bytes choose the bucket, the last one tells calls apart. */
static struct link_call *call_make(unsigned char first, unsigned char last)
{
    struct link_edge_request request = {
        .operation = STR("exchange"),
        .version = 12,
        .traceparent = STR("00-trace"),
        .body = STR("{\"code\":\"x\"}"),
        .budget_ms = 4000,
    };
    request.request_id[0] = first;
    request.request_id[REQUEST_ID_BYTES - 1] = last;
    struct link_call *call = call_new(NULL, &request, on_reply, NULL);
    assert_non_null(call);
    return call;
}

static void a_call_copies_what_it_was_made_of(void **state)
{
    (void)state;
    char operation[] = "exchange", trace[] = "00-trace", body[] = "{\"a\":\"\0\"}";
    int64_t before_ms = clock_monotonic_ms();
    struct link_edge_request request = {
        .operation = str_from_cstr(operation),
        .version = 4294967295u,
        .traceparent = str_from_cstr(trace),
        .body = str_from_bytes(body, sizeof(body) - 1),
        .budget_ms = 4000,
    };
    memset(request.request_id, 9, REQUEST_ID_BYTES);
    struct link_call *call = call_new(NULL, &request, on_reply, operation);
    assert_non_null(call);
    memset(operation, 'x', sizeof(operation) - 1);
    memset(trace, 'x', sizeof(trace) - 1);
    memset(body, 'x', sizeof(body) - 1);
    assert_string_equal(call->announced, "exchange/4294967295");
    assert_string_equal(call->operation, "exchange");
    assert_string_equal(call->traceparent, "00-trace");
    assert_int_equal(call->request_body_len, sizeof(body) - 1);
    assert_memory_equal(call->request_body, "{\"a\":\"\0\"}", sizeof(body) - 1);
    assert_memory_equal(call->request_id, request.request_id, REQUEST_ID_BYTES);
    assert_in_range(call->deadline_ms, before_ms + 4000, clock_monotonic_ms() + 4000);
    assert_ptr_equal(call->context, operation);
    assert_ptr_equal(call->on_reply, on_reply);
    assert_int_equal(call->repeats, 0);
    call_free(call);
}

static void a_call_without_texts_has_empty_ones(void **state)
{
    (void)state;
    const struct link_edge_request request = {.version = 1};
    struct link_call *call = call_new(NULL, &request, on_reply, NULL);
    assert_non_null(call);
    assert_string_equal(call->announced, "/1");
    assert_string_equal(call->operation, "");
    assert_string_equal(call->traceparent, "");
    assert_int_equal(call->request_body_len, 0);
    call_free(call);
}

/* lists */

static void assert_list(const struct call_list *list, struct link_call *const *expected, size_t len)
{
    const struct link_call *call = list->first, *previous = NULL;
    assert_int_equal(list->len, len);
    for (size_t i = 0; i < len; i++) {
        assert_ptr_equal(call, expected[i]);
        assert_ptr_equal(call->previous, previous);
        assert_ptr_equal(call->list, list);
        previous = call;
        call = call->next;
    }
    assert_null(call);
    assert_ptr_equal(list->last, previous);
}

static void a_list_keeps_the_order_of_arrival(void **state)
{
    (void)state;
    struct call_list list = {NULL, NULL, 0};
    struct link_call *calls[3];
    for (unsigned char i = 0; i < 3; i++)
        call_list_move(calls[i] = call_make(0, i), &list);
    assert_list(&list, calls, 3);
    call_list_move_front(calls[2], &list); /* what comes back from the dead goes first */
    assert_list(&list, (struct link_call *[]){calls[2], calls[0], calls[1]}, 3);
    call_list_move(calls[2], &list);
    assert_list(&list, calls, 3);
    call_list_remove(calls[1]);
    assert_null(calls[1]->list);
    assert_list(&list, (struct link_call *[]){calls[0], calls[2]}, 2);
    call_list_remove(calls[2]);
    call_list_remove(calls[0]);
    call_list_remove(calls[0]); /* in no list: nothing happens */
    assert_list(&list, NULL, 0);
    for (size_t i = 0; i < 3; i++)
        call_free(calls[i]);
}

static void a_call_is_in_one_list_at_a_time(void **state)
{
    (void)state;
    struct call_list queue = {NULL, NULL, 0}, flight = {NULL, NULL, 0};
    struct link_call *a = call_make(0, 1), *b = call_make(0, 2);
    call_list_move(a, &queue);
    call_list_move(b, &queue);
    call_list_move(a, &flight);
    assert_list(&queue, (struct link_call *[]){b}, 1);
    assert_list(&flight, (struct link_call *[]){a}, 1);
    call_list_move_front(b, &flight);
    assert_list(&queue, NULL, 0);
    assert_list(&flight, (struct link_call *[]){b, a}, 2);
    call_free(a);
    call_free(b);
}

/* the table */

static void a_call_is_found_by_its_request_id(void **state)
{
    (void)state;
    enum { CALLS = 200 };
    struct call_table *table = call_table_new();
    struct link_call *calls[CALLS];
    assert_non_null(table);
    for (unsigned char i = 0; i < CALLS; i++)
        call_table_add(table, calls[i] = call_make(i, i));
    for (size_t i = 0; i < CALLS; i++)
        assert_ptr_equal(call_table_get(table, calls[i]->request_id), calls[i]);
    struct link_call *stranger = call_make(1, 0);
    assert_null(call_table_get(table, stranger->request_id));
    call_table_remove(table, stranger); /* it may be absent */
    call_free(stranger);
    for (size_t i = 0; i < CALLS; i++) {
        call_table_remove(table, calls[i]);
        assert_null(call_table_get(table, calls[i]->request_id));
        call_free(calls[i]);
    }
    call_table_free(table);
    call_table_free(NULL);
}

static void colliding_calls_are_told_apart_in_every_order_of_removal(void **state)
{
    (void)state;
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t order = 0; order < LENGTH_OF(orders); order++) {
        struct call_table *table = call_table_new();
        struct link_call *calls[3];
        bool is_there[3] = {true, true, true};
        for (unsigned char i = 0; i < 3; i++)
            call_table_add(table, calls[i] = call_make(7, i));
        for (size_t step = 0; step < 3; step++) {
            call_table_remove(table, calls[orders[order][step]]);
            is_there[orders[order][step]] = false;
            for (size_t i = 0; i < 3; i++)
                assert_ptr_equal(call_table_get(table, calls[i]->request_id),
                                 is_there[i] ? calls[i] : NULL);
        }
        for (size_t i = 0; i < 3; i++)
            call_free(calls[i]);
        call_table_free(table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_copies_what_it_was_made_of),
        cmocka_unit_test(a_call_without_texts_has_empty_ones),
        cmocka_unit_test(a_list_keeps_the_order_of_arrival),
        cmocka_unit_test(a_call_is_in_one_list_at_a_time),
        cmocka_unit_test(a_call_is_found_by_its_request_id),
        cmocka_unit_test(colliding_calls_are_told_apart_in_every_order_of_removal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
