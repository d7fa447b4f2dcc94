/* Replies as hiredis hands them over, without a Redis. */
#include "common/store/store_reply.h"

#include <hiredis/hiredis.h>

#include "tests/unit/common/base/unit.h"

static bool convert(const redisReply *reply, struct store_scratch *scratch,
                    struct store_reply *ret_reply)
{
    assert_absent(store_reply_refusal(reply));
    return store_reply_convert(reply, scratch, ret_reply);
}

/* As a fresh connection's first reply: HGETALL of a key that is not there. */
static void an_empty_list_needs_no_scratch(void **state)
{
    const redisReply empty = {.type = REDIS_REPLY_ARRAY};
    struct store_scratch scratch = {0};
    struct store_reply reply;
    (void)state;
    assert_true(convert(&empty, &scratch, &reply));
    assert_int_equal(reply.kind, STORE_LIST);
    assert_int_equal(reply.len, 0);
    assert_null(scratch.at);
}

static void lists_in_lists_keep_their_order(void **state)
{
    char text[] = "b";
    redisReply one = {.type = REDIS_REPLY_INTEGER, .integer = 1};
    redisReply b = {.type = REDIS_REPLY_STRING, .str = text, .len = 1};
    redisReply nil = {.type = REDIS_REPLY_NIL};
    redisReply empty = {.type = REDIS_REPLY_ARRAY};
    redisReply *inner_elements[] = {&b, &empty, &nil};
    redisReply inner = {.type = REDIS_REPLY_ARRAY, .elements = 3, .element = inner_elements};
    redisReply *outer_elements[] = {&inner, &one};
    const redisReply outer = {.type = REDIS_REPLY_ARRAY, .elements = 2, .element = outer_elements};
    struct store_scratch scratch = {0};
    struct store_reply reply;
    (void)state;
    assert_true(convert(&outer, &scratch, &reply));
    assert_int_equal(reply.len, 2);
    assert_int_equal(reply.at[0].len, 3);
    assert_str(reply.at[0].at[0].text, "b");
    assert_int_equal(reply.at[0].at[1].kind, STORE_LIST);
    assert_int_equal(reply.at[0].at[2].kind, STORE_NIL);
    assert_int_equal(reply.at[1].integer, 1);
    store_scratch_finish(&scratch);
}

static void an_error_inside_a_list_is_a_refusal(void **state)
{
    char text[] = "NOPERM no";
    redisReply error = {.type = REDIS_REPLY_ERROR, .str = text, .len = 9};
    redisReply *elements[] = {&error};
    const redisReply list = {.type = REDIS_REPLY_ARRAY, .elements = 1, .element = elements};
    (void)state;
    assert_str(store_reply_refusal(&list), "NOPERM no");
    assert_int_equal(store_refusal_row(store_reply_refusal(&list))->failure,
                     FAIL_STORE_UNAVAILABLE);
}

static void a_list_over_the_limit_is_refused(void **state)
{
    enum { HALF = REDIS_REPLY_ELEMENTS_MAX / 2 };
    static redisReply *elements[HALF];
    redisReply nil = {.type = REDIS_REPLY_NIL};
    (void)state;
    for (size_t i = 0; i < HALF; i++)
        elements[i] = &nil;
    redisReply half = {.type = REDIS_REPLY_ARRAY, .elements = HALF, .element = elements};
    redisReply *halves[] = {&half, &half};
    const redisReply all = {.type = REDIS_REPLY_ARRAY, .elements = 2, .element = halves};
    struct store_scratch scratch = {0};
    struct store_reply reply;
    assert_false(convert(&all, &scratch, &reply));
    store_scratch_finish(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(an_empty_list_needs_no_scratch),
        UNIT_TEST(lists_in_lists_keep_their_order),
        UNIT_TEST(an_error_inside_a_list_is_a_refusal),
        UNIT_TEST(a_list_over_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
