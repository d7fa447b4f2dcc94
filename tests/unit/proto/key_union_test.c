/* The union of the signers' public keys. Who controls the sets: whoever holds a signer's CURVE key,
 * or may write into the folder of the ipc endpoints. */
#include "proto/key_union.h"
#include "common/base/limits.h"
#include "tests/unit/common/base/unit.h"

/* as long as a token signed by a key lives, and its set may be cached */
static const int64_t KEEP_MS = (ACCESS_TOKEN_TTL_S + 300) * INT64_C(1000);

#define SET_A "{\"keys\":[{\"kid\":\"a\",\"kty\":\"OKP\",\"x\":\"AA\"}]}"
#define SET_B "{\"keys\":[{\"kid\":\"b\",\"kty\":\"OKP\",\"x\":\"BB\"}]}"
#define SET_AB                                                                                     \
    "{\"keys\":[{\"kid\":\"a\",\"kty\":\"OKP\",\"x\":\"AA\"},"                                     \
    "{\"kid\":\"b\",\"kty\":\"OKP\",\"x\":\"BB\"}]}"
#define EMPTY "{\"keys\":[]}"

static int setup(void **state)
{
    *state = key_union_new();
    return *state == NULL;
}

static int teardown(void **state)
{
    key_union_free(*state);
    return 0;
}

static void a_new_union_is_empty(void **state)
{
    assert_str(key_union_text(*state), EMPTY);
    assert_false(key_union_drop_old(*state, INT64_MAX));
    key_union_free(NULL);
}

static void sets_are_merged(void **state)
{
    assert_true(key_union_add(*state, STR(SET_A), 1));
    assert_str(key_union_text(*state), SET_A);
    assert_true(key_union_add(*state, STR(SET_B), 2));
    assert_str(key_union_text(*state), SET_AB);
}

static void an_equal_key_is_one_key_however_it_is_written(void **state)
{
    assert_true(key_union_add(*state, STR(SET_A), 1));
    assert_false(key_union_add(*state, STR(SET_A), 2));
    assert_false(key_union_add(
        *state, STR("{ \"keys\" : [ { \"x\":\"AA\", \"kty\":\"OKP\", \"kid\":\"a\" } ] }"), 3));
    assert_str(key_union_text(*state), SET_A);
}

/* RFC 7517 4.5: key ids in a set should be distinct; validators refuse or guess otherwise. */
static void another_key_of_the_same_id_replaces_the_older(void **state)
{
    key_union_add(*state, STR(SET_AB), 1);
    assert_true(
        key_union_add(*state, STR("{\"keys\":[{\"kid\":\"a\",\"kty\":\"OKP\",\"x\":\"CC\"}]}"), 2));
    assert_str(key_union_text(*state), "{\"keys\":[{\"kid\":\"a\",\"kty\":\"OKP\",\"x\":\"CC\"},"
                                       "{\"kid\":\"b\",\"kty\":\"OKP\",\"x\":\"BB\"}]}");
}

static void a_departed_signers_key_stays_while_its_tokens_live(void **state)
{
    key_union_add(*state, STR(SET_A), 1000);
    key_union_add(*state, STR(SET_B), 5000);
    assert_false(key_union_drop_old(*state, 1000 + KEEP_MS));
    assert_str(key_union_text(*state), SET_AB);
    assert_true(key_union_drop_old(*state, 1001 + KEEP_MS));
    assert_str(key_union_text(*state), SET_B);
    assert_false(key_union_drop_old(*state, 1001 + KEEP_MS));
    assert_true(key_union_drop_old(*state, 5001 + KEEP_MS));
    assert_str(key_union_text(*state), EMPTY);
}

static void being_named_again_prolongs_a_key(void **state)
{
    key_union_add(*state, STR(SET_A), 0);
    assert_false(key_union_add(*state, STR(SET_A), KEEP_MS));
    assert_false(key_union_drop_old(*state, 2 * KEEP_MS));
    assert_str(key_union_text(*state), SET_A);
    assert_true(key_union_drop_old(*state, 2 * KEEP_MS + 1));
}

