#include "common/oauth/client_jwks.h"
#include "common/base/limits.h"
#include "tests/unit/common/base/unit.h"

#include <string.h>

static enum failure check(const char *text)
{
    return client_jwks_check_text(str_from_cstr(text));
}

static void sets_of_public_keys_are_accepted_rfc7517_5(void **state)
{
    (void)state;
    static const char *const good[] = {
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"a\",\"y\":\"b\"}]}",
        "{\"keys\":[{\"kty\":\"unknown\"},{\"kty\":\"RSA\",\"n\":\"x\",\"e\":\"AQAB\"}],\"x\":1}",
    };
    for (size_t i = 0; i < LENGTH_OF(good); i++)
        assert_failure(check(good[i]), OK, good[i]);
}

static void other_sets_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{",
        "null",
        "[]",
        "{}",
        "{\"keys\":null}",
        "{\"keys\":{}}",
        "{\"keys\":[]}",
        "{\"keys\":[1]}",
        "{\"keys\":[{}]}",
        "{\"keys\":[{\"kty\":1}]}",
        "{\"keys\":[{\"kty\":\"EC\"},{}]}",
        "{\"keys\":[{\"kty\":\"EC\"}],\"keys\":[{\"kty\":\"EC\"}]}",
        "{\"keys\":[{\"kty\":\"EC\"}]} x",
    };
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        assert_failure(check(bad[i]), FAIL_CLIENT_METADATA_INVALID, bad[i]);
    assert_failure(client_jwks_check_text(STR_ABSENT), FAIL_CLIENT_METADATA_INVALID, "absent");
}

/* RFC 7518 6.2.2, 6.3.2, 6.4 */
static void a_published_secret_is_refused(void **state)
{
    (void)state;
    static const char *const members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
    for (size_t i = 0; i < LENGTH_OF(members); i++) {
        char text[100];
        snprintf(text, sizeof(text), "{\"keys\":[{\"kty\":\"EC\"},{\"kty\":\"EC\",\"%s\":null}]}",
                 members[i]);
        assert_failure(check(text), FAIL_CLIENT_METADATA_INVALID, text);
    }
}

static void a_set_has_a_limit(void **state)
{
    (void)state;
    static const char set[] = "{\"keys\":[{\"kty\":\"EC\"}]}";
    char text[JWKS_BYTES_MAX + 1];
    memset(text, ' ', sizeof(text));
    memcpy(text, set, sizeof(set) - 1);
    assert_ok(client_jwks_check_text(str_from_bytes(text, sizeof(text) - 1)));
    assert_failure(client_jwks_check_text(str_from_bytes(text, sizeof(text))),
                   FAIL_CLIENT_METADATA_INVALID, "too large");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(sets_of_public_keys_are_accepted_rfc7517_5),
        UNIT_TEST(other_sets_are_refused),
        UNIT_TEST(a_published_secret_is_refused),
        UNIT_TEST(a_set_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
