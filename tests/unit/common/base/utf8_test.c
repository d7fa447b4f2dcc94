#include "common/base/utf8.h"
#include "tests/unit/common/base/unit.h"

#include <string.h>

static void characters_of_every_length_are_read_and_written(void **state)
{
    static const uint32_t characters[] = {1,      'a',    0x7f,   0x80,    0x7ff,   0x800,
                                          0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff};
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(characters); i++) {
        char bytes[UTF8_BYTES_MAX + 1] = {0};
        size_t len = utf8_write(bytes, characters[i]);
        struct str text = str_from_bytes(bytes, len);
        uint32_t character;
        assert_true(utf8_is_valid(text));
        assert_true(utf8_next(&text, &character));
        assert_int_equal(character, characters[i]);
        assert_int_equal(text.len, 0);
    }
}

static void what_is_broken_is_refused_rfc3629_3(void **state)
{
    static const struct str broken[] = {
        STR_INIT("\x80"),             /* begins with a continuation */
        STR_INIT("\xc0\x80"),         /* overlong */
        STR_INIT("\xc1\xbf"),         /* overlong */
        STR_INIT("\xe0\x9f\xbf"),     /* overlong */
        STR_INIT("\xf0\x8f\xbf\xbf"), /* overlong */
        STR_INIT("\xed\xa0\x80"),     /* a surrogate */
        STR_INIT("\xed\xbf\xbf"),     /* a surrogate */
        STR_INIT("\xf4\x90\x80\x80"), /* beyond U+10FFFF */
        STR_INIT("\xf5\x80\x80\x80"), /* beyond U+10FFFF */
        STR_INIT("\xff"),
        STR_INIT("\xc3"),         /* ends too early */
        STR_INIT("\xe2\x82"),     /* ends too early */
        STR_INIT("\xf0\x9f\x98"), /* ends too early */
        STR_INIT("\xc3("),        /* no continuation */
        STR_INIT("\xe2\x82("),    /* no continuation */
    };
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(broken); i++) {
        struct str rest = broken[i];
        uint32_t character = 7;
        assert_false(utf8_next(&rest, &character));
        assert_int_equal(character, 7);
        assert_ptr_equal(rest.at, broken[i].at);
        assert_false(utf8_is_valid(broken[i]));
    }
}

static void a_text_is_valid_when_all_its_characters_are(void **state)
{
    (void)state;
    assert_true(utf8_is_valid(STR("")));
    assert_true(utf8_is_valid(STR("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80")));
    assert_false(utf8_is_valid(STR("gr\xc3\xbc\xc3\x9f \xe2\x82")));
    for (size_t len = 1; len < 40; len++)
        for (size_t place = 0; place < len; place++) {
            char text[40];
            memset(text, 'a', sizeof(text));
            assert_true(utf8_is_valid(str_from_bytes(text, len)));
            text[place] = (char)0x80;
            assert_false(utf8_is_valid(str_from_bytes(text, len)));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(characters_of_every_length_are_read_and_written),
        UNIT_TEST(what_is_broken_is_refused_rfc3629_3),
        UNIT_TEST(a_text_is_valid_when_all_its_characters_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
