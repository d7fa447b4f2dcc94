/* mcp:rate:{bucket}:h: counters in fixed windows.
 *
 *     static const struct rate_limit REGISTER = {.bucket = "register", .count_max = 20, .window_s =
 * 3600}; rate_take(store, &REGISTER, address, arena, deadline_ms, on_rate, context);
 *
 * The subject (an address, a client id) is hashed into the key's name. The counter and its life are
 * one atomic step, so that no counter stays without an end. */
#ifndef COMMON_STORE_RATE_H
#define COMMON_STORE_RATE_H

#include "common/store/store.h"

struct rate_limit {
    const char *bucket; /* a literal, and in store_metrics.c */
    int64_t count_max;  /* in one window */
    int64_t window_s;
};

/* The subject for an address: IPv4 as it is, IPv6 as its /64, which is what one customer has; a
 * text that is neither as it is; those whose address nobody could tell are one. The absent text
 * when the arena is full. */
struct str rate_subject_of_address(struct arena *arena, struct str address);

/* OK, FAIL_RATE_LIMITED, FAIL_STORE_UNAVAILABLE, or FAIL_LIMIT_REACHED when the arena is full,
 * which is said before rate_take returns. retry_after_s is 0 but for FAIL_RATE_LIMITED. */
typedef void rate_cb(void *context, enum failure failure, int64_t retry_after_s);
void rate_take(struct store *store, const struct rate_limit *limit, struct str subject,
               struct arena *arena, int64_t deadline_ms, rate_cb *on_rate, void *context);

#endif
