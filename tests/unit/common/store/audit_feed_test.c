#include "common/store/audit_feed.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/common/store/redis_rig.h"

static struct redis_rig *rig;
static struct {
    char ids[512]; /* of the rows, each with a space behind */
    size_t rows;
    bool is_done, has_more;
    enum failure failure;
} seen;

static void on_row(void *context, const struct audit_row *row)
{
    (void)context;
    size_t len = strlen(seen.ids);
    if (seen.rows++ < 20)
        snprintf(seen.ids + len, sizeof(seen.ids) - len, "%.*s ", STR_ARGS(row->id));
    assert_int_equal(row->at_ms, 1700000000000);
    assert_int_equal(row->pairs.len, 2);
    assert_true(str_equals(row->pairs.at[0], STR("event")));
    assert_true(str_equals(row->pairs.at[1], STR("issue")));
}

static void on_done(void *context, enum failure failure, bool has_more)
{
    (void)context;
    seen.is_done = true;
    seen.failure = failure;
    seen.has_more = has_more;
}

static void add(int from, int to)
{
    for (int i = from; i <= to; i++)
        redis_rig_ask(rig, "XADD mcp:audit 1700000000000-%d event issue", i);
}

static void await_rows(const char *ids)
{
    redis_rig_await(rig, &seen.is_done);
    assert_int_equal(seen.failure, OK);
    assert_string_equal(seen.ids, ids);
    memset(&seen, 0, sizeof(seen));
}

static struct audit_feed begin_feed(void)
{
    rig = redis_rig_start(NULL);
    memset(&seen, 0, sizeof(seen));
    return (struct audit_feed){
        .store = redis_rig_open_store(rig), .on_row = on_row, .on_done = on_done};
}

static void the_last_entries_come_first_and_then_what_is_new(void **state)
{
    (void)state;
    struct audit_feed feed = begin_feed();
    add(1, 3);
    audit_feed_begin(&feed, 2);
    await_rows("1700000000000-2 1700000000000-3 ");
    audit_feed_next(&feed);
    await_rows("");
    add(4, 5);
    audit_feed_next(&feed);
    await_rows("1700000000000-4 1700000000000-5 ");
    redis_rig_stop(rig);
}

static void none_of_before_may_be_wanted(void **state)
{
    (void)state;
    struct audit_feed feed = begin_feed();
    add(1, 3);
    audit_feed_begin(&feed, 0);
    await_rows("");
    add(4, 4);
    audit_feed_next(&feed);
    await_rows("1700000000000-4 ");
    redis_rig_stop(rig);
}

static void a_stream_that_is_not_there_yet_begins_with_its_first_entry(void **state)
{
    (void)state;
    struct audit_feed feed = begin_feed();
    audit_feed_begin(&feed, 10);
    await_rows("");
    add(1, 1);
    audit_feed_next(&feed);
    await_rows("1700000000000-1 ");
    redis_rig_stop(rig);
}

static void more_than_a_page_comes_in_pages(void **state)
{
    (void)state;
    struct audit_feed feed = begin_feed();
    audit_feed_begin(&feed, 0);
    await_rows("");
    add(1, AUDIT_PAGE_ROWS + 7);
    audit_feed_next(&feed);
    redis_rig_await(rig, &seen.is_done);
    assert_int_equal(seen.rows, AUDIT_PAGE_ROWS);
    assert_true(seen.has_more);
    memset(&seen, 0, sizeof(seen));
    audit_feed_next(&feed);
    redis_rig_await(rig, &seen.is_done);
    assert_int_equal(seen.rows, 7);
    assert_false(seen.has_more);
    redis_rig_stop(rig);
}

static void what_is_no_stream_is_a_failure(void **state)
{
    (void)state;
    struct audit_feed feed = begin_feed();
    redis_rig_ask(rig, "SET mcp:audit x");
    audit_feed_begin(&feed, 10);
    redis_rig_await(rig, &seen.is_done);
    assert_int_equal(seen.failure, FAIL_SERVER_ERROR);
    assert_int_equal(seen.rows, 0);
    redis_rig_stop(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_entries_come_first_and_then_what_is_new),
        cmocka_unit_test(none_of_before_may_be_wanted),
        cmocka_unit_test(a_stream_that_is_not_there_yet_begins_with_its_first_entry),
        cmocka_unit_test(more_than_a_page_comes_in_pages),
        cmocka_unit_test(what_is_no_stream_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
