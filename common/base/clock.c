/* Deadlines never use the wall clock: it may step. */
#include "common/base/clock.h"

#include <time.h>

static int64_t fixed_wall_s = -1;

static int64_t now_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
    return now_us(CLOCK_MONOTONIC);
}

int64_t clock_monotonic_ms(void)
{
    return clock_monotonic_us() / 1000;
}

int64_t clock_wall_ms(void)
{
    return fixed_wall_s >= 0 ? fixed_wall_s * 1000 : now_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_wall_s(void)
{
    return clock_wall_ms() / 1000;
}

void clock_fix_wall_s(int64_t now_s)
{
    fixed_wall_s = now_s;
}
