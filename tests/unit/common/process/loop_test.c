/* Tests common/process/loop.h; built once for each of its backends, which must behave alike. */
#include "common/process/loop.h"
#include "common/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

struct world {
    struct loop *loop;
    struct loop_timer *timer;
    struct loop_watch *watch;
    struct loop_turn *turn;
    int fds[2];
    int times;
    int turns;
    int64_t at_ms;
};

static struct world world;

static int setup(void **state)
{
    (void)state;
    world = (struct world){.loop = loop_new()};
    return world.loop != NULL && pipe(world.fds) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    loop_timer_free(world.timer);
    loop_watch_free(world.watch);
    loop_turn_free(world.turn);
    loop_free(world.loop);
    close(world.fds[0]);
    close(world.fds[1]);
    return 0;
}

static void on_time_once(void *context)
{
    (void)context;
    world.times++;
    world.at_ms = clock_monotonic_ms();
    loop_stop(world.loop);
}

static void a_timer_fires_once_and_not_early(void **state)
{
    (void)state;
    world.timer = loop_timer_new(world.loop, on_time_once, NULL);
    int64_t begin_ms = clock_monotonic_ms();
    loop_timer_start(world.timer, 30, 0);
    loop_run(world.loop);
    assert_int_equal(world.times, 1);
    assert_true(world.at_ms - begin_ms >= 29);
}

static void on_time_three(void *context)
{
    (void)context;
    if (++world.times == 3)
        loop_stop(world.loop);
}

static void a_repeating_timer_goes_on_until_it_is_stopped(void **state)
{
    (void)state;
    world.timer = loop_timer_new(world.loop, on_time_three, NULL);
    loop_timer_start(world.timer, 1, 5);
    loop_run(world.loop);
    assert_int_equal(world.times, 3);
}

static void on_time_free(void *context)
{
    (void)context;
    loop_timer_free(world.timer);
    world.timer = NULL;
    loop_stop(world.loop);
}

static void a_timer_may_be_freed_in_its_own_callback(void **state)
{
    (void)state;
    world.timer = loop_timer_new(world.loop, on_time_free, NULL);
    loop_timer_start(world.timer, 0, 10);
    loop_run(world.loop);
    assert_null(world.timer);
}

static int order[4], order_len;

static void on_first(void *context)
{
    order[order_len++] = (int)(intptr_t)context;
    if (order_len == 3)
        loop_stop(world.loop);
}

static void timers_fire_in_the_order_of_their_times(void **state)
{
    (void)state;
    int64_t delays_ms[] = {30, 10, 20};
    struct loop_timer *timers[3];
    order_len = 0;
    for (int i = 0; i < 3; i++) {
        timers[i] = loop_timer_new(world.loop, on_first, (void *)(intptr_t)i);
        loop_timer_start(timers[i], delays_ms[i], 0);
    }
    loop_run(world.loop);
    for (int i = 0; i < 3; i++)
        loop_timer_free(timers[i]);
    assert_int_equal(order[0], 1);
    assert_int_equal(order[1], 2);
    assert_int_equal(order[2], 0);
}

static void on_readable_twice(void *context, int fd, unsigned events)
{
    char byte;
    (void)context;
    assert_int_equal(fd, world.fds[0]);
    assert_true(events & LOOP_READABLE);
    /* The first time nothing is read: a level-triggered watch must tell again. */
    if (++world.times == 2) {
        assert_int_equal(read(fd, &byte, 1), 1);
        loop_stop(world.loop);
    }
}

static void a_watch_is_level_triggered(void **state)
{
    (void)state;
    world.watch = loop_watch_new(world.loop, world.fds[0], on_readable_twice, NULL);
    loop_watch_set(world.watch, LOOP_READABLE);
    assert_int_equal(write(world.fds[1], "x", 1), 1);
    loop_run(world.loop);
    assert_int_equal(world.times, 2);
}

static void on_writable_twice(void *context, int fd, unsigned events)
{
    (void)context;
    (void)fd;
    assert_true(events & LOOP_WRITABLE);
    if (++world.times == 2) {
        loop_watch_set(world.watch, 0);
        loop_stop(world.loop);
    }
}

static void a_writable_watch_tells_until_it_is_unset(void **state)
{
    (void)state;
    world.watch = loop_watch_new(world.loop, world.fds[1], on_writable_twice, NULL);
    loop_watch_set(world.watch, LOOP_WRITABLE);
    loop_run(world.loop);
    assert_int_equal(world.times, 2);
    world.timer = loop_timer_new(world.loop, on_time_once, NULL);
    loop_timer_start(world.timer, 20, 0);
    loop_run(world.loop);
    assert_int_equal(world.times, 3);
}

static void on_turn_again(void *context)
{
    (void)context;
    if (++world.turns < 100)
        loop_again(world.loop);
    else
        loop_stop(world.loop);
}

static void again_keeps_the_loop_from_sleeping(void **state)
{
    (void)state;
    int64_t begin_ms = clock_monotonic_ms();
    world.turn = loop_turn_new(world.loop, on_turn_again, NULL);
    loop_run(world.loop);
    assert_int_equal(world.turns, 100);
    assert_true(clock_monotonic_ms() - begin_ms < 60000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_timer_fires_once_and_not_early),
        TEST(a_repeating_timer_goes_on_until_it_is_stopped),
        TEST(a_timer_may_be_freed_in_its_own_callback),
        TEST(timers_fire_in_the_order_of_their_times),
        TEST(a_watch_is_level_triggered),
        TEST(a_writable_watch_tells_until_it_is_unset),
        TEST(again_keeps_the_loop_from_sleeping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
