/* Time, with one place where a test can set it.
 *
 *     int64_t deadline_ms = clock_monotonic_ms() + budget_ms; */
#ifndef COMMON_BASE_CLOCK_H
#define COMMON_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_monotonic_ms(void); /* CLOCK_MONOTONIC: for deadlines and ages */
int64_t clock_monotonic_us(void);
int64_t clock_wall_s(void); /* seconds since 1970: for iat, exp and logs */
int64_t clock_wall_ms(void);

/* For tests: fixes the wall clock; a negative value lets it run again. */
void clock_fix_wall_s(int64_t now_s);

#endif
