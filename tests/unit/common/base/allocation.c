#include "tests/unit/common/base/allocation.h"
#include "tests/unit/common/base/unit.h"

#include <stdlib.h>

enum { ALLOCATIONS_MAX = 20000 };

static size_t left;
static bool has_failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);

static bool fails(void)
{
    if (left == 0 || --left > 0)
        return false;
    has_failed = true;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *at, size_t size)
{
    return fails() ? NULL : __real_realloc(at, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t len)
{
    return fails() ? NULL : __real_strndup(text, len);
}

void allocation_fail_at(size_t n)
{
    left = n;
    has_failed = false;
}

bool allocation_has_failed(void)
{
    return has_failed;
}

static void assert_succeeds(allocation_attempt *attempt, void *context)
{
    allocation_fail_at(0);
    arena_fail_at(0);
    assert_ok(attempt(context));
}

static size_t fail_each_allocation(allocation_attempt *attempt, void *context)
{
    for (size_t n = 1; n < ALLOCATIONS_MAX; n++) {
        allocation_fail_at(n);
        enum failure failure = attempt(context);
        if (!allocation_has_failed()) {
            assert_ok(failure);
            return n - 1;
        }
        assert_succeeds(attempt, context);
    }
    fail_msg("more than %d allocations", ALLOCATIONS_MAX);
    return 0;
}

/* Nobody says whether a take has failed: when some in a row made no difference, none has. */
static size_t fail_each_take(allocation_attempt *attempt, void *context)
{
    enum { IN_A_ROW = 16 };
    size_t refused = 0, in_a_row = 0;
    for (size_t n = 1; n < ALLOCATIONS_MAX && in_a_row < IN_A_ROW; n++) {
        allocation_fail_at(0);
        arena_fail_at(n);
        enum failure failure = attempt(context);
        in_a_row = failure == OK ? in_a_row + 1 : 0;
        refused += failure != OK;
        assert_succeeds(attempt, context);
    }
    return refused;
}

size_t allocation_fail_each(allocation_attempt *attempt, void *context)
{
    assert_succeeds(attempt, context);
    size_t failed = fail_each_allocation(attempt, context);
    failed += fail_each_take(attempt, context);
    assert_succeeds(attempt, context);
    return failed;
}
