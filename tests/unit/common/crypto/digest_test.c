#include "common/crypto/digest.h"

#include "common/base/hex.h"
#include "tests/unit/common/crypto/support.h"

static void sha256_gives_the_vectors_of_fips_180(void **state)
{
    struct arena *arena = *state;
    assert_str_equal(digest_hex(arena, STR("")),
                     STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    assert_str_equal(digest_hex(arena, STR("abc")),
                     STR("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

/* Else a secret that could not be made would have a digest that everybody knows. */
static void the_absent_text_has_no_digest(void **state)
{
    assert_false(str_is_present(digest_hex(*state, STR_ABSENT)));
    assert_false(str_is_present(digest_base64url(*state, STR_ABSENT)));
}

static void base64url_gives_the_challenge_of_rfc_7636_appendix_b(void **state)
{
    assert_str_equal(digest_base64url(*state, STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")),
                     STR("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
}

static void lengths_are_as_the_constants_say(void **state)
{
    assert_int_equal(digest_hex(*state, STR("x")).len, DIGEST_HEX_CHARACTERS);
    assert_int_equal(digest_base64url(*state, STR("x")).len, DIGEST_BASE64URL_CHARACTERS);
}

static void assert_hmac(struct str key, struct str text, const char *expected)
{
    unsigned char digest[DIGEST_BYTES];
    char hex[DIGEST_HEX_CHARACTERS + 1];
    for (size_t cut = 0; cut <= text.len; cut += 7) { /* two parts are one text */
        digest_hmac(key, str_first(text, cut), str_from(text, cut), digest);
        hex_write(hex, digest, sizeof(digest));
        assert_string_equal(hex, expected);
    }
}

static void hmac_gives_the_vectors_of_rfc_4231(void **state)
{
    (void)state;
    char long_key[131];
    memset(long_key, 0xaa, sizeof(long_key));
    /* test cases 2 (short key) and 6 (a key longer than a block is hashed) */
    assert_hmac(STR("Jefe"), STR("what do ya want for nothing?"),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_hmac(str_from_bytes(long_key, sizeof(long_key)),
                STR("Test Using Larger Than Block-Size Key - Hash Key First"),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void a_full_arena_gives_the_absent_text(void **state)
{
    arena_fail_at(1);
    assert_false(str_is_present(digest_hex(*state, STR("x"))));
    arena_fail_at(1);
    assert_false(str_is_present(digest_base64url(*state, STR("x"))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(sha256_gives_the_vectors_of_fips_180),
        WITH_ARENA(the_absent_text_has_no_digest),
        WITH_ARENA(base64url_gives_the_challenge_of_rfc_7636_appendix_b),
        WITH_ARENA(lengths_are_as_the_constants_say),
        WITH_ARENA(hmac_gives_the_vectors_of_rfc_4231),
        WITH_ARENA(a_full_arena_gives_the_absent_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
