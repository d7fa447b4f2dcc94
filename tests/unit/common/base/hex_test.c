#include "common/base/hex.h"
#include "tests/unit/common/base/unit.h"

#include <string.h>

static void bytes_are_written_in_lower_case(void **state)
{
    char out[9];
    hex_write(out, "\x00\x7f\x80\xff", 4);
    assert_string_equal(out, "007f80ff");
    assert_str(hex_encode(unit_arena(state), str_from_bytes("\xab\xcd", 2)), "abcd");
    assert_str(hex_encode(unit_arena(state), STR("")), "");
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    unsigned char bytes[4];
    assert_true(hex_read(STR("007f80ff"), bytes, sizeof(bytes)));
    assert_memory_equal(bytes, "\x00\x7f\x80\xff", 4);
}

static void only_the_one_spelling_is_read(void **state)
{
    (void)state;
    static const char *const bad[] = {"007F80FF", "007f80f",  "007f80ff0", "",
                                      "007f80fg", "0x7f80ff", " 07f80ff"};
    unsigned char bytes[4] = {9, 9, 9, 9};
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        assert_false(hex_read(str_from_cstr(bad[i]), bytes, sizeof(bytes)));
    assert_int_equal(bytes[0], 9);
    assert_false(hex_is_valid(STR("aB")));
    assert_true(hex_is_valid(STR("0123456789abcdef")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(bytes_are_written_in_lower_case),
        UNIT_TEST(what_was_written_is_read),
        UNIT_TEST(only_the_one_spelling_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
