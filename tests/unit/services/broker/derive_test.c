/* What is derived from the browser's cookie (DESIGN 7). */
#include "services/broker/derive.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/limits.h"
#include "common/crypto/digest.h"
#include "common/oauth/authorization_code.h"
#include "common/oauth/pkce.h"

#define S     "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct arena *arena;

static const struct derivation FROM = {
    .browser = STR_INIT("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    .s = STR_INIT(S),
    .attempt = 3,
};

static int setup(void **state)
{
    (void)state;
    arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    return arena == NULL;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

struct everything {
    struct str at[6];
};

static struct everything derive_everything(const struct derivation *from)
{
    struct everything all = {{derive_state(arena, from), derive_code_verifier(arena, from),
                              derive_csrf_token(arena, from), derive_g(arena, from)}};
    all.at[4] = derive_code(arena, from, &all.at[5]);
    for (size_t i = 0; i < 6; i++)
        assert_true(str_is_present(all.at[i]));
    return all;
}

static void everything_is_the_same_again(void **state)
{
    (void)state;
    struct everything a = derive_everything(&FROM), b = derive_everything(&FROM);
    for (size_t i = 0; i < 6; i++)
        assert_true(str_equals(a.at[i], b.at[i]));
}

static void another_browser_session_or_attempt_changes_everything(void **state)
{
    (void)state;
    struct derivation others[] = {FROM, FROM, FROM};
    others[0].browser = STR("eBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    others[1].s = STR(OTHER);
    others[2].attempt = 4;
    struct everything all = derive_everything(&FROM);
    for (size_t k = 0; k < 3; k++) {
        struct everything other = derive_everything(&others[k]);
        for (size_t i = 0; i < 6; i++)
            assert_false(str_equals(all.at[i], other.at[i]));
    }
}

/* DESIGN 7: session id, state and CSRF token are different values. */
static void no_two_of_them_tell_of_one_another(void **state)
{
    (void)state;
    struct everything all = derive_everything(&FROM);
    struct str mac = str_from(all.at[0], DIGEST_HEX_CHARACTERS + 1);
    assert_int_equal(mac.len, 43);
    assert_false(str_equals(mac, all.at[1]));
    assert_false(str_equals(mac, all.at[2]));
    assert_false(str_equals(all.at[1], all.at[2]));
    assert_false(str_equals(str_from(all.at[4], 2 * GRANT_ID_BYTES + 1), mac));
}

/* RFC 6749 10.12 */
static void a_state_names_its_session_and_a_forged_one_is_refused(void **state)
{
    (void)state;
    struct str text = derive_state(arena, &FROM), s;
    assert_true(derive_state_split(text, &s));
    assert_true(str_equals(s, FROM.s));
    assert_int_equal(derive_check_state(arena, &FROM, text), OK);
    struct derivation other = FROM;
    other.attempt--;
    assert_int_equal(derive_check_state(arena, &other, text), FAIL_STATE_FORGED);
    assert_int_equal(derive_check_state(arena, &FROM, str_first(text, text.len - 1)),
                     FAIL_STATE_FORGED);
    assert_int_equal(derive_check_state(arena, &FROM, STR_ABSENT), FAIL_STATE_FORGED);
}

static void a_state_of_another_shape_names_no_session(void **state)
{
    (void)state;
    const struct str shapes[] = {STR_ABSENT,
                                 STR(""),
                                 STR("."),
                                 STR("x.y"),
                                 STR(S),
                                 STR(S "0.mac"),
                                 STR("}." S),
                                 STR("FF" S ".mac"),
                                 STR("mac." S),
                                 STR("G0112233445566778899aabbccddeeff0011223344556"
                                     "6778899aabbccddeeff.mac")};
    struct str s;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        assert_false(derive_state_split(shapes[i], &s));
}

/* RFC 6749 10.12 */
static void a_forged_csrf_token_is_refused(void **state)
{
    (void)state;
    struct str token = derive_csrf_token(arena, &FROM);
    struct derivation other = FROM;
    other.s = STR(OTHER);
    assert_int_equal(derive_check_csrf_token(arena, &FROM, token), OK);
    assert_int_equal(derive_check_csrf_token(arena, &other, token), FAIL_CSRF_TOKEN_FORGED);
    assert_int_equal(derive_check_csrf_token(arena, &FROM, STR("")), FAIL_CSRF_TOKEN_FORGED);
    assert_int_equal(derive_check_csrf_token(arena, &FROM, STR_ABSENT), FAIL_CSRF_TOKEN_FORGED);
}

/* RFC 9700 4.7 */
static void a_foreign_browser_is_refused(void **state)
{
    (void)state;
    struct str digest = digest_hex(arena, FROM.browser);
    assert_int_equal(derive_check_browser(arena, FROM.browser, digest), OK);
    assert_int_equal(derive_check_browser(arena, digest, digest), FAIL_BROWSER_FOREIGN);
    assert_int_equal(derive_check_browser(arena, STR_ABSENT, digest), FAIL_BROWSER_FOREIGN);
}

static void the_code_parses_and_its_digest_is_that_of_its_secret(void **state)
{
    (void)state;
    struct str digest;
    struct authorization_code code;
    assert_int_equal(authorization_code_parse(derive_code(arena, &FROM, &digest), &code), OK);
    assert_true(str_equals(code.g, derive_g(arena, &FROM)));
    assert_true(str_equals(digest, digest_hex(arena, code.secret)));
}

/* RFC 7636 4.1 */
static void the_verifier_towards_github_is_a_code_verifier(void **state)
{
    (void)state;
    struct str code_verifier = derive_code_verifier(arena, &FROM);
    assert_int_equal(code_verifier_check(code_verifier, digest_base64url(arena, code_verifier)),
                     OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_the_same_again),
        cmocka_unit_test(another_browser_session_or_attempt_changes_everything),
        cmocka_unit_test(no_two_of_them_tell_of_one_another),
        cmocka_unit_test(a_state_names_its_session_and_a_forged_one_is_refused),
        cmocka_unit_test(a_state_of_another_shape_names_no_session),
        cmocka_unit_test(a_forged_csrf_token_is_refused),
        cmocka_unit_test(a_foreign_browser_is_refused),
        cmocka_unit_test(the_code_parses_and_its_digest_is_that_of_its_secret),
        cmocka_unit_test(the_verifier_towards_github_is_a_code_verifier),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
