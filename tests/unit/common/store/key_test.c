#include "common/store/key.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct str G = STR_INIT("3f0c3f0c3f0c3f0c3f0c3f0c3f0c3f0c");

/* Cut at the placeholder's end, a pattern and a name agree: mcp:code:{g} and mcp:code:{3f0c...}. */
static void every_name_follows_the_pattern_of_its_family(void **state)
{
    (void)state;
    struct arena *arena = arena_new(64 * 1024);
    const struct {
        enum key_family family;
        struct str name;
        const char *expected;
    } rows[] = {
        {KEY_FAMILY_SESSION, key_session(arena, STR("5a")), "mcp:session:{5a}"},
        {KEY_FAMILY_CODE, key_code(arena, G), "mcp:code:{3f0c3f0c3f0c3f0c3f0c3f0c3f0c3f0c}"},
        {KEY_FAMILY_REFRESH, key_refresh(arena, STR("0f")), "mcp:refresh:{0f}"},
        {KEY_FAMILY_REVOKED, key_revoked(arena, STR("0f")), "mcp:revoked:{0f}"},
        {KEY_FAMILY_REVOKED_TOKEN, key_revoked_token(arena, STR("0f"), 12), "mcp:revoked:{0f}:12"},
        {KEY_FAMILY_REVOKED_USER, key_revoked_user(arena, STR("583231")), "mcp:revoked:{583231}"},
        {KEY_FAMILY_APPROVAL, key_approval(arena, STR("1"), STR("ab")), "mcp:approval:{1}:ab"},
        {KEY_FAMILY_CLIENT, key_client(arena, STR("mcp_example.com_1")),
         "mcp:client:{mcp_example.com_1}"},
        {KEY_FAMILY_CLIENT_DELETED, key_client_deleted(arena, STR("mcp_example.com_1")),
         "mcp:client:{mcp_example.com_1}:deleted"},
        {KEY_FAMILY_DOCUMENT, key_document(arena, STR("5a")), "mcp:document:{5a}"},
        {KEY_FAMILY_ASSERTION, key_assertion(arena, STR("5a")), "mcp:assertion:{5a}"},
        {KEY_FAMILY_GRANTS, key_grants(arena, STR("1")), "mcp:grants:{1}"},
        {KEY_FAMILY_RATE, key_rate(arena, STR("register"), STR("ab")), "mcp:rate:{register}:ab"},
        {KEY_FAMILY_WORKER, key_worker(arena, STR("signer"), STR("s-0")),
         "mcp:worker:{signer}:s-0"},
        {KEY_FAMILY_AUDIT, KEY_AUDIT, "mcp:audit"},
    };
    assert_int_equal(sizeof(rows) / sizeof(rows[0]), KEY_FAMILIES_COUNT);
    for (size_t i = 0; i < KEY_FAMILIES_COUNT; i++) {
        assert_int_equal(rows[i].family, i);
        assert_true(str_equals_cstr(rows[i].name, rows[i].expected));
        struct str pattern = str_from_cstr(key_row(rows[i].family)->pattern);
        struct str fixed = str_first(pattern, str_index_of(pattern, '{'));
        assert_true(str_starts_with(rows[i].name, fixed));
        struct str glob = str_from_cstr(key_row(rows[i].family)->glob);
        assert_true(str_starts_with(glob, fixed));
    }
    arena_free(arena);
}

