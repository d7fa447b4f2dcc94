/* mcp:grants:{user}: an index that lives as long as its longest grant. */
#include "common/store/grants_index.h"
#include "tests/unit/common/store/grant_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/clock.h"

#define GRANTS "mcp:grants:{583231}"
#define USER   STR("583231")

static struct fixture fixture;

static int setup(void **state)
{
    (void)state;
    fixture_init(&fixture);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_finish(&fixture);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    fixture_clear(&fixture);
    return 0;
}

static void add(struct str g, int64_t ttl_s)
{
    struct seen seen = {.is_done = false};
    grants_index_add(fixture.store, USER, g, ttl_s, redis_rig_arena(fixture.rig),
                     redis_rig_deadline_ms(), fixture_on_done, &seen);
    assert_int_equal(fixture_await(&fixture, &seen), OK);
}

static void an_index_lives_as_long_as_its_longest_grant(void **state)
{
    (void)state;
    add(STR("aa"), 600);
    assert_in_range(fixture_ask_number(&fixture, "TTL " GRANTS), 595, 600);
    add(STR("bb"), 5000);
    assert_in_range(fixture_ask_number(&fixture, "TTL " GRANTS), 4995, 5000);
    add(STR("cc"), 600);
    assert_in_range(fixture_ask_number(&fixture, "TTL " GRANTS), 4990, 5000);
    assert_redis(&fixture, "3", "ZCARD " GRANTS);
}

static void a_grants_end_only_moves_away(void **state)
{
    (void)state;
    add(STR("aa"), 5000);
    struct str score = redis_rig_ask(fixture.rig, "ZSCORE " GRANTS " aa");
    add(STR("aa"), 600);
    assert_true(str_equals(redis_rig_ask(fixture.rig, "ZSCORE " GRANTS " aa"), score));
}

static void what_has_ended_is_pruned_and_what_is_revoked_is_removed(void **state)
{
    (void)state;
    add(STR("aa"), 600);
    add(STR("bb"), 600);
    redis_rig_ask(fixture.rig, "ZADD " GRANTS " %lld old", (long long)clock_wall_s() - 1);
    grants_index_prune(fixture.store, USER, redis_rig_arena(fixture.rig), redis_rig_deadline_ms());
    grants_index_remove(fixture.store, USER, STR("bb"), redis_rig_arena(fixture.rig),
                        redis_rig_deadline_ms());
    add(STR("cc"), 600); /* whose answer comes after theirs */
    assert_redis(&fixture, "aa cc", "ZRANGE " GRANTS " 0 -1");
}

struct listed {
    struct seen seen;
    struct grants_index_entry at[4];
    size_t len;
};

static void on_grants(void *context, enum failure failure, const struct grants_index_entry *grants,
                      size_t len)
{
    struct listed *listed = context;
    assert_true(len <= 4);
    for (listed->len = 0; listed->len < len; listed->len++)
        listed->at[listed->len] = grants[listed->len];
    fixture_on_done(&listed->seen, failure);
}

static void it_lists_the_longest_lived_grant_last(void **state)
{
    (void)state;
    add(STR("bb"), 5000);
    add(STR("aa"), 600);
    struct listed listed = {.len = 9};
    grants_index_get(fixture.store, USER, redis_rig_arena(fixture.rig), redis_rig_deadline_ms(),
                     on_grants, &listed);
    assert_int_equal(fixture_await(&fixture, &listed.seen), OK);
    assert_int_equal(listed.len, 2);
    assert_true(str_equals(listed.at[0].g, STR("aa")));
    assert_in_range(listed.at[0].end_at, clock_wall_s() + 590, clock_wall_s() + 600);
    assert_in_range(listed.at[1].end_at, clock_wall_s() + 4990, clock_wall_s() + 5000);
    struct listed nobody = {.len = 9};
    grants_index_get(fixture.store, STR("1"), redis_rig_arena(fixture.rig), redis_rig_deadline_ms(),
                     on_grants, &nobody);
    assert_int_equal(fixture_await(&fixture, &nobody.seen), OK);
    assert_int_equal(nobody.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_index_lives_as_long_as_its_longest_grant, clear),
        cmocka_unit_test_setup(a_grants_end_only_moves_away, clear),
        cmocka_unit_test_setup(it_lists_the_longest_lived_grant_last, clear),
        cmocka_unit_test_setup(what_has_ended_is_pruned_and_what_is_revoked_is_removed, clear),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
