#include "tests/unit/common/base/unit.h"

#include <string.h>

static void memory_is_zeroed_and_aligned(void **state)
{
    for (size_t size = 1; size < 100; size++) {
        char *at = arena_take(unit_arena(state), size);
        assert_non_null(at);
        assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(at[i], 0);
        memset(at, 0xff, size);
    }
}

static void pieces_do_not_overlap_over_block_borders(void **state)
{
    enum { PIECES = 64, PIECE_BYTES = 3000 };
    unsigned char *pieces[PIECES];
    for (int i = 0; i < PIECES; i++) {
        pieces[i] = arena_take(unit_arena(state), PIECE_BYTES);
        assert_non_null(pieces[i]);
        memset(pieces[i], i, PIECE_BYTES);
    }
    for (int i = 0; i < PIECES; i++)
        for (int j = 0; j < PIECE_BYTES; j++)
            assert_int_equal(pieces[i][j], i);
}

static void the_ceiling_bounds_the_sum(void **state)
{
    (void)state;
    struct arena *arena = arena_new(100);
    assert_non_null(arena_take(arena, 96));
    assert_null(arena_take(arena, 5));
    assert_int_equal(arena_used_bytes(arena), 96);
    assert_null(arena_take(arena, SIZE_MAX));
    assert_null(arena_take(arena, SIZE_MAX - 15));
    arena_free(arena);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_new(SIZE_MAX);
    assert_null(arena_take(arena, SIZE_MAX));
    assert_null(arena_take(arena, SIZE_MAX - 20));
    assert_null(arena_take_array(arena, SIZE_MAX / 2, 3));
    arena_free(arena);
    arena_free(NULL);
}

static void copies_end_with_a_nul(void **state)
{
    struct str copy = arena_dup(unit_arena(state), str_from_bytes("abcdef", 3));
    assert_str(copy, "abc");
    assert_int_equal(copy.at[3], '\0');
    assert_string_equal(arena_dup_cstr(unit_arena(state), STR("x")), "x");
}

static void the_absent_text_copies_to_the_absent_text(void **state)
{
    assert_absent(arena_dup(unit_arena(state), STR_ABSENT));
    assert_null(arena_dup_cstr(unit_arena(state), STR_ABSENT));
    assert_true(str_is_present(arena_dup(unit_arena(state), STR(""))));
}

static void a_list_is_copied_whole_or_not_at_all(void **state)
{
    struct str texts[] = {STR("one"), STR_ABSENT, STR("")};
    const struct strs list = {texts, 3};
    struct strs copy = arena_dup_strs(unit_arena(state), list);
    assert_int_equal(copy.len, 3);
    assert_str(copy.at[0], "one");
    assert_absent(copy.at[1]);
    assert_str(copy.at[2], "");
    for (size_t n = 1; n <= 3; n++) {
        arena_fail_at(n);
        assert_null(arena_dup_strs(unit_arena(state), list).at);
    }
    arena_fail_at(0);
    assert_non_null(arena_dup_strs(unit_arena(state), (struct strs){NULL, 0}).at);
}

static void printing_takes_what_it_needs_and_no_more(void **state)
{
    char longer[5000];
    memset(longer, 'x', sizeof(longer));
    struct str text = arena_printf(unit_arena(state), "<%.*s>", (int)sizeof(longer), longer);
    assert_int_equal(text.len, sizeof(longer) + 2);
    assert_str(arena_printf(unit_arena(state), "%d:%s", 7, "a"), "7:a");
    struct arena *small = arena_new(32);
    assert_absent(arena_printf(small, "%s", "this text has thirty-three bytes."));
    assert_str(arena_printf(small, "%s", "sixteen bytes..!"), "sixteen bytes..!");
    assert_absent(arena_printf(small, "%s", "sixteen bytes..!"));
    arena_free(small);
}

/* The first attempt is made in what is left of a block; each length around that border. */
static void printing_over_the_border_of_a_block_loses_nothing(void **state)
{
    char filled[8192];
    (void)state;
    memset(filled, 'y', sizeof(filled));
    for (size_t left = 0; left <= 64; left += 16)
        for (int len = 0; len <= 66; len++) {
            struct arena *arena = arena_new(64 * 1024);
            assert_non_null(arena_take(arena, 8 * 1024 - left));
            struct str text = arena_printf(arena, "%.*s", len, filled);
            const char *next = arena_take(arena, 16);
            assert_int_equal(text.len, len);
            assert_memory_equal(text.at, filled, (size_t)len);
            assert_int_equal(text.at[len], '\0');
            assert_true(next >= text.at + len + 1 || next + 16 <= text.at);
            for (int i = 0; i < 16; i++)
                assert_int_equal(next[i], 0);
            arena_free(arena);
        }
}

static void texts_are_joined_whole_or_not_at_all(void **state)
{
    struct arena *arena = unit_arena(state);
    struct str joined = ARENA_JOIN(arena, STR("a"), STR(""), STR("bc"), STR("."));
    assert_str(joined, "abc.");
    assert_int_equal(joined.at[joined.len], 0);
    assert_str(ARENA_JOIN(arena, STR("")), "");
    assert_absent(ARENA_JOIN(arena, STR("a"), STR_ABSENT, STR("b")));
    arena_fail_at(1);
    assert_absent(ARENA_JOIN(arena, STR("a"), STR("b")));
    assert_true(arena_has_failed(arena));
}

static void integers_are_written_in_decimal(void **state)
{
    static const int64_t values[] = {0, 7, -1, 10, 1234567890123, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < LENGTH_OF(values); i++) {
        char expected[32];
        snprintf(expected, sizeof(expected), "%lld", (long long)values[i]);
        assert_str(arena_decimal(unit_arena(state), values[i]), expected);
    }
}

static void a_take_can_be_made_to_fail_once(void **state)
{
    arena_fail_at(2);
    assert_non_null(arena_take(unit_arena(state), 1));
    assert_null(arena_take(unit_arena(state), 1));
    assert_non_null(arena_take(unit_arena(state), 1));
}

static void what_could_not_be_taken_is_remembered(void **state)
{
    (void)state;
    struct arena *arena = arena_new(64);
    assert_non_null(arena_take(arena, 64));
    assert_false(arena_has_failed(arena));
    assert_null(arena_take(arena, 1));
    assert_true(arena_has_failed(arena));
    arena_free(arena);
    arena = arena_new(64);
    assert_null(arena_take_array(arena, SIZE_MAX, 2));
    assert_true(arena_has_failed(arena));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(memory_is_zeroed_and_aligned),
        UNIT_TEST(pieces_do_not_overlap_over_block_borders),
        UNIT_TEST(the_ceiling_bounds_the_sum),
        UNIT_TEST(sizes_that_overflow_are_refused),
        UNIT_TEST(copies_end_with_a_nul),
        UNIT_TEST(the_absent_text_copies_to_the_absent_text),
        UNIT_TEST(a_list_is_copied_whole_or_not_at_all),
        UNIT_TEST(printing_takes_what_it_needs_and_no_more),
        UNIT_TEST(printing_over_the_border_of_a_block_loses_nothing),
        UNIT_TEST(texts_are_joined_whole_or_not_at_all),
        UNIT_TEST(integers_are_written_in_decimal),
        UNIT_TEST(a_take_can_be_made_to_fail_once),
        UNIT_TEST(what_could_not_be_taken_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
