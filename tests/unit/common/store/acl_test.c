/* The text; that Redis obeys it is shown by tests/flow/acl.test.mjs. */
#include "common/store/acl.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { BYTES_MAX = 64 * 1024 };

static const char DIGEST[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static void digests_fill(struct str ret_digests[ACL_USERS_COUNT])
{
    for (size_t i = 0; i < ACL_USERS_COUNT; i++)
        ret_digests[i] = str_from_cstr(DIGEST);
}

static bool contains(struct str text, const char *part)
{
    return memmem(text.at, text.len, part, strlen(part)) != NULL;
}

static void nobody_is_let_in_without_a_password(void **state)
{
    (void)state;
    struct arena *arena = arena_new(8 * BYTES_MAX);
    struct str digests[ACL_USERS_COUNT];
    digests_fill(digests);
    struct str text = acl_print(arena, digests);
    /* default has rights, for loading the append-only file, and no way in */
    struct str line, rest;
    assert_true(str_cut(text, '\n', &line, &rest));
    assert_true(str_equals(line, STR("user default off resetpass ~* &* +@all")));
    assert_false(contains(rest, "user default"));
    assert_false(contains(rest, "nopass"));
    assert_false(contains(rest, "+@"));
    assert_false(contains(rest, "~* ") || contains(rest, "~*)") || contains(rest, "allkeys"));
    for (size_t i = 0; i < ACL_USERS_COUNT; i++) {
        char start[160];
        snprintf(start, sizeof(start), "\nuser %s on #%s resetkeys resetchannels",
                 acl_user_name((enum acl_user)i), DIGEST);
        assert_true(contains(text, start));
    }
    arena_free(arena);
}

static void a_digest_that_is_none_is_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_new(8 * BYTES_MAX);
    const struct str bad[] = {
        STR_ABSENT,
        STR(""),
        STR("0123"),
        STR("secret"),
        STR("0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"),
        STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde "),
        STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0")};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        for (size_t user = 0; user < ACL_USERS_COUNT; user++) {
            struct str digests[ACL_USERS_COUNT];
            digests_fill(digests);
            digests[user] = bad[i];
            if (acl_user_is_optional((enum acl_user)user) && !str_is_present(bad[i]))
                continue;
            assert_false(str_is_present(acl_print(arena, digests)));
        }
    arena_free(arena);
}

static void a_single_redis_needs_no_users_for_other_servers(void **state)
{
    (void)state;
    struct arena *arena = arena_new(8 * BYTES_MAX);
    struct str digests[ACL_USERS_COUNT];
    digests_fill(digests);
    struct str all = acl_print(arena, digests);
    digests[ACL_EXPORTER] = digests[ACL_REPLICA] = digests[ACL_SENTINEL] = STR_ABSENT;
    struct str few = acl_print(arena, digests);
    assert_true(contains(all, "\nuser replica on #") && contains(all, "\nuser sentinel on #"));
    assert_true(str_starts_with(all, few));
    assert_false(contains(few, "user replica") || contains(few, "user sentinel"));
    arena_free(arena);
}

/* House style rule 24: each key has one writer, and what people read says the same. */
static void the_table_of_keys_names_as_writers_exactly_those_who_may_write(void **state)
{
    (void)state;
    for (enum key_family family = 0; family < KEY_FAMILIES_COUNT; family++) {
        struct str writer = str_from_cstr(key_row(family)->writer);
        for (enum acl_user user = 0; user <= ACL_SIGNER; user++) {
            bool may_write = acl_user_access(user, family) & ACL_WRITE;
            assert_int_equal(may_write, contains(writer, acl_user_name(user)));
        }
        assert_int_equal(acl_user_access(ACL_READER, family), ACL_READ);
        assert_true(acl_user_access(ACL_OPERATOR, family) & ACL_READ);
    }
}

static void a_full_arena_prints_nothing_rather_than_less(void **state)
{
    (void)state;
    struct arena *arena = arena_new(64 * BYTES_MAX);
    size_t n = 0;
    struct str text;
    do {
        arena_fail_at(++n);
        text = acl_print_template(arena);
    } while (!str_is_present(text) && n < 10000);
    arena_fail_at(0);
    assert_true(n > 100);
    assert_true(str_equals(text, acl_print_template(arena)));
    arena_free(arena);
}

static void the_committed_template_equals_the_table(void **state)
{
    (void)state;
    struct arena *arena = arena_new(8 * BYTES_MAX);
    FILE *file = fopen(SOURCE_FOLDER "/deploy/redis/users.acl.template", "re");
    assert_non_null(file);
    char *bytes = arena_take(arena, BYTES_MAX);
    size_t len = fread(bytes, 1, BYTES_MAX, file);
    fclose(file);
    /* Else: mcp-oauth acl --template > deploy/redis/users.acl.template */
    assert_true(str_equals(str_from_bytes(bytes, len), acl_print_template(arena)));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_let_in_without_a_password),
        cmocka_unit_test(a_digest_that_is_none_is_refused),
        cmocka_unit_test(a_single_redis_needs_no_users_for_other_servers),
        cmocka_unit_test(the_table_of_keys_names_as_writers_exactly_those_who_may_write),
        cmocka_unit_test(a_full_arena_prints_nothing_rather_than_less),
        cmocka_unit_test(the_committed_template_equals_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
