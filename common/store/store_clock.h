/* Compares this machine's clock with Redis TIME, which all stored times come from: codes and tokens
 * of a machine whose clock is wrong are refused elsewhere.
 *
 *     struct store_clock *clock = store_clock_start(loop, store);
 *     store_clock_stop(clock);
 *
 * The difference stands in store_metrics; beyond half of what tokens tolerate the log warns. The
 * store outlives it. */
#ifndef COMMON_STORE_STORE_CLOCK_H
#define COMMON_STORE_STORE_CLOCK_H

#include "common/store/store.h"

enum { STORE_CLOCK_EVERY_MS = 10 * 1000 };

struct store_clock;

/* NULL when memory is gone. */
struct store_clock *store_clock_start(struct loop *loop, struct store *store);
/* Asks now: the store has become ready. */
void store_clock_ask(struct store_clock *clock);
void store_clock_stop(struct store_clock *clock); /* accepts NULL; close the store first */

#endif
