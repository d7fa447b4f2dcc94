#include "common/oauth/authorization_code.h"
#include "tests/unit/common/base/unit.h"

#include <string.h>

#define G      "0123456789abcdef0123456789abcdef"
#define SECRET "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void a_code_is_made_and_parsed(void **state)
{
    char secret[AUTHORIZATION_CODE_SECRET_BYTES] = {0};
    struct authorization_code code;
    struct str text =
        authorization_code_make(unit_arena(state), STR(G), str_from_bytes(secret, sizeof(secret)));
    assert_str(text, G "." SECRET);
    assert_ok(authorization_code_parse(text, &code));
    assert_str(code.g, G);
    assert_str(code.secret, SECRET);
    memset(secret, 0xff, sizeof(secret));
    text =
        authorization_code_make(unit_arena(state), STR(G), str_from_bytes(secret, sizeof(secret)));
    assert_ok(authorization_code_parse(text, &code));
    assert_int_equal(code.secret.len, AUTHORIZATION_CODE_SECRET_CHARACTERS);
    for (size_t n = 1; n <= 2; n++) {
        arena_fail_at(n);
        assert_absent(authorization_code_make(unit_arena(state), STR(G), STR("x")));
    }
}

static void a_missing_code_is_told_apart_rfc6749_4_1_3(void **state)
{
    (void)state;
    struct authorization_code code;
    assert_failure(authorization_code_parse(STR_ABSENT, &code), FAIL_CODE_MISSING, "absent");
    assert_failure(authorization_code_parse(STR(""), &code), FAIL_CODE_MISSING, "empty");
}

static void other_texts_are_no_codes_rfc6749_5_2(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "x",
        ".",
        G,
        G ".",
        "." SECRET,
        SECRET "." G,
        G SECRET,
        G "." SECRET ".",
        G "." SECRET "A",
        G "." SECRET "\n",
        " " G "." SECRET,
        "0123456789ABCDEF0123456789abcdef." SECRET,
        "0123456789abcdef0123456789abcde." SECRET,
        "0123456789abcdef0123456789abcdeg." SECRET,
        G ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        G ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", /* bits that no encoder sets */
        G ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        G ".+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "{" G "}." SECRET,
    };
    struct authorization_code code = {.g = STR("untouched")};
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        assert_failure(authorization_code_parse(str_from_cstr(bad[i]), &code), FAIL_CODE_UNKNOWN,
                       bad[i]);
    assert_str(code.g, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_code_is_made_and_parsed),
        UNIT_TEST(a_missing_code_is_told_apart_rfc6749_4_1_3),
        UNIT_TEST(other_texts_are_no_codes_rfc6749_5_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
