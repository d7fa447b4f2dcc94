/* Reading a client is two commands; here a store of the test's own decides what each answers, and
 * when. */
#include "common/store/client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/limits.h"

static struct {
    store_reply_cb *on_reply;
    void *context;
} sent[4];
static size_t sent_len;

void store_send(struct store *store, struct strs words, int64_t deadline_ms,
                store_reply_cb *on_reply, void *context)
{
    (void)store, (void)words, (void)deadline_ms;
    assert_true(sent_len < sizeof(sent) / sizeof(sent[0]));
    sent[sent_len].on_reply = on_reply;
    sent[sent_len++].context = context;
}

void store_run(struct store *store, const struct store_script *script, struct strs keys,
               struct strs arguments, int64_t deadline_ms, store_reply_cb *on_reply, void *context)
{
    (void)script, (void)keys;
    store_send(store, arguments, deadline_ms, on_reply, context);
}

enum { HASH, TTL };

static void answer(size_t command, enum failure failure, const struct store_reply *reply)
{
    sent[command].on_reply(sent[command].context, failure, reply);
}

static void answer_hash(void)
{
    const struct store_reply words[] = {
        {.kind = STORE_TEXT, .text = STR("client_id")},
        {.kind = STORE_TEXT, .text = STR("mcp_any_1")},
        {.kind = STORE_TEXT, .text = STR("token_endpoint_auth_method")},
        {.kind = STORE_TEXT, .text = STR("none")},
    };
    const struct store_reply hash = {.kind = STORE_LIST, .at = words, .len = 4};
    answer(HASH, OK, &hash);
}

static void answer_ttl(int64_t ttl_s)
{
    const struct store_reply ttl = {.kind = STORE_INTEGER, .integer = ttl_s};
    answer(TTL, OK, &ttl);
}

static struct {
    int count;
    enum failure failure;
    bool has_record;
    int64_t expires_at;
} seen;

static void on_client(void *context, enum failure failure, const struct client_record *record)
{
    (void)context;
    seen.count++;
    seen.failure = failure;
    seen.has_record = record != NULL;
    seen.expires_at = record != NULL ? record->expires_at : 0;
}

static struct arena *arena;

static int ask(void **state)
{
    (void)state;
    arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    sent_len = 0;
    seen.count = 0;
    client_record_get(NULL, STR("mcp_any_1"), arena, 0, on_client, NULL);
    assert_int_equal(sent_len, 2);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void a_client_whose_life_ends_between_the_two_is_none(void **state)
{
    (void)state;
    answer_hash();
    answer_ttl(-2);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.failure, OK);
    assert_false(seen.has_record);
}

static void a_client_without_an_end_never_expires(void **state)
{
    (void)state;
    answer_hash();
    answer_ttl(-1);
    assert_true(seen.has_record);
    assert_int_equal(seen.expires_at, FIELD_I64_ABSENT);
}

static void the_order_of_the_answers_does_not_matter(void **state)
{
    (void)state;
    answer_ttl(100);
    assert_int_equal(seen.count, 0);
    answer_hash();
    assert_int_equal(seen.count, 1);
    assert_in_range(seen.expires_at, clock_wall_s() + 99, clock_wall_s() + 100);
}

/* When the store has no room for the second it fails at once, before the first is answered. */
static void a_failure_of_either_is_told_when_both_have_come(void **state)
{
    (void)state;
    answer(TTL, FAIL_STORE_UNAVAILABLE, NULL);
    assert_int_equal(seen.count, 0);
    answer_hash();
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.failure, FAIL_STORE_UNAVAILABLE);
    assert_false(seen.has_record);
}

static void a_hash_that_fails_is_no_client(void **state)
{
    (void)state;
    answer(HASH, FAIL_STORE_UNAVAILABLE, NULL);
    answer_ttl(100);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.failure, FAIL_STORE_UNAVAILABLE);
    assert_false(seen.has_record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_client_whose_life_ends_between_the_two_is_none, ask,
                                        forget),
        cmocka_unit_test_setup_teardown(a_client_without_an_end_never_expires, ask, forget),
        cmocka_unit_test_setup_teardown(the_order_of_the_answers_does_not_matter, ask, forget),
        cmocka_unit_test_setup_teardown(a_failure_of_either_is_told_when_both_have_come, ask,
                                        forget),
        cmocka_unit_test_setup_teardown(a_hash_that_fails_is_no_client, ask, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
