#include "common/base/random.h"
#include "tests/unit/common/base/unit.h"

#include <stdlib.h>
#include <string.h>

static void real_bytes_differ_each_time(void **state)
{
    (void)state;
    unsigned char a[32] = {0}, b[32] = {0}, zero[32] = {0};
    random_fill(a, sizeof(a));
    random_fill(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    assert_memory_not_equal(a, zero, sizeof(a));
}

static void a_fixed_stream_repeats(void **state)
{
    (void)state;
    unsigned char a[32], b[32], c[32];
    random_fix(1);
    random_fill(a, sizeof(a));
    random_fill(b, sizeof(b));
    random_fix(1);
    random_fill(c, sizeof(c));
    assert_memory_equal(a, c, sizeof(a));
    assert_memory_not_equal(a, b, sizeof(a));
    random_fix(0);
    random_fill(b, sizeof(b));
    assert_memory_not_equal(b, a, sizeof(a));
}

static void only_the_asked_bytes_are_written(void **state)
{
    (void)state;
    unsigned char bytes[3] = {0, 0, 0x5a};
    random_fill(bytes, 2);
    assert_int_equal(bytes[2], 0x5a);
}

static int by_value(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

/* Across the blocks that are drawn from OpenSSL, and for sizes that do not divide them. */
static void no_bytes_are_handed_out_twice(void **state)
{
    static unsigned char ids[4000][16];
    unsigned char large[3000];
    (void)state;
    for (size_t i = 0; i < 4000; i++) {
        random_fill(ids[i], sizeof(ids[i]));
        random_fill(large, i % 7);
        if (i % 500 == 0)
            random_fill(large, sizeof(large));
    }
    qsort(ids, 4000, sizeof(ids[0]), by_value);
    for (size_t i = 1; i < 4000; i++)
        assert_memory_not_equal(ids[i - 1], ids[i], sizeof(ids[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(real_bytes_differ_each_time),
        UNIT_TEST(a_fixed_stream_repeats),
        UNIT_TEST(only_the_asked_bytes_are_written),
        UNIT_TEST(no_bytes_are_handed_out_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
