/* Failure injected by count (SQLite's way): the n-th allocation of our own code fails, for every n,
 * until nothing fails any more. Whatever failed, the attempt says so cleanly or has the right
 * result; nothing leaks (the address sanitizer looks) and the next attempt succeeds.
 *
 *     static enum failure attempt(void *context)
 *     {
 *         ... make, compare with what is right when it says OK, and free ...
 *     }
 *     allocation_fail_each(attempt, context);
 *
 * The program is linked with the library `allocation`, which puts itself between our code and
 * malloc, calloc, realloc, strdup and strndup (ld --wrap). Takes of an arena are counted by
 * arena_fail_at and fail in a second pass. */
#ifndef TESTS_UNIT_COMMON_BASE_ALLOCATION_H
#define TESTS_UNIT_COMMON_BASE_ALLOCATION_H

#include "common/base/failure.h"

#include <stddef.h>

/* The n-th next allocation fails, counted from 1; 0: none. */
void allocation_fail_at(size_t n);
/* Whether one has failed since. */
bool allocation_has_failed(void);

typedef enum failure allocation_attempt(void *context);
/* Fails the test when an attempt without a failed allocation is not OK. Answers how many
 * allocations were failed, of both kinds together. */
size_t allocation_fail_each(allocation_attempt *attempt, void *context);

#endif
