/* Failure injected by count into the store: the n-th command from now fails with
 * FAIL_STORE_UNAVAILABLE, for every n, in every way in which Redis can be lost.
 *
 *     for (struct store_failure failure = {0}; store_failure_next(&failure);) {
 *         ... a fresh state ...
 *         store_failure_arm(&failure);
 *         ... the operation fails cleanly, or succeeds because nobody waits for that command ...
 *         store_failure_disarm(&failure);
 *         ... the same request again succeeds ...
 *     }
 *
 * The program is linked with the library `store_failure`, which puts itself between our code and
 * store_send and store_run (ld --wrap). */
#ifndef TESTS_UNIT_COMMON_STORE_STORE_FAILURE_H
#define TESTS_UNIT_COMMON_STORE_STORE_FAILURE_H

#include <stdbool.h>
#include <stddef.h>

struct store_failure {
    size_t n;          /* which command fails, counted from 1 */
    bool is_executed;  /* Redis did it, and only the answer was lost */
    bool is_for_good;  /* every later command fails too */
    bool has_happened; /* after store_failure_disarm */
    size_t count;      /* how often something has failed so far, of all ways */
};

/* The next n, and after the last one the next way; false after the last way. */
bool store_failure_next(struct store_failure *failure);
void store_failure_arm(const struct store_failure *failure);
void store_failure_disarm(struct store_failure *failure);

#endif
