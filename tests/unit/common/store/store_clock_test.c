#include "common/store/store_clock.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/store/store_metrics.h"
#include "tests/unit/common/store/redis_rig.h"

/* What the metric says after the clock was asked once, with this machine so far ahead of Redis. */
static double difference_of(int64_t ahead_s)
{
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    store_metrics.clock_difference_s = NAN;
    clock_fix_wall_s(-1);
    clock_fix_wall_s(clock_wall_s() + ahead_s);
    struct store_clock *clock = store_clock_start(redis_rig_loop(rig), store);
    assert_non_null(clock);
    redis_rig_await_ready(rig, store, true);
    store_clock_ask(clock);
    for (int i = 0; i < 2000 && isnan(store_metrics.clock_difference_s); i++)
        redis_rig_run_ms(rig, 2);
    store_clock_stop(clock);
    clock_fix_wall_s(-1);
    redis_rig_stop(rig);
    return store_metrics.clock_difference_s;
}

static void the_difference_to_redis_time_is_known_in_both_directions(void **state)
{
    (void)state;
    /* The fixed clock stands still while Redis starts and answers. */
    assert_true(fabs(difference_of(0)) < 10);
    assert_true(fabs(difference_of(1000) - 1000) < 10);
    assert_true(fabs(difference_of(-1000) + 1000) < 10);
    store_clock_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_difference_to_redis_time_is_known_in_both_directions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
