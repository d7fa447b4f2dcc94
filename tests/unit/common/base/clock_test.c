#include "common/base/clock.h"
#include "tests/unit/common/base/unit.h"

static void the_wall_clock_can_be_fixed_and_set_free(void **state)
{
    (void)state;
    clock_fix_wall_s(1234567890);
    assert_int_equal(clock_wall_s(), 1234567890);
    assert_int_equal(clock_wall_ms(), 1234567890000);
    clock_fix_wall_s(-1);
    assert_true(clock_wall_s() > 1600000000 && clock_wall_s() != 1234567890);
}

static void a_fixed_wall_clock_does_not_stop_deadlines(void **state)
{
    (void)state;
    clock_fix_wall_s(0);
    int64_t before_us = clock_monotonic_us(), later_us = before_us;
    for (int i = 0; i < 10000000 && later_us == before_us; i++)
        later_us = clock_monotonic_us();
    assert_true(later_us > before_us);
    assert_true(clock_monotonic_ms() >= before_us / 1000);
    clock_fix_wall_s(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_wall_clock_can_be_fixed_and_set_free),
        UNIT_TEST(a_fixed_wall_clock_does_not_stop_deadlines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
