#include "common/store/heartbeat.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/common/store/redis_rig.h"

static void await_answer(struct redis_rig *rig, const char *question, const char *answer)
{
    struct str text = STR_ABSENT;
    for (int i = 0; i < 2000; i++) {
        text = redis_rig_ask(rig, "%s", question);
        if (str_equals_cstr(text, answer))
            return;
        redis_rig_run_ms(rig, 2);
    }
    assert_string_equal(text.at, answer);
}

static void a_living_worker_is_seen_and_a_stopped_one_is_gone(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    struct heartbeat *heartbeat =
        heartbeat_start(redis_rig_loop(rig), store, STR("signer"), STR("s-0"));
    assert_non_null(heartbeat);
    await_answer(rig, "HGET mcp:worker:{signer}:s-0 in_flight", "0");
    await_answer(rig, "HGET mcp:worker:{signer}:s-0 release", MCP_OAUTH_RELEASE);
    await_answer(rig, "TTL mcp:worker:{signer}:s-0", "5");
    heartbeat_set_in_flight(heartbeat, 3);
    heartbeat_beat(heartbeat);
    await_answer(rig, "HGET mcp:worker:{signer}:s-0 in_flight", "3");
    heartbeat_stop(heartbeat);
    await_answer(rig, "EXISTS mcp:worker:{signer}:s-0", "0");
    heartbeat_stop(NULL);
    redis_rig_stop(rig);
}

/* The timer's own beats: the key is deleted, and comes back without being asked for. */
static void beats_go_on_by_themselves_also_after_redis_was_away(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    struct heartbeat *heartbeat =
        heartbeat_start(redis_rig_loop(rig), store, STR("broker"), STR("b-0"));
    await_answer(rig, "EXISTS mcp:worker:{broker}:b-0", "1");
    redis_rig_restart(rig);
    redis_rig_await_ready(rig, store, true);
    redis_rig_ask(rig, "DEL mcp:worker:{broker}:b-0");
    await_answer(rig, "EXISTS mcp:worker:{broker}:b-0", "1");
    heartbeat_stop(heartbeat);
    redis_rig_stop(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_living_worker_is_seen_and_a_stopped_one_is_gone),
        cmocka_unit_test(beats_go_on_by_themselves_also_after_redis_was_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
