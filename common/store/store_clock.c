/* The answer is taken to be as old as half the way there and back. */
#include "common/store/store_clock.h"

#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/store/store_metrics.h"

enum { DIFFERENCE_WARNED_MS = CLOCK_SKEW_S * 1000 / 2 };

struct store_clock {
    struct store *store;
    struct loop_timer *timer;
    int64_t asked_us;
    bool is_asking;
    bool is_wrong; /* and the log has said so */
};

static void difference_take(struct store_clock *clock, int64_t difference_ms)
{
    bool is_wrong = llabs(difference_ms) > DIFFERENCE_WARNED_MS;
    store_metrics.clock_difference_s = (double)difference_ms / 1000;
    if (is_wrong && !clock->is_wrong)
        log_warning("clock.differs", LOG_I64("difference_ms", difference_ms),
                    LOG_STR("advice", STR("set the clocks of this machine and of Redis's (NTP)")));
    clock->is_wrong = is_wrong;
}

/* TIME answers seconds and microseconds, as texts. */
static void on_time_told(void *context, enum failure failure, const struct store_reply *reply)
{
    struct store_clock *clock = context;
    int64_t s, us;
    clock->is_asking = false;
    if (failure != OK || reply->kind != STORE_LIST || reply->len != 2 ||
        !str_to_i64(reply->at[0].text, &s) || !str_to_i64(reply->at[1].text, &us))
        return;
    int64_t way_ms = (clock_monotonic_us() - clock->asked_us) / 1000;
    difference_take(clock, clock_wall_ms() - way_ms / 2 - (s * 1000 + us / 1000));
}

void store_clock_ask(struct store_clock *clock)
{
    struct str word = STR("TIME");
    if (clock->is_asking || !store_is_ready(clock->store))
        return;
    clock->is_asking = true;
    clock->asked_us = clock_monotonic_us();
    store_send(clock->store, (struct strs){&word, 1}, clock_monotonic_ms() + STORE_CLOCK_EVERY_MS,
               on_time_told, clock);
}

static void on_time(void *context)
{
    store_clock_ask(context);
}

struct store_clock *store_clock_start(struct loop *loop, struct store *store)
{
    struct store_clock *clock = calloc(1, sizeof(*clock));
    if (clock == NULL)
        return NULL;
    clock->store = store;
    clock->timer = loop_timer_new(loop, on_time, clock);
    if (clock->timer == NULL) {
        free(clock);
        return NULL;
    }
    loop_timer_start(clock->timer, 0, STORE_CLOCK_EVERY_MS);
    return clock;
}

void store_clock_stop(struct store_clock *clock)
{
    if (clock == NULL)
        return;
    loop_timer_free(clock->timer);
    free(clock);
}
