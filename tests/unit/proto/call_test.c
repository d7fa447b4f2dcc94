/* proto/call.c: the lists that a call moves between, and the table that finds it. */
#include "common/base/clock.h"
#include "proto/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void on_reply(void *context, enum failure failure, struct str body)
{
    (void)context;
    (void)failure;
    (void)body;
}

/* The number stands at the end of the id, so that all calls meet in one bucket. */
static struct link_call *call_make(unsigned number)
{
    struct link_edge_request request = {
        .kind = WORKER_SIGNER,
        .operation = STR("exchange"),
        .version = 1,
        .traceparent = STR("00-a-b-01"),
        .body = str_from_bytes("{\"x\":\0}", 7),
        .budget_ms = 4000,
    };
    request.request_id[REQUEST_ID_BYTES - 1] = (unsigned char)number;
    struct link_call *call = call_new(NULL, &request, on_reply, NULL);
    assert_non_null(call);
    return call;
}

static void a_call_copies_what_is_asked(void **state)
{
    (void)state;
    int64_t before_ms = clock_monotonic_ms();
    struct link_call *call = call_make(7);
    assert_string_equal(call->announced, "exchange/1");
    assert_string_equal(call->operation, "exchange");
    assert_string_equal(call->traceparent, "00-a-b-01");
    assert_int_equal(call->request_body_len, 7);
    assert_memory_equal(call->request_body, "{\"x\":\0}", 7);
    assert_true(call->deadline_ms >= before_ms + 4000);
    assert_null(call->list);
    call_free(call);
}

static void assert_order(const struct call_list *list, struct link_call *const *calls, size_t len)
{
    const struct link_call *at = list->first, *previous = NULL;
    assert_int_equal(list->len, len);
    for (size_t i = 0; i < len; i++) {
        assert_ptr_equal(at, calls[i]);
        assert_ptr_equal(at->previous, previous);
        assert_ptr_equal(at->list, list);
        previous = at;
        at = at->next;
    }
    assert_null(at);
    assert_ptr_equal(list->last, previous);
}

static void a_call_is_always_in_one_list(void **state)
{
    struct call_list queue = {0}, worker = {0};
    struct link_call *a = call_make(1), *b = call_make(2), *c = call_make(3);
    (void)state;
    call_list_move(a, &queue);
    call_list_move(b, &queue);
    call_list_move(c, &queue);
    assert_order(&queue, (struct link_call *[]){a, b, c}, 3);
    call_list_move(b, &worker);
    assert_order(&queue, (struct link_call *[]){a, c}, 2);
    assert_order(&worker, (struct link_call *[]){b}, 1);
    call_list_move_front(b, &queue);
    assert_order(&queue, (struct link_call *[]){b, a, c}, 3);
    assert_order(&worker, NULL, 0);
    call_list_move(b, &queue);
    assert_order(&queue, (struct link_call *[]){a, c, b}, 3);
    call_list_remove(a);
    call_list_remove(a);
    call_list_remove(b);
    assert_order(&queue, (struct link_call *[]){c}, 1);
    call_list_remove(c);
    assert_order(&queue, NULL, 0);
    call_free(a);
    call_free(b);
    call_free(c);
}

static void calls_of_one_bucket_are_told_apart_by_their_whole_id(void **state)
{
    enum { CALLS = 20 };
    struct link_call *calls[CALLS];
    struct call_table *table = call_table_new();
    (void)state;
    for (unsigned i = 0; i < CALLS; i++) {
        calls[i] = call_make(i);
        assert_null(call_table_get(table, calls[i]->request_id));
        call_table_add(table, calls[i]);
    }
    for (unsigned i = 0; i < CALLS; i++)
        assert_ptr_equal(call_table_get(table, calls[i]->request_id), calls[i]);
    for (unsigned i = 0; i < CALLS; i += 3)
        call_table_remove(table, calls[i]);
    call_table_remove(table, calls[0]); /* absent already */
    for (unsigned i = 0; i < CALLS; i++)
        assert_ptr_equal(call_table_get(table, calls[i]->request_id), i % 3 == 0 ? NULL : calls[i]);
    for (unsigned i = 0; i < CALLS; i++)
        call_free(calls[i]);
    call_table_free(table);
    call_table_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_copies_what_is_asked),
        cmocka_unit_test(a_call_is_always_in_one_list),
        cmocka_unit_test(calls_of_one_bucket_are_told_apart_by_their_whole_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
