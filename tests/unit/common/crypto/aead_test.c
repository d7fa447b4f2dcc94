#include "common/crypto/aead.h"

#include "tests/unit/common/crypto/support.h"

static const unsigned char KEY[AEAD_KEY_BYTES] = "an aead key of thirty-two bytes";
static const unsigned char OTHER_KEY[AEAD_KEY_BYTES] = "another key of thirty-two bytes";

static struct str sealed_of(struct arena *arena, struct str plain)
{
    struct str sealed;
    assert_ok(aead_seal(KEY, STR("context"), plain, arena, &sealed));
    return sealed;
}

static void assert_refused(struct arena *arena, const unsigned char *key, struct str associated,
                           struct str sealed)
{
    struct str plain = STR("untouched");
    assert_int_equal(aead_open(key, associated, sealed, arena, &plain), FAIL_CRYPTO);
    assert_str_equal(plain, STR("untouched"));
}

static void what_was_sealed_opens_again(void **state)
{
    static const char LONG[AEAD_MESSAGE_BYTES_MAX];
    const struct str plains[] = {STR(""), STR("x"), STR("a\0b"),
                                 str_from_bytes(LONG, sizeof(LONG))};
    for (size_t i = 0; i < sizeof(plains) / sizeof(plains[0]); i++) {
        struct str plain, sealed = sealed_of(*state, plains[i]);
        assert_int_equal(sealed.len, plains[i].len + AEAD_OVERHEAD_BYTES);
        assert_ok(aead_open(KEY, STR("context"), sealed, *state, &plain));
        assert_str_equal(plain, plains[i]);
    }
}

static void equal_messages_do_not_look_equal(void **state)
{
    struct str a = sealed_of(*state, STR("message")), b = sealed_of(*state, STR("message"));
    assert_memory_not_equal(a.at, b.at, AEAD_SALT_BYTES);
    assert_memory_not_equal(a.at + AEAD_SALT_BYTES, b.at + AEAD_SALT_BYTES, 7);
}

static void a_bit_turned_anywhere_is_refused(void **state)
{
    struct str plain, sealed = sealed_of(*state, STR("message"));
    for (size_t i = 0; i < sealed.len; i++)
        assert_refused(*state, KEY, STR("context"), with_bit_turned(*state, sealed, i));
    /* and the refusals have left nothing behind in the shared context */
    assert_ok(aead_open(KEY, STR("context"), sealed, *state, &plain));
}

static void truncated_and_extended_messages_are_refused(void **state)
{
    struct str sealed = sealed_of(*state, STR("message"));
    for (size_t len = 0; len < sealed.len; len++)
        assert_refused(*state, KEY, STR("context"), str_first(sealed, len));
    char *copy = arena_take(*state, sealed.len + 1);
    memcpy(copy, sealed.at, sealed.len);
    struct str longer = str_from_bytes(copy, sealed.len + 1);
    assert_refused(*state, KEY, STR("context"), longer);
    assert_refused(*state, KEY, STR("context"), STR_ABSENT);
}

static void another_key_or_context_is_refused(void **state)
{
    struct str sealed = sealed_of(*state, STR("message"));
    assert_refused(*state, OTHER_KEY, STR("context"), sealed);
    assert_refused(*state, KEY, STR("contex"), sealed);
    assert_refused(*state, KEY, STR(""), sealed);
}

static void too_long_a_message_is_refused(void **state)
{
    static const char LONG[AEAD_MESSAGE_BYTES_MAX + AEAD_OVERHEAD_BYTES + 1];
    struct str sealed = STR("untouched");
    assert_int_equal(
        aead_seal(KEY, STR(""), str_from_bytes(LONG, AEAD_MESSAGE_BYTES_MAX + 1), *state, &sealed),
        FAIL_CRYPTO);
    assert_str_equal(sealed, STR("untouched"));
    assert_refused(*state, KEY, STR(""), str_from_bytes(LONG, sizeof(LONG)));
}

static void a_full_arena_is_a_limit_and_no_forgery(void **state)
{
    struct str text, sealed = sealed_of(*state, STR("message"));
    arena_fail_at(1);
    assert_int_equal(aead_seal(KEY, STR(""), STR("x"), *state, &text), FAIL_LIMIT_REACHED);
    arena_fail_at(1);
    assert_int_equal(aead_open(KEY, STR("context"), sealed, *state, &text), FAIL_LIMIT_REACHED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(what_was_sealed_opens_again),
        WITH_ARENA(equal_messages_do_not_look_equal),
        WITH_ARENA(a_bit_turned_anywhere_is_refused),
        WITH_ARENA(truncated_and_extended_messages_are_refused),
        WITH_ARENA(another_key_or_context_is_refused),
        WITH_ARENA(too_long_a_message_is_refused),
        WITH_ARENA(a_full_arena_is_a_limit_and_no_forgery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
