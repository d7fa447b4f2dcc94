#include "common/crypto/jwk_set.h"

#include "common/base/arena.h"
#include "tests/unit/common/crypto/rfc_keys.h"
#include "tests/unit/common/crypto/support.h"

/* RFC 8037 appendix A.2 */
#define ED25519                                                                                    \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"

static size_t keys_of(struct str json)
{
    struct jwk_set set;
    assert_ok(jwk_set_open(json, &set));
    size_t len = jwk_set_keys(&set).len;
    jwk_set_close(&set);
    return len;
}

static void keys_that_verify_here_are_taken_and_others_left_out_rfc7517_5(void **state)
{
    (void)state;
    assert_int_equal(keys_of(STR("{\"keys\":[]}")), 0);
    assert_int_equal(keys_of(STR("{\"keys\":[" ED25519 "]}")), 1);
    assert_int_equal(
        keys_of(STR("{\"keys\":[1,{},{\"kty\":\"oct\",\"k\":\"AA\"}," ED25519 ",\"x\"]}")), 1);
    assert_int_equal(keys_of(STR("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"enc\","
                                 "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}")),
                     0);
}

static void what_is_no_set_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "x", "[]", "{}", "{\"keys\":{}}", "{\"keys\":null}"};
    struct jwk_set set;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(jwk_set_open(str_from_cstr(bad[i]), &set), FAIL_CRYPTO);
}

static void at_most_sixteen_keys_are_taken(void **state)
{
    (void)state;
    struct arena *arena = arena_new(64 * 1024);
    struct str json = STR("{\"keys\":[" ED25519);
    for (int i = 0; i < 20; i++)
        json = arena_printf(arena, "%.*s," ED25519, STR_ARGS(json));
    json = arena_printf(arena, "%.*s]}", STR_ARGS(json));
    assert_int_equal(keys_of(json), JWK_SET_KEYS_MAX);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_verify_here_are_taken_and_others_left_out_rfc7517_5),
        cmocka_unit_test(what_is_no_set_is_refused),
        cmocka_unit_test(at_most_sixteen_keys_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
