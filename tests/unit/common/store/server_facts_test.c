#include "common/store/server_facts.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "tests/unit/common/store/redis_rig.h"

static void a_value_is_found_by_its_whole_name(void **state)
{
    (void)state;
    struct str info = STR("# Server\r\nredis_version:7.0.15\r\nused_memory:12\r\n\r\n"
                          "used_memory_human:1M\r\nempty:\r\nlast:x");
    assert_true(str_equals(server_facts_find(info, "redis_version"), STR("7.0.15")));
    assert_true(str_equals(server_facts_find(info, "used_memory"), STR("12")));
    assert_true(str_equals(server_facts_find(info, "last"), STR("x")));
    assert_true(str_is_present(server_facts_find(info, "empty")));
    assert_false(str_is_present(server_facts_find(info, "used")));
    assert_false(str_is_present(server_facts_find(info, "memory")));
    assert_false(str_is_present(server_facts_find(STR(""), "x")));
}

struct seen {
    bool is_done;
    enum failure failure;
    struct server_facts facts;
};

static void on_facts(void *context, enum failure failure, const struct server_facts *facts)
{
    struct seen *seen = context;
    seen->failure = failure;
    if (facts != NULL)
        seen->facts = *facts;
    seen->is_done = true;
}

static void a_server_says_how_it_is(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    redis_rig_ask(rig, "CONFIG SET notify-keyspace-events Ex");
    redis_rig_ask(rig, "CONFIG SET maxmemory 100000000");
    struct seen seen = {0};
    server_facts_get(store, 0, true, on_facts, &seen);
    redis_rig_await(rig, &seen.is_done);
    assert_int_equal(seen.failure, OK);
    assert_in_range(seen.facts.version[0], '1', '9');
    assert_string_equal(seen.facts.maxmemory_policy, "noeviction");
    assert_int_equal(seen.facts.maxmemory_bytes, 100000000);
    assert_in_range(seen.facts.used_memory_bytes, 100000, 100000000);
    assert_true(seen.facts.is_config_known);
    assert_string_equal(seen.facts.notify_keyspace_events, "xE");
    assert_true(seen.facts.asked_us <= seen.facts.answered_us);
    assert_in_range(seen.facts.time_us / 1000000, clock_wall_s() - 5, clock_wall_s() + 5);
    redis_rig_stop(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_found_by_its_whole_name),
        cmocka_unit_test(a_server_says_how_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