static void a_name_is_taken_apart_into_what_it_was_made_of(void **state)
{
    (void)state;
    const struct {
        const char *name, *tag, *rest;
        enum key_family family;
    } rows[] = {
        {"mcp:session:{5a}", "5a", NULL, KEY_FAMILY_SESSION},
        {"mcp:code:{0f}", "0f", NULL, KEY_FAMILY_CODE},
        {"mcp:revoked:{3f0c3f0c3f0c3f0c3f0c3f0c3f0c3f0c}", "3f0c3f0c3f0c3f0c3f0c3f0c3f0c3f0c", NULL,
         KEY_FAMILY_REVOKED},
        {"mcp:revoked:{3f0c3f0c3f0c3f0c3f0c3f0c3f0c3f0c}:12", "3f0c3f0c3f0c3f0c3f0c3f0c3f0c3f0c",
         "12", KEY_FAMILY_REVOKED_TOKEN},
        {"mcp:revoked:{583231}", "583231", NULL, KEY_FAMILY_REVOKED_USER},
        {"mcp:client:{mcp_example.com_1}:deleted", "mcp_example.com_1", "deleted",
         KEY_FAMILY_CLIENT_DELETED},
        {"mcp:client:{mcp_example.com_1}", "mcp_example.com_1", NULL, KEY_FAMILY_CLIENT},
        {"mcp:worker:{signer}:host:7", "signer", "host:7", KEY_FAMILY_WORKER},
        {"mcp:audit", NULL, NULL, KEY_FAMILY_AUDIT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct key_parts parts;
        assert_true(key_split(str_from_cstr(rows[i].name), &parts));
        assert_int_equal(parts.family, rows[i].family);
        assert_true(str_equals(parts.tag, str_from_cstr(rows[i].tag)));
        assert_true(str_equals(parts.rest, str_from_cstr(rows[i].rest)));
    }
}

static void a_foreign_name_is_none_of_ours(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",         "mcp:",           "mcp:audit2",   "mcp:code:",
        "mcp:code", "mcp:code:{0f",   "mcp:code:0f}", "mcp:code:{0f}x",
        "mcp:{0f}", "other:code:{0}", "code:{0f}",    "mcp:audit:{0f}"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct key_parts parts;
        assert_false(key_split(str_from_cstr(names[i]), &parts));
    }
}

static void everything_of_one_grant_has_one_hash_tag(void **state)
{
    (void)state;
    struct arena *arena = arena_new(64 * 1024);
    const struct str names[] = {key_code(arena, G), key_refresh(arena, G), key_revoked(arena, G),
                                key_revoked_token(arena, G, 7)};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct str before, behind, tag;
        assert_true(str_cut(names[i], '{', &before, &behind));
        assert_true(str_cut(behind, '}', &tag, &behind));
        assert_true(str_equals(tag, G));
    }
    arena_free(arena);
}

static void a_full_arena_gives_an_absent_name(void **state)
{
    (void)state;
    struct arena *arena = arena_new(64 * 1024);
    arena_fail_at(1);
    assert_false(str_is_present(key_code(arena, G)));
    arena_fail_at(1);
    assert_false(str_is_present(key_worker(arena, STR("a"), STR("b"))));
    for (size_t n = 1; n <= KEY_FAMILIES_COUNT; n++) {
        arena_fail_at(n);
        assert_false(str_is_present(key_table_print(arena)));
    }
    arena_fail_at(0);
    arena_free(arena);
}

static void what_is_absent_names_no_key(void **state)
{
    (void)state;
    struct arena *arena = arena_new(64 * 1024);
    assert_false(str_is_present(key_session(arena, STR_ABSENT)));
    assert_false(str_is_present(key_revoked_token(arena, STR_ABSENT, 1)));
    assert_false(str_is_present(key_approval(arena, STR_ABSENT, STR("h"))));
    assert_false(str_is_present(key_approval(arena, STR("1"), STR_ABSENT)));
    assert_false(str_is_present(key_rate(arena, STR("register"), STR_ABSENT)));
    arena_free(arena);
}

static void the_readme_for_operators_holds_the_table(void **state)
{
    (void)state;
    enum { BYTES_MAX = 64 * 1024 };
    struct arena *arena = arena_new(4 * BYTES_MAX);
    FILE *file = fopen(SOURCE_FOLDER "/deploy/redis/README.md", "re");
    assert_non_null(file);
    char *bytes = arena_take(arena, BYTES_MAX);
    size_t len = fread(bytes, 1, BYTES_MAX, file);
    fclose(file);
    struct str table = key_table_print(arena);
    assert_true(table.len > 500);
    const char *start = memmem(bytes, len, "<!-- keyspace -->\n\n", 19);
    assert_non_null(start);
    struct str rest = str_from_bytes(start + 19, len - (size_t)(start + 19 - bytes));
    /* Else: mcp-oauth keyspace, between the two marks of deploy/redis/README.md. */
    assert_true(str_starts_with(rest, table));
    assert_true(str_starts_with(str_from(rest, table.len), STR("\n<!-- /keyspace -->\n")));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_follows_the_pattern_of_its_family),
        cmocka_unit_test(a_name_is_taken_apart_into_what_it_was_made_of),
        cmocka_unit_test(a_foreign_name_is_none_of_ours),
        cmocka_unit_test(everything_of_one_grant_has_one_hash_tag),
        cmocka_unit_test(a_full_arena_gives_an_absent_name),
        cmocka_unit_test(what_is_absent_names_no_key),
        cmocka_unit_test(the_readme_for_operators_holds_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
