/* What the unit tests of common/ share: cmocka in its order of inclusion, an arena per test, and
 * comparisons of borrowed texts.
 *
 *     static void a_sentence(void **state)
 *     {
 *         assert_str(uri_lower(unit_arena(state), STR("Ab")), "ab");
 *     }
 *     int main(void)
 *     {
 *         const struct CMUnitTest tests[] = {UNIT_TEST(a_sentence)};
 *         return cmocka_run_group_tests(tests, NULL, NULL);
 *     } */
#ifndef TESTS_UNIT_COMMON_BASE_UNIT_H
#define TESTS_UNIT_COMMON_BASE_UNIT_H

#include "common/base/arena.h"
#include "common/base/failure.h"
#include "common/base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define UNIT_TEST(test) cmocka_unit_test_setup_teardown(test, unit_setup, unit_teardown)

static inline int unit_setup(void **state)
{
    *state = arena_new(ARENA_REQUEST_BYTES_MAX);
    return *state == NULL;
}

static inline int unit_teardown(void **state)
{
    arena_fail_at(0);
    arena_free(*state);
    return 0;
}

static inline struct arena *unit_arena(void **state)
{
    return *state;
}

/* Prints both texts when they differ. */
#define assert_str(actual, expected)                                                               \
    do {                                                                                           \
        struct str unit_actual = (actual);                                                         \
        if (!str_equals_cstr(unit_actual, (expected)))                                             \
            fail_msg("\"%.*s\" is not \"%s\"", STR_ARGS(unit_actual), (expected));                 \
    } while (0)
#define assert_absent(actual) assert_false(str_is_present(actual))
/* Prints the names of both failures, and the case, when they differ. */
#define assert_failure(actual, expected, what)                                                     \
    do {                                                                                           \
        enum failure unit_failure = (actual);                                                      \
        if (unit_failure != (expected))                                                            \
            fail_msg("%s: %s is not %s", (what), failure_row(unit_failure)->name,                  \
                     failure_row(expected)->name);                                                 \
    } while (0)
#define assert_ok(actual) assert_failure((actual), OK, #actual)
#define LENGTH_OF(array)  (sizeof(array) / sizeof((array)[0]))

#endif
