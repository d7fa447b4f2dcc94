/* proto/key_union.c: the keys that validators get (DESIGN: the union of all signers' keys). */
#include "common/base/limits.h"
#include "proto/key_union.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { KEEP_MS = (24 * 3600 + 300 + 60) * 1000 };

static struct key_union *keys;

static int setup(void **state)
{
    (void)state;
    keys = key_union_new();
    return keys == NULL;
}

static int teardown(void **state)
{
    (void)state;
    key_union_free(keys);
    key_union_free(NULL);
    return 0;
}

static void assert_keys(const char *text)
{
    assert_true(str_equals_cstr(key_union_text(keys), text));
}

static void the_keys_of_several_signers_are_merged(void **state)
{
    (void)state;
    assert_keys("{\"keys\":[]}");
    assert_true(key_union_add(keys, STR("{\"keys\":[{\"kid\":\"a\"},{\"kid\":\"b\"}]}"), 0));
    assert_true(key_union_add(keys, STR("{\"keys\":[{\"kid\":\"b\"},{\"kid\":\"c\"}]}"), 0));
    assert_keys("{\"keys\":[{\"kid\":\"a\"},{\"kid\":\"b\"},{\"kid\":\"c\"}]}");
    assert_false(key_union_add(keys, STR("{\"keys\":[{\"kid\":\"b\"}]}"), 0));
}

static void a_key_id_occurs_once(void **state)
{
    (void)state;
    key_union_add(keys, STR("{\"keys\":[{\"kid\":\"a\",\"n\":\"1\"}]}"), 0);
    assert_true(key_union_add(keys, STR("{\"keys\":[{\"kid\":\"a\",\"n\":\"2\"}]}"), 0));
    assert_keys("{\"keys\":[{\"kid\":\"a\",\"n\":\"2\"}]}");
}

static void what_nobody_has_named_since_is_dropped_when_asked(void **state)
{
    (void)state;
    key_union_add(keys, STR("{\"keys\":[{\"kid\":\"leaked\"},{\"kid\":\"alive\"}]}"), 5);
    key_union_add(keys, STR("{\"keys\":[{\"kid\":\"alive\"}]}"), 6);
    assert_false(key_union_drop_unnamed(keys, 5));
    assert_true(key_union_drop_unnamed(keys, 6));
    assert_keys("{\"keys\":[{\"kid\":\"alive\"}]}");
}

static void a_key_of_a_departed_signer_stays_as_long_as_what_it_signed(void **state)
{
    (void)state;
    key_union_add(keys, STR("{\"keys\":[{\"kid\":\"gone\"},{\"kid\":\"alive\"}]}"), 0);
    key_union_add(keys, STR("{\"keys\":[{\"kid\":\"alive\"}]}"), 1);
    assert_false(key_union_drop_old(keys, KEEP_MS));
    assert_true(key_union_drop_old(keys, KEEP_MS + 1));
    assert_keys("{\"keys\":[{\"kid\":\"alive\"}]}");
    /* Its place can be taken. */
    assert_true(key_union_add(keys, STR("{\"keys\":[{\"kid\":\"new\"}]}"), KEEP_MS + 1));
    assert_keys("{\"keys\":[{\"kid\":\"alive\"},{\"kid\":\"new\"}]}");
}

static void what_is_no_key_set_changes_nothing(void **state)
{
    static const struct str broken[] = {
        STR_INIT(""),
        STR_INIT("["),
        STR_INIT("[]"),
        STR_INIT("{\"keys\":{}}"),
        STR_INIT("{\"keys\":[1,\"x\",null,[]]}"),
        STR_INIT("{\"keys\":[{\"kty\":\"RSA\"},{\"kid\":7}]}"),
        STR_INIT("{\"keys\":[{\"kid\":\"a\"}],\"keys\":[]}"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
        assert_false(key_union_add(keys, broken[i], 0));
    assert_false(key_union_add(keys, STR_ABSENT, 0));
    assert_keys("{\"keys\":[]}");
}

static void beyond_the_ceiling_the_key_named_longest_ago_gives_way(void **state)
{
    char set[64];
    (void)state;
    for (int i = 0; i <= KEY_UNION_KEYS_MAX; i++) {
        snprintf(set, sizeof(set), "{\"keys\":[{\"kid\":\"%d\"}]}", i);
        assert_true(key_union_add(keys, str_from_cstr(set), i));
    }
    const char *text = key_union_text(keys).at;
    assert_null(strstr(text, "\"0\""));
    assert_non_null(strstr(text, "\"1\""));
    assert_non_null(strstr(text, "\"64\""));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_keys_of_several_signers_are_merged),
        TEST(a_key_id_occurs_once),
        TEST(what_nobody_has_named_since_is_dropped_when_asked),
        TEST(a_key_of_a_departed_signer_stays_as_long_as_what_it_signed),
        TEST(what_is_no_key_set_changes_nothing),
        TEST(beyond_the_ceiling_the_key_named_longest_ago_gives_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
