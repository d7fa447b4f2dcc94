#include "common/store/keyspace_walk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/common/store/redis_rig.h"
#include "tests/unit/common/store/scripted_server.h"

enum { KEYS = 3 * KEYSPACE_PAGE_KEYS, END_AFTER = 2 };

struct walked {
    struct keyspace_walk *walk;
    bool is_done;
    enum failure failure;
    size_t pages;
    size_t end_after; /* pages; 0: never */
    bool is_seen[KEYS];
    size_t others;
    char last[64];
};

static void on_page(void *context, size_t master, struct strs names)
{
    struct walked *walked = context;
    assert_int_equal(master, 0);
    assert_true(names.len > 0); /* empty ones are passed over */
    walked->pages++;
    for (size_t i = 0; i < names.len; i++) {
        struct str number, rest;
        int64_t nth;
        if (str_cut(names.at[i], '{', &rest, &number) && str_cut(number, '}', &number, &rest) &&
            str_to_i64(number, &nth) && nth < KEYS)
            walked->is_seen[nth] = true;
        else
            walked->others++;
        snprintf(walked->last, sizeof(walked->last), "%.*s", STR_ARGS(names.at[i]));
    }
    if (walked->pages == walked->end_after)
        keyspace_walk_end(walked->walk, FAIL_LIMIT_REACHED);
    else
        keyspace_walk_next(walked->walk);
}

static void on_done(void *context, enum failure failure)
{
    struct walked *walked = context;
    assert_false(walked->is_done);
    walked->is_done = true;
    walked->failure = failure;
}

static void walk_type(struct walked *walked, struct redis_rig *rig, struct store *store,
                      struct str glob, struct str type)
{
    walked->walk = keyspace_walk_start(store, glob, type, on_page, on_done, walked);
    assert_non_null(walked->walk);
    assert_false(walked->is_done); /* later, not at once */
    redis_rig_await(rig, &walked->is_done);
}

static void walk(struct walked *walked, struct redis_rig *rig, struct store *store, struct str glob)
{
    walk_type(walked, rig, store, glob, STR_ABSENT);
}

static struct redis_rig *rig_with_keys(void)
{
    struct redis_rig *rig = redis_rig_start(NULL);
    for (int i = 0; i < KEYS; i++)
        redis_rig_ask(rig, "SET mcp:code:{%d} x EX 500", i);
    redis_rig_ask(rig, "SET other 1");
    return rig;
}

static void every_key_that_lives_throughout_is_seen(void **state)
{
    (void)state;
    struct redis_rig *rig = rig_with_keys();
    struct walked walked = {0};
    walk(&walked, rig, redis_rig_open_store(rig), STR_ABSENT);
    assert_int_equal(walked.failure, OK);
    assert_true(walked.pages >= 3);
    for (size_t i = 0; i < KEYS; i++)
        assert_true(walked.is_seen[i]);
    assert_true(walked.others >= 1);
    redis_rig_stop(rig);
}

/* Most pages of a pattern are empty: none of them is handed over. */
static void a_pattern_leaves_the_others_out(void **state)
{
    (void)state;
    struct redis_rig *rig = rig_with_keys();
    struct store *store = redis_rig_open_store(rig);
    struct walked walked = {0};
    walk(&walked, rig, store, STR("oth*"));
    assert_int_equal(walked.failure, OK);
    assert_int_equal(walked.pages, 1);
    assert_string_equal(walked.last, "other");
    struct walked none = {0};
    walk(&none, rig, store, STR("nothing:*"));
    assert_int_equal(none.failure, OK);
    assert_int_equal(none.pages, 0);
    redis_rig_stop(rig);
}

static void it_ends_where_its_caller_wants(void **state)
{
    (void)state;
    struct redis_rig *rig = rig_with_keys();
    struct walked walked = {.end_after = END_AFTER};
    walk(&walked, rig, redis_rig_open_store(rig), STR_ABSENT);
    assert_int_equal(walked.failure, FAIL_LIMIT_REACHED);
    assert_int_equal(walked.pages, END_AFTER);
    redis_rig_stop(rig);
}

