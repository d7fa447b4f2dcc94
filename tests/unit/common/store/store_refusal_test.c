/* Redis's own refusals, and scripts that it has forgotten. */
#include "common/store/store.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/store/store_reply.h"
#include "common/store/store_scripts.h"
#include "tests/unit/common/store/redis_rig.h"

struct seen {
    bool is_done;
    enum failure failure;
    int64_t integer;
};

static void on_reply(void *context, enum failure failure, const struct store_reply *reply)
{
    struct seen *seen = context;
    seen->is_done = true;
    seen->failure = failure;
    seen->integer = reply != NULL && reply->kind == STORE_LIST ? reply->at[0].integer
                    : reply != NULL                            ? reply->integer
                                                               : -1;
}

static struct seen ask(struct redis_rig *rig, struct store *store, const char *line)
{
    struct str words[16], rest = str_from_cstr(line);
    size_t len = 0;
    while (len < 16 && str_next_word(&rest, &words[len]))
        len++;
    struct seen seen = {0};
    store_send(store, (struct strs){words, len}, redis_rig_deadline_ms(), on_reply, &seen);
    redis_rig_await(rig, &seen.is_done);
    return seen;
}

static const struct str WINDOW = STR_INIT("60");
static const struct str COUNTER = STR_INIT("mcp:rate:{test}:x");

static struct seen run_script(struct redis_rig *rig, struct store *store,
                              const struct store_script *script, struct str key)
{
    struct str window = WINDOW;
    struct seen seen = {0};
    store_run(store, script, (struct strs){&key, 1}, (struct strs){&window, 1},
              redis_rig_deadline_ms(), on_reply, &seen);
    redis_rig_await(rig, &seen.is_done);
    return seen;
}

static void a_script_that_redis_has_forgotten_runs_all_the_same(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    struct seen seen = run_script(rig, store, &SCRIPT_RATE, COUNTER);
    assert_int_equal(seen.failure, OK);
    assert_int_equal(seen.integer, 1);
    assert_int_equal(run_script(rig, store, &SCRIPT_RATE, COUNTER).integer, 2);
    redis_rig_ask(rig, "SCRIPT FLUSH");
    assert_int_equal(run_script(rig, store, &SCRIPT_RATE, COUNTER).integer, 3);
    /* It is remembered again: EVALSHA was not followed by EVAL this time. */
    struct str before = redis_rig_ask(rig, "INFO commandstats");
    assert_non_null(memmem(before.at, before.len, "cmdstat_eval:calls=2,", 21));
    assert_int_equal(run_script(rig, store, &SCRIPT_RATE, COUNTER).integer, 4);
    struct str after = redis_rig_ask(rig, "INFO commandstats");
    assert_non_null(memmem(after.at, after.len, "cmdstat_eval:calls=2,", 21));
    redis_rig_stop(rig);
}

static void the_embedded_script_has_the_sha1_by_which_redis_knows_it(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    assert_int_equal(run_script(rig, store, &SCRIPT_RATE, COUNTER).failure, OK);
    assert_true(str_equals(redis_rig_ask(rig, "SCRIPT EXISTS %s", SCRIPT_RATE.sha1), STR("1")));
    redis_rig_stop(rig);
}

/* The table of refusals, as Redis 7 words them. */
static void every_refusal_has_its_failure(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        enum failure failure;
        bool drops;
    } ROWS[] = {
        {STR_INIT("LOADING Redis is loading the dataset in memory"), FAIL_STORE_UNAVAILABLE, false},
        {STR_INIT("READONLY You can't write against a read only replica."), FAIL_STORE_UNAVAILABLE,
         true},
        {STR_INIT("MASTERDOWN Link with MASTER is down"), FAIL_STORE_UNAVAILABLE, true},
        {STR_INIT("OOM command not allowed when used memory > 'maxmemory'."),
         FAIL_STORE_UNAVAILABLE, false},
        {STR_INIT("MISCONF Errors writing to the AOF file"), FAIL_STORE_UNAVAILABLE, false},
        {STR_INIT("NOPERM this user has no permissions"), FAIL_STORE_UNAVAILABLE, false},
        {STR_INIT("NOAUTH Authentication required."), FAIL_STORE_UNAVAILABLE, true},
        {STR_INIT("WRONGPASS invalid username-password pair"), FAIL_STORE_UNAVAILABLE, true},
        {STR_INIT("BUSY Redis is busy running a script."), FAIL_STORE_UNAVAILABLE, false},
        {STR_INIT("WRONGTYPE Operation against a key"), FAIL_SERVER_ERROR, false},
        {STR_INIT("ERR unknown command"), FAIL_SERVER_ERROR, false},
        {STR_INIT("LOADINGX"), FAIL_SERVER_ERROR, false},
        {STR_INIT(""), FAIL_SERVER_ERROR, false},
    };
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        const struct store_refusal *row = store_refusal_row(ROWS[i].text);
        assert_int_equal(row->failure, ROWS[i].failure);
        assert_int_equal(row->drops, ROWS[i].drops);
    }
}

