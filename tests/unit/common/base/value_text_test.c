#include "common/base/value_text.h"
#include "tests/unit/common/base/unit.h"

#include <string.h>

/* Byte by byte, as RFC 8259 7 says it. */
static size_t expected(const char *text, size_t len)
{
    size_t plain = 0;
    while (plain < len && (unsigned char)text[plain] >= 0x20 && (unsigned char)text[plain] < 0x80 &&
           text[plain] != '"' && text[plain] != '\\')
        plain++;
    return plain;
}

static void assert_skipped(const char *text, size_t len)
{
    assert_ptr_equal(value_text_skip(text, text + len), text + expected(text, len));
}

static void every_byte_at_every_place_is_judged_rfc8259_7(void **state)
{
    char text[40];
    (void)state;
    for (int byte = 0; byte < 256; byte++)
        for (size_t place = 0; place < sizeof(text); place++)
            for (size_t start = 0; start < 17; start++) {
                memset(text, place % 2 ? '~' : ' ', sizeof(text));
                text[place] = (char)byte;
                assert_skipped(text + start, sizeof(text) - start);
            }
}

static void two_special_bytes_side_by_side_hide_nothing(void **state)
{
    static const char special[] = {0, 0x1f, '"', '\\', '!', '#', ' ', 0x7f, (char)0x80, (char)0xff};
    char text[36];
    (void)state;
    for (size_t place = 0; place + 1 < sizeof(text); place++)
        for (size_t a = 0; a < sizeof(special); a++)
            for (size_t b = 0; b < sizeof(special); b++) {
                memset(text, 'x', sizeof(text));
                text[place] = special[a];
                text[place + 1] = special[b];
                assert_skipped(text, sizeof(text));
            }
}

static void nothing_behind_the_end_is_read(void **state)
{
    const char text[] = "plain\"";
    (void)state;
    assert_ptr_equal(value_text_skip(text, text + 5), text + 5);
    assert_ptr_equal(value_text_skip(text, text), text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(every_byte_at_every_place_is_judged_rfc8259_7),
        UNIT_TEST(two_special_bytes_side_by_side_hide_nothing),
        UNIT_TEST(nothing_behind_the_end_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