static void a_type_leaves_the_others_out(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    redis_rig_ask(rig, "HSET a:1 x y");
    redis_rig_ask(rig, "SET a:2 x");
    redis_rig_ask(rig, "HSET b:3 x y");
    struct walked hashes = {0}, of_both = {0};
    walk_type(&hashes, rig, store, STR_ABSENT, STR("hash"));
    walk_type(&of_both, rig, store, STR("a:*"), STR("hash"));
    assert_int_equal(hashes.failure, OK);
    assert_int_equal(hashes.others, 2);
    assert_int_equal(of_both.others, 1);
    redis_rig_stop(rig);
}

static void a_pattern_that_is_too_long_is_none(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    char glob[1024];
    memset(glob, 'x', sizeof(glob));
    struct walked walked = {0};
    assert_null(keyspace_walk_start(redis_rig_open_store(rig), str_from_bytes(glob, sizeof(glob)),
                                    STR_ABSENT, on_page, on_done, &walked));
    assert_false(walked.is_done);
    redis_rig_stop(rig);
}

static void a_redis_that_is_away_ends_it(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    redis_rig_kill(rig);
    redis_rig_await_ready(rig, store, false);
    struct walked walked = {0};
    walk(&walked, rig, store, STR_ABSENT);
    assert_int_equal(walked.failure, FAIL_STORE_UNAVAILABLE);
    redis_rig_stop(rig);
}

/* --- answers that a real Redis gives only at the wrong moment, or never --- */

static const char *scripted_page;

static const char *answer(void *context, const char *line)
{
    (void)context;
    const char *handshake = scripted_handshake(line);
    if (handshake != NULL)
        return handshake;
    /* A cursor is Redis's own text; it comes back letter for letter. */
    if (strncmp(line, "SCAN 18446744073709551615 ", 26) == 0)
        return "*2\r\n$1\r\n0\r\n*1\r\n$4\r\nlast\r\n";
    return scripted_page;
}

static struct walked walk_scripted(const char *page)
{
    char url[64];
    struct walked walked = {0};
    struct redis_rig *rig = redis_rig_new(NULL);
    struct scripted_server *server = scripted_server_start(redis_rig_loop(rig), answer, NULL);
    snprintf(url, sizeof(url), "redis://127.0.0.1:%d", scripted_server_port(server));
    struct store *store =
        store_open(redis_rig_loop(rig), &(struct store_options){.url = str_from_cstr(url)});
    redis_rig_await_ready(rig, store, true);
    scripted_page = page;
    walk(&walked, rig, store, STR_ABSENT);
    store_close(store);
    scripted_server_stop(server);
    redis_rig_stop(rig);
    return walked;
}

static void a_cursor_of_twenty_digits_is_repeated_as_it_came(void **state)
{
    (void)state;
    struct walked walked = walk_scripted("*2\r\n$20\r\n18446744073709551615\r\n*0\r\n");
    assert_int_equal(walked.failure, OK);
    assert_int_equal(walked.pages, 1);
    assert_string_equal(walked.last, "last");
}

static void an_answer_that_is_no_page_ends_it(void **state)
{
    (void)state;
    static const char *const PAGES[] = {":1\r\n",
                                        "*0\r\n",
                                        "*1\r\n$1\r\n0\r\n",
                                        "*2\r\n$1\r\n0\r\n$1\r\nx\r\n",
                                        "*2\r\n:0\r\n*0\r\n",
                                        "*2\r\n$24\r\n123456789012345678901234\r\n*0\r\n"};
    for (size_t i = 0; i < sizeof(PAGES) / sizeof(PAGES[0]); i++) {
        struct walked walked = walk_scripted(PAGES[i]);
        assert_int_equal(walked.failure, FAIL_SERVER_ERROR);
        assert_int_equal(walked.pages, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_that_lives_throughout_is_seen),
        cmocka_unit_test(a_pattern_leaves_the_others_out),
        cmocka_unit_test(it_ends_where_its_caller_wants),
        cmocka_unit_test(a_type_leaves_the_others_out),
        cmocka_unit_test(a_pattern_that_is_too_long_is_none),
        cmocka_unit_test(a_redis_that_is_away_ends_it),
        cmocka_unit_test(a_cursor_of_twenty_digits_is_repeated_as_it_came),
        cmocka_unit_test(an_answer_that_is_no_page_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
