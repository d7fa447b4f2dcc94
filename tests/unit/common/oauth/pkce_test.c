#include "common/oauth/pkce.h"
#include "tests/unit/common/base/unit.h"

#include <string.h>

/* RFC 7636 appendix B */
#define VERIFIER  STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
#define CHALLENGE STR("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")

static void the_example_of_rfc7636_appendix_b_holds(void **state)
{
    (void)state;
    assert_ok(code_challenge_check(CHALLENGE, STR("S256")));
    assert_ok(code_verifier_check(VERIFIER, CHALLENGE));
}

static void a_challenge_is_required_rfc7636_4_4_1(void **state)
{
    (void)state;
    assert_failure(code_challenge_check(STR_ABSENT, STR("S256")), FAIL_CODE_CHALLENGE_MISSING,
                   "absent");
    assert_failure(code_challenge_check(STR_ABSENT, STR_ABSENT), FAIL_CODE_CHALLENGE_MISSING,
                   "both absent");
    assert_failure(code_challenge_check(STR(""), STR("S256")), FAIL_CODE_CHALLENGE_MISSING,
                   "empty");
}

static void only_s256_is_a_method_rfc7636_4_3(void **state)
{
    (void)state;
    static const char *const methods[] = {"plain", "s256", "S256 ", "S512", ""};
    for (size_t i = 0; i < LENGTH_OF(methods); i++)
        assert_failure(code_challenge_check(CHALLENGE, str_from_cstr(methods[i])),
                       FAIL_CODE_CHALLENGE_METHOD_UNSUPPORTED, methods[i]);
    assert_failure(code_challenge_check(CHALLENGE, STR_ABSENT),
                   FAIL_CODE_CHALLENGE_METHOD_UNSUPPORTED, "absent means plain");
}

static void a_challenge_has_43_to_128_unreserved_characters_rfc7636_4_2(void **state)
{
    (void)state;
    char text[129];
    memset(text, 'a', sizeof(text));
    assert_ok(code_challenge_check(str_from_bytes(text, 43), STR("S256")));
    assert_ok(code_challenge_check(str_from_bytes(text, 128), STR("S256")));
    assert_failure(code_challenge_check(str_from_bytes(text, 42), STR("S256")),
                   FAIL_CODE_CHALLENGE_MALFORMED, "42");
    assert_failure(code_challenge_check(str_from_bytes(text, 129), STR("S256")),
                   FAIL_CODE_CHALLENGE_MALFORMED, "129");
    for (const char *c = "+/= %\n\"\x80"; *c != '\0'; c++) {
        text[20] = *c;
        assert_failure(code_challenge_check(str_from_bytes(text, 43), STR("S256")),
                       FAIL_CODE_CHALLENGE_MALFORMED, "a foreign character");
    }
}

static void a_verifier_is_required_rfc7636_4_5(void **state)
{
    (void)state;
    assert_failure(code_verifier_check(STR_ABSENT, CHALLENGE), FAIL_CODE_VERIFIER_MISSING,
                   "absent");
    assert_failure(code_verifier_check(STR(""), CHALLENGE), FAIL_CODE_VERIFIER_MISSING, "empty");
}

static void a_verifier_has_43_to_128_unreserved_characters_rfc7636_4_1(void **state)
{
    (void)state;
    char text[129];
    memset(text, '~', sizeof(text));
    assert_failure(code_verifier_check(str_from_bytes(text, 42), CHALLENGE),
                   FAIL_CODE_VERIFIER_MALFORMED, "42");
    assert_failure(code_verifier_check(str_from_bytes(text, 129), CHALLENGE),
                   FAIL_CODE_VERIFIER_MALFORMED, "129");
    assert_failure(code_verifier_check(str_from_bytes(text, 128), CHALLENGE),
                   FAIL_CODE_VERIFIER_MISMATCH, "128");
    text[42] = '\0';
    assert_failure(code_verifier_check(str_from_bytes(text, 43), CHALLENGE),
                   FAIL_CODE_VERIFIER_MALFORMED, "NUL");
}

static void a_foreign_verifier_does_not_match_rfc7636_4_6(void **state)
{
    (void)state;
    assert_failure(
        code_verifier_check(STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl"), CHALLENGE),
        FAIL_CODE_VERIFIER_MISMATCH, "one letter");
    assert_failure(code_verifier_check(VERIFIER, str_first(CHALLENGE, 42)),
                   FAIL_CODE_VERIFIER_MISMATCH, "a shorter challenge");
    assert_failure(code_verifier_check(CHALLENGE, CHALLENGE), FAIL_CODE_VERIFIER_MISMATCH, "plain");
    assert_failure(code_verifier_check(VERIFIER, STR_ABSENT), FAIL_CODE_VERIFIER_MISMATCH,
                   "no challenge");
    assert_failure(code_verifier_check(VERIFIER, STR("")), FAIL_CODE_VERIFIER_MISMATCH,
                   "an empty challenge");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_example_of_rfc7636_appendix_b_holds),
        UNIT_TEST(a_challenge_is_required_rfc7636_4_4_1),
        UNIT_TEST(only_s256_is_a_method_rfc7636_4_3),
        UNIT_TEST(a_challenge_has_43_to_128_unreserved_characters_rfc7636_4_2),
        UNIT_TEST(a_verifier_is_required_rfc7636_4_5),
        UNIT_TEST(a_verifier_has_43_to_128_unreserved_characters_rfc7636_4_1),
        UNIT_TEST(a_foreign_verifier_does_not_match_rfc7636_4_6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
