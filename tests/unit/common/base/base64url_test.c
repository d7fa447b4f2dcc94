#include "common/base/base64url.h"
#include "tests/unit/common/base/unit.h"

static void the_vectors_of_rfc_4648_10_hold_without_padding(void **state)
{
    static const struct {
        const char *plain, *encoded;
    } vectors[] = {{"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
                   {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < LENGTH_OF(vectors); i++) {
        struct str back,
            encoded = base64url_encode(unit_arena(state), str_from_cstr(vectors[i].plain));
        assert_str(encoded, vectors[i].encoded);
        assert_true(base64url_decode(unit_arena(state), encoded, &back));
        assert_str(back, vectors[i].plain);
    }
}

static void the_alphabet_is_that_of_urls(void **state)
{
    struct str back;
    assert_str(base64url_encode(unit_arena(state), STR("\xfb\xff\xbf")), "-_-_");
    assert_true(base64url_decode(unit_arena(state), STR("-_-_"), &back));
    assert_str(back, "\xfb\xff\xbf");
}

static void every_byte_survives(void **state)
{
    char bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        struct str back, plain = str_from_bytes(bytes, len);
        assert_true(
            base64url_decode(unit_arena(state), base64url_encode(unit_arena(state), plain), &back));
        assert_true(str_equals(back, plain));
    }
}

static void a_value_has_one_spelling(void **state)
{
    /* padding, foreign letters, impossible lengths, bits that no encoder sets (RFC 4648 3.5) */
    static const char *const bad[] = {"Zg==", "Zm8=",  "Zm9v\n", " Zm9v", "Zm+v",   "Zm/v",
                                      "A",    "Zm9vA", "Zh",     "Zm9",   "Zm9vYh", "Zm9\xc3"};
    struct str back = STR("untouched");
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        if (base64url_decode(unit_arena(state), str_from_cstr(bad[i]), &back))
            fail_msg("%s was decoded", bad[i]);
    assert_str(back, "untouched");
}

static void keys_are_read_in_either_alphabet(void **state)
{
    static const char *const spellings[] = {"+/+/Zg==", "-_-_Zg", "-_-_Zg==", "+/+/Zg"};
    struct str back;
    for (size_t i = 0; i < LENGTH_OF(spellings); i++) {
        assert_true(base64_decode_any(unit_arena(state), str_from_cstr(spellings[i]), &back));
        assert_str(back, "\xfb\xff\xbf"
                         "f");
    }
    assert_false(base64_decode_any(unit_arena(state), STR("Zg==Zg"), &back));
    assert_false(base64_decode_any(unit_arena(state), STR("Zm 9v"), &back));
    assert_false(base64_decode_any(unit_arena(state), STR_ABSENT, &back));
}

static void a_full_arena_is_noticed(void **state)
{
    struct str back;
    arena_fail_at(1);
    assert_absent(base64url_encode(unit_arena(state), STR("foo")));
    arena_fail_at(1);
    assert_false(base64url_decode(unit_arena(state), STR("Zm9v"), &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_vectors_of_rfc_4648_10_hold_without_padding),
        UNIT_TEST(the_alphabet_is_that_of_urls),
        UNIT_TEST(every_byte_survives),
        UNIT_TEST(a_value_has_one_spelling),
        UNIT_TEST(keys_are_read_in_either_alphabet),
        UNIT_TEST(a_full_arena_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
