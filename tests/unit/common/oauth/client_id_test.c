#include "common/oauth/client_id.h"
#include "tests/unit/common/base/unit.h"

#include <string.h>

static void an_id_names_the_domain_and_a_version_4_uuid_rfc9562_5_4(void **state)
{
    unsigned char seed[CLIENT_ID_SEED_BYTES];
    memset(seed, 0xff, sizeof(seed));
    struct str id = client_id_make(unit_arena(state), STR("example.com"), seed);
    assert_str(id, "mcp_example.com_ffffffff-ffff-4fff-bfff-ffffffffffff");
    assert_int_equal(client_id_classify(id), CLIENT_ID_REGISTERED);
    memset(seed, 0, sizeof(seed));
    id = client_id_make(unit_arena(state), STR("any"), seed);
    assert_str(id, "mcp_any_00000000-0000-4000-8000-000000000000");
    assert_int_equal(client_id_classify(id), CLIENT_ID_REGISTERED);
    arena_fail_at(1);
    assert_absent(client_id_make(unit_arena(state), STR("any"), seed));
}

static void ids_tell_their_kind(void **state)
{
    (void)state;
    static const char *const other[] = {
        "",
        "app",
        "mcp_any",
        "mcp__00000000-0000-4000-8000-000000000000",
        "mcp_any_00000000-0000-4000-8000-00000000000",
        "mcp_any_00000000-0000-4000-8000-00000000000G",
        "mcp_any_00000000-0000-4000-8000-00000000000F",
        "mcp_any-00000000-0000-4000-8000-000000000000",
        "mcp_any_000000000000040008000000000000000000",
        "http://example.com/client",
        "HTTPS://example.com/client",
    };
    for (size_t i = 0; i < LENGTH_OF(other); i++)
        if (client_id_classify(str_from_cstr(other[i])) != CLIENT_ID_OTHER)
            fail_msg("%s", other[i]);
    assert_int_equal(client_id_classify(STR("https://example.com/client.json")),
                     CLIENT_ID_DOCUMENT);
    assert_int_equal(client_id_classify(STR_ABSENT), CLIENT_ID_OTHER);
}

static void an_id_has_visible_characters_only_rfc6749_appendix_a_1(void **state)
{
    (void)state;
    char longer[CLIENT_ID_BYTES_MAX + 1];
    memset(longer, 'x', sizeof(longer));
    assert_ok(client_id_check(STR("my client/~1")));
    assert_ok(client_id_check(str_from_bytes(longer, sizeof(longer) - 1)));
    assert_failure(client_id_check(str_from_bytes(longer, sizeof(longer))), FAIL_CLIENT_UNKNOWN,
                   "too long");
    assert_failure(client_id_check(STR("a\nb")), FAIL_CLIENT_UNKNOWN, "control");
    assert_failure(client_id_check(STR("\xc3\xa4")), FAIL_CLIENT_UNKNOWN, "not ASCII");
    assert_failure(client_id_check(STR("\x7f")), FAIL_CLIENT_UNKNOWN, "DEL");
    assert_failure(client_id_check(str_from_bytes("a\0b", 3)), FAIL_CLIENT_UNKNOWN, "NUL");
    assert_failure(client_id_check(STR_ABSENT), FAIL_CLIENT_ID_MISSING, "absent");
    assert_failure(client_id_check(STR("")), FAIL_CLIENT_ID_MISSING, "empty");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(an_id_names_the_domain_and_a_version_4_uuid_rfc9562_5_4),
        UNIT_TEST(ids_tell_their_kind),
        UNIT_TEST(an_id_has_visible_characters_only_rfc6749_appendix_a_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
