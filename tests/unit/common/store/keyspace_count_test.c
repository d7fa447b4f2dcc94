#include "common/store/keyspace_count.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/common/store/redis_rig.h"

struct counted {
    bool is_done;
    enum failure failure;
    struct keyspace_count count;
};

static void on_counted(void *context, enum failure failure, const struct keyspace_count *count)
{
    struct counted *counted = context;
    counted->failure = failure;
    if (count != NULL)
        counted->count = *count;
    counted->is_done = true;
}

static struct counted count(struct redis_rig *rig, struct store *store, int64_t weighed_max)
{
    struct counted counted = {0};
    keyspace_count_start(store, weighed_max, on_counted, &counted);
    redis_rig_await(rig, &counted.is_done);
    return counted;
}

static void an_empty_redis_has_nothing_of_anything(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct counted counted = count(rig, redis_rig_open_store(rig), 10);
    assert_int_equal(counted.failure, OK);
    assert_int_equal(counted.count.weigh_every, 1);
    for (enum key_family family = 0; family < KEY_FAMILIES_COUNT; family++) {
        assert_int_equal(counted.count.families[family].keys, 0);
        assert_int_equal(keyspace_family_bytes(&counted.count.families[family]), 0);
        assert_false(keyspace_family_is_wrong(&counted.count, family));
    }
    redis_rig_stop(rig);
}

/* More than one page, so that the walk goes on. */
static void every_key_is_counted_by_the_rest_of_its_life(void **state)
{
    (void)state;
    enum { CODES = 700 };
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    for (int i = 0; i < CODES; i++)
        redis_rig_ask(rig, "SET mcp:code:{%032d} x EX 500", i);
    redis_rig_ask(rig, "SET mcp:revoked:{1} 1 EX 59");
    redis_rig_ask(rig, "SET mcp:revoked:{2} 1 EX 3600");
    redis_rig_ask(rig, "SET mcp:revoked:{3} 1 EX 7000000");
    redis_rig_ask(rig, "SET mcp:revoked:{4} 1");
    redis_rig_ask(rig, "XADD mcp:audit * event test");
    redis_rig_ask(rig, "SET other 1");
    struct counted counted = count(rig, store, 100);
    assert_int_equal(counted.failure, OK);
    const struct keyspace_family *codes = &counted.count.families[KEY_FAMILY_CODE];
    assert_int_equal(codes->keys, CODES);
    assert_int_equal(codes->lives[1], CODES);
    assert_int_equal(counted.count.weigh_every, 8);
    assert_int_equal(codes->keys_weighed, (CODES + 7) / 8);
    assert_in_range(keyspace_family_bytes(codes), CODES * 50, CODES * 200);
    const struct keyspace_family *users = &counted.count.families[KEY_FAMILY_REVOKED_USER];
    assert_int_equal(users->keys, 4);
    assert_int_equal(users->lives[0], 1);
    assert_int_equal(users->lives[2], 1);
    assert_int_equal(users->lives[KEYSPACE_LIVES_COUNT - 1], 1);
    assert_int_equal(users->endless, 1);
    assert_true(keyspace_family_is_wrong(&counted.count, KEY_FAMILY_REVOKED_USER));
    assert_false(keyspace_family_is_wrong(&counted.count, KEY_FAMILY_AUDIT));
    assert_int_equal(counted.count.foreign, 1);
    redis_rig_stop(rig);
}

static void a_redis_that_is_away_is_told_once(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    redis_rig_kill(rig);
    redis_rig_await_ready(rig, store, false);
    assert_int_equal(count(rig, store, 10).failure, FAIL_STORE_UNAVAILABLE);
    assert_int_not_equal(store_problem(store)[0], '\0');
    redis_rig_stop(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_redis_has_nothing_of_anything),
        cmocka_unit_test(every_key_is_counted_by_the_rest_of_its_life),
        cmocka_unit_test(a_redis_that_is_away_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
