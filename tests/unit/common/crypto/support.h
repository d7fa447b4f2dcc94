/* What the tests of this folder share: an arena for each test, and comparing texts.
 *
 *     static void a_thing_holds(void **state) { struct arena *arena = *state; ... }
 *     cmocka_unit_test_setup_teardown(a_thing_holds, arena_setup, arena_teardown) */
#ifndef TESTS_UNIT_COMMON_CRYPTO_SUPPORT_H
#define TESTS_UNIT_COMMON_CRYPTO_SUPPORT_H

#include "common/base/arena.h"
#include "common/base/failure.h"
#include "common/base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, arena_setup, arena_teardown)
#define assert_str_equal(text, expected)                                                           \
    do {                                                                                           \
        struct str assert_text = (text), assert_expected = (expected);                             \
        assert_int_equal(assert_text.len, assert_expected.len);                                    \
        assert_memory_equal(assert_text.at, assert_expected.at, assert_expected.len);              \
    } while (0)
#define assert_ok(expression) assert_int_equal((expression), OK)

static inline int arena_setup(void **state)
{
    *state = arena_new(ARENA_REQUEST_BYTES_MAX);
    return *state == NULL;
}

static inline int arena_teardown(void **state)
{
    arena_fail_at(0);
    arena_free(*state);
    return 0;
}

/* The text with one bit of its byte turned: in a copy, which lives in the arena. */
static inline struct str with_bit_turned(struct arena *arena, struct str text, size_t index)
{
    char *copy = arena_take(arena, text.len + 1);
    assert_non_null(copy);
    memcpy(copy, text.at, text.len);
    copy[index] = (char)(copy[index] ^ 1);
    return str_from_bytes(copy, text.len);
}

#endif
