#include "common/crypto/hkdf.h"

#include "common/base/hex.h"
#include "tests/unit/common/crypto/support.h"

static struct str bytes_of(struct arena *arena, const char *hex)
{
    size_t len = strlen(hex) / 2;
    char *bytes = arena_take(arena, len + 1);
    assert_true(hex_read(str_from_cstr(hex), bytes, len));
    return str_from_bytes(bytes, len);
}

static void derivation_gives_the_vectors_of_rfc_5869_appendix_a(void **state)
{
    static const struct {
        const char *secret, *salt, *label, *expected;
    } VECTORS[] = {
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
         "f0f1f2f3f4f5f6f7f8f9",
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
        {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627"
         "28292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
         "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f8081828384858687"
         "88898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
         "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7"
         "d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
         "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac78272"
         "71cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f"
         "1d87"},
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
    };
    struct arena *arena = *state;
    for (size_t i = 0; i < sizeof(VECTORS) / sizeof(VECTORS[0]); i++) {
        unsigned char out[128];
        size_t len = strlen(VECTORS[i].expected) / 2;
        assert_ok(hkdf_derive(bytes_of(arena, VECTORS[i].secret), bytes_of(arena, VECTORS[i].salt),
                              bytes_of(arena, VECTORS[i].label), out, len));
        assert_str_equal(hex_encode(arena, str_from_bytes(out, len)),
                         str_from_cstr(VECTORS[i].expected));
    }
}

static void spelled_results_are_the_derived_bytes(void **state)
{
    unsigned char out[16], back[16];
    assert_ok(hkdf_derive(STR("secret"), STR_ABSENT, STR("code"), out, sizeof(out)));
    struct str hex = hkdf_hex(*state, STR("secret"), STR("code"), sizeof(out));
    assert_true(hex_read(hex, back, sizeof(back)));
    assert_memory_equal(out, back, sizeof(out));
    assert_int_equal(hkdf_base64url(*state, STR("secret"), STR("code"), 32).len, 43);
}

static void labels_and_secrets_give_independent_results(void **state)
{
    struct str one = hkdf_hex(*state, STR("secret"), STR("code"), 16);
    assert_false(str_equals(one, hkdf_hex(*state, STR("secret"), STR("codf"), 16)));
    assert_false(str_equals(one, hkdf_hex(*state, STR("secres"), STR("code"), 16)));
    assert_false(str_equals(hkdf_hex(*state, STR("secret"), STR("a\0b"), 16),
                            hkdf_hex(*state, STR("secret"), STR("a\0c"), 16)));
    assert_str_equal(one, hkdf_hex(*state, STR("secret"), STR("code"), 16));
}

static void the_same_label_gives_a_prefix_when_less_is_asked_for(void **state)
{
    struct str longer = hkdf_hex(*state, STR("secret"), STR("code"), HKDF_OUTPUT_BYTES_MAX);
    assert_str_equal(hkdf_hex(*state, STR("secret"), STR("code"), 33), str_first(longer, 66));
}

static void misuse_is_refused_and_writes_nothing(void **state)
{
    static const char LONG_LABEL[HKDF_LABEL_BYTES_MAX + 1];
    unsigned char out[4] = {1, 2, 3, 4};
    (void)state;
    assert_int_equal(hkdf_derive(STR(""), STR_ABSENT, STR("x"), out, sizeof(out)), FAIL_CRYPTO);
    assert_int_equal(hkdf_derive(STR("s"), STR_ABSENT, STR("x"), out, 0), FAIL_CRYPTO);
    /* RFC 5869 2.3: L <= 255 * HashLen */
    assert_int_equal(
        hkdf_derive(STR("s"), STR_ABSENT, STR("x"), out, (size_t)HKDF_OUTPUT_BYTES_MAX + 1),
        FAIL_CRYPTO);
    assert_int_equal(hkdf_derive(STR("s"), STR_ABSENT,
                                 str_from_bytes(LONG_LABEL, sizeof(LONG_LABEL)), out, sizeof(out)),
                     FAIL_CRYPTO);
    assert_memory_equal(out, ((unsigned char[]){1, 2, 3, 4}), 4);
}

static void a_full_arena_gives_the_absent_text(void **state)
{
    for (size_t n = 1; n <= 2; n++) {
        arena_fail_at(n);
        assert_false(str_is_present(hkdf_hex(*state, STR("s"), STR("x"), 16)));
        arena_fail_at(n);
        assert_false(str_is_present(hkdf_base64url(*state, STR("s"), STR("x"), 16)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(derivation_gives_the_vectors_of_rfc_5869_appendix_a),
        WITH_ARENA(spelled_results_are_the_derived_bytes),
        WITH_ARENA(labels_and_secrets_give_independent_results),
        WITH_ARENA(the_same_label_gives_a_prefix_when_less_is_asked_for),
        WITH_ARENA(misuse_is_refused_and_writes_nothing),
        WITH_ARENA(a_full_arena_gives_the_absent_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