static void a_full_redis_is_unavailable_for_writes_and_scripts_and_still_reads(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    redis_rig_ask(rig, "SET kept 1");
    redis_rig_ask(rig, "CONFIG SET maxmemory 1");
    assert_int_equal(ask(rig, store, "SET x 1").failure, FAIL_STORE_UNAVAILABLE);
    assert_int_equal(run_script(rig, store, &SCRIPT_RATE, COUNTER).failure, FAIL_STORE_UNAVAILABLE);
    assert_int_equal(ask(rig, store, "GET kept").failure, OK);
    assert_true(store_is_ready(store));
    redis_rig_ask(rig, "CONFIG SET maxmemory 0");
    assert_int_equal(ask(rig, store, "SET x 1").failure, OK);
    redis_rig_stop(rig);
}

static void a_redis_that_became_a_replica_is_left_until_it_is_master_again(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    redis_rig_ask(rig, "REPLICAOF 127.0.0.1 1");
    assert_int_equal(ask(rig, store, "SET x 1").failure, FAIL_STORE_UNAVAILABLE);
    redis_rig_await_ready(rig, store, false);
    redis_rig_run_ms(rig, 150); /* it answers, and is not taken for a master */
    assert_false(store_is_ready(store));
    redis_rig_ask(rig, "REPLICAOF NO ONE");
    redis_rig_await_ready(rig, store, true);
    redis_rig_ask(rig, "REPLICAOF 127.0.0.1 1");
    assert_int_equal(run_script(rig, store, &SCRIPT_RATE, COUNTER).failure, FAIL_STORE_UNAVAILABLE);
    redis_rig_await_ready(rig, store, false);
    redis_rig_stop(rig);
}

static void what_the_acl_refuses_is_unavailable_also_inside_a_script(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(
        "user default on nopass ~* &* +@all\n"
        "user worker on >secret -@all +ping +role (+eval +evalsha ~mcp:*) (+get ~mcp:*)\n");
    struct store *store =
        store_open(redis_rig_loop(rig), &(struct store_options){.url = redis_rig_url(rig),
                                                                .user = STR("worker"),
                                                                .password = STR("secret")});
    redis_rig_await_ready(rig, store, true);
    assert_int_equal(ask(rig, store, "GET mcp:x").failure, OK);
    assert_int_equal(ask(rig, store, "GET other").failure, FAIL_STORE_UNAVAILABLE);
    assert_int_equal(ask(rig, store, "SET mcp:x 1").failure, FAIL_STORE_UNAVAILABLE);
    assert_int_equal(run_script(rig, store, &SCRIPT_RATE, COUNTER).failure, FAIL_STORE_UNAVAILABLE);
    assert_int_equal(run_script(rig, store, &SCRIPT_RATE, STR("other")).failure,
                     FAIL_STORE_UNAVAILABLE);
    assert_true(str_equals(redis_rig_ask(rig, "EXISTS other %s", COUNTER.at), STR("0")));
    store_close(store);
    redis_rig_stop(rig);
}

static void our_own_mistakes_are_server_errors(void **state)
{
    (void)state;
    static const char BROKEN_TEXT[] = "this is not Lua";
    const struct store_script broken = {.name = "broken",
                                        .text = {.at = BROKEN_TEXT, .len = sizeof(BROKEN_TEXT) - 1},
                                        .sha1 = "0000000000000000000000000000000000000000"};
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    redis_rig_ask(rig, "SET text x");
    assert_int_equal(ask(rig, store, "HGET text a").failure, FAIL_SERVER_ERROR);
    assert_int_equal(ask(rig, store, "NONSENSE").failure, FAIL_SERVER_ERROR);
    assert_int_equal(run_script(rig, store, &broken, COUNTER).failure, FAIL_SERVER_ERROR);
    assert_int_equal(run_script(rig, store, &SCRIPT_RATE, STR("text")).failure, FAIL_SERVER_ERROR);
    assert_true(store_is_ready(store));
    redis_rig_stop(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_script_that_redis_has_forgotten_runs_all_the_same),
        cmocka_unit_test(the_embedded_script_has_the_sha1_by_which_redis_knows_it),
        cmocka_unit_test(every_refusal_has_its_failure),
        cmocka_unit_test(a_full_redis_is_unavailable_for_writes_and_scripts_and_still_reads),
        cmocka_unit_test(a_redis_that_became_a_replica_is_left_until_it_is_master_again),
        cmocka_unit_test(what_the_acl_refuses_is_unavailable_also_inside_a_script),
        cmocka_unit_test(our_own_mistakes_are_server_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