static void a_dropped_key_may_come_back(void **state)
{
    key_union_add(*state, STR(SET_AB), 0);
    key_union_drop_old(*state, KEEP_MS + 1);
    assert_true(key_union_add(*state, STR(SET_B), KEEP_MS + 2));
    assert_str(key_union_text(*state), SET_B);
}

static void a_set_that_cannot_be_read_changes_nothing(void **state)
{
    static const struct str sets[] = {
        STR_INIT(""),
        STR_INIT("{"),
        STR_INIT("null"),
        STR_INIT("[]"),
        STR_INIT("\"keys\""),
        STR_INIT("{}"),
        STR_INIT("{\"keys\":null}"),
        STR_INIT("{\"keys\":{\"kid\":\"b\"}}"),
        STR_INIT("{\"keys\":[null,1,\"b\",[],{},{\"kid\":1},{\"kid\":null}]}"),
        STR_INIT("{\"keys\":[{\"kid\":\"b\"}],\"keys\":[]}"),
        STR_INIT("{\"keys\":[{\"kid\":\"b\",\"x\":\"\xff\"}]}"),
        STR_INIT(SET_B "x"),
    };
    key_union_add(*state, STR(SET_A), 1);
    assert_false(key_union_add(*state, STR_ABSENT, 2));
    for (size_t i = 0; i < LENGTH_OF(sets); i++) {
        assert_false(key_union_add(*state, sets[i], 2));
        assert_str(key_union_text(*state), SET_A);
    }
}

static void a_key_without_an_id_does_not_hide_its_neighbours(void **state)
{
    assert_true(key_union_add(
        *state, STR("{\"keys\":[{\"kty\":\"OKP\"},{\"kid\":\"a\",\"kty\":\"OKP\",\"x\":\"AA\"}]}"),
        1));
    assert_str(key_union_text(*state), SET_A);
}

static bool union_names(struct key_union *keys, struct arena *arena, int i)
{
    struct str kid = arena_printf(arena, "\"kid\":\"%d\"", i), text = key_union_text(keys);
    for (size_t at = 0; at + kid.len <= text.len; at++)
        if (str_starts_with(str_from(text, at), kid))
            return true;
    return false;
}

static void the_key_named_longest_ago_gives_way_to_one_too_many(void **state)
{
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    for (int i = 0; i < KEY_UNION_KEYS_MAX; i++)
        assert_true(
            key_union_add(*state, arena_printf(arena, "{\"keys\":[{\"kid\":\"%d\"}]}", i), i));
    key_union_add(*state, STR("{\"keys\":[{\"kid\":\"0\"}]}"), 100); /* named again */
    assert_true(key_union_add(*state, STR("{\"keys\":[{\"kid\":\"100\"}]}"), 101));
    assert_true(union_names(*state, arena, 0));
    assert_false(union_names(*state, arena, 1));
    for (int i = 2; i < KEY_UNION_KEYS_MAX; i++)
        assert_true(union_names(*state, arena, i));
    assert_true(union_names(*state, arena, 100));
    arena_free(arena);
}

#define KEYS_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KEYS_TEST(a_new_union_is_empty),
        KEYS_TEST(sets_are_merged),
        KEYS_TEST(an_equal_key_is_one_key_however_it_is_written),
        KEYS_TEST(another_key_of_the_same_id_replaces_the_older),
        KEYS_TEST(a_departed_signers_key_stays_while_its_tokens_live),
        KEYS_TEST(being_named_again_prolongs_a_key),
        KEYS_TEST(a_dropped_key_may_come_back),
        KEYS_TEST(a_set_that_cannot_be_read_changes_nothing),
        KEYS_TEST(a_key_without_an_id_does_not_hide_its_neighbours),
        KEYS_TEST(the_key_named_longest_ago_gives_way_to_one_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
