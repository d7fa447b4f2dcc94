#include "common/crypto/refresh_ring.h"

#include "common/base/clock.h"
#include "tests/unit/common/crypto/support.h"

/* base64 of 32 bytes each */
#define KEY_A    "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
#define KEY_B    "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="
#define KEY_C    "Q0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0M"
#define TEXT_KEY "your_32_byte_base64_encoded_key_here"

static struct refresh_ring *ring_of(const char *text)
{
    struct refresh_ring *ring = NULL;
    const char *problem = "none";
    if (refresh_ring_new(str_from_cstr(text), &ring, &problem) != OK)
        fail_msg("%s", problem);
    return ring;
}

static struct str token_of(struct arena *arena, const char *ring_text)
{
    struct refresh_ring *ring = ring_of(ring_text);
    struct str token;
    assert_ok(refresh_ring_seal(ring, STR("{\"g\":\"1\"}"), arena, &token));
    refresh_ring_free(ring);
    return token;
}

static enum failure open_with(struct arena *arena, const char *ring_text, struct str token)
{
    struct refresh_ring *ring = ring_of(ring_text);
    struct str payload = STR("untouched");
    enum failure failure = refresh_ring_open(ring, token, arena, &payload);
    assert_str_equal(payload, failure == OK ? STR("{\"g\":\"1\"}") : STR("untouched"));
    refresh_ring_free(ring);
    return failure;
}

static int ring_teardown(void **state)
{
    clock_fix_wall_s(-1);
    return arena_teardown(state);
}
#define RING_TEST(test) cmocka_unit_test_setup_teardown(test, arena_setup, ring_teardown)

static void a_sealed_token_opens_and_names_its_version(void **state)
{
    struct str token = token_of(*state, KEY_A);
    assert_true(str_starts_with(token, STR("mcp_refresh__v1.")));
    assert_ok(open_with(*state, KEY_A, token));
    assert_true(str_starts_with(token_of(*state, "7:" KEY_A), STR("mcp_refresh__v7.")));
}

static void the_newest_seals_and_every_key_opens(void **state)
{
    struct str old = token_of(*state, KEY_A);
    const char *rings[] = {KEY_B "," KEY_A, KEY_B "\n" KEY_A "\n", KEY_B "  ,\t" KEY_A,
                           "v2:" KEY_B ",v1:" KEY_A, "9:" KEY_C ",2:" KEY_B ",1:" KEY_A};
    for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++) {
        assert_ok(open_with(*state, rings[i], old));
        assert_ok(open_with(*state, rings[i], token_of(*state, rings[i])));
    }
    assert_true(str_starts_with(token_of(*state, KEY_B "," KEY_A), STR("mcp_refresh__v2.")));
}

static void tokens_survive_when_the_oldest_unnumbered_key_is_dropped(void **state)
{
    struct str token = token_of(*state, KEY_B "," KEY_A); /* v2, sealed under B */
    assert_ok(open_with(*state, KEY_B, token));           /* where B has become v1 */
}

static void a_key_does_not_seal_before_its_time(void **state)
{
    const char *text = "2:" KEY_B "@1000,1:" KEY_A;
    clock_fix_wall_s(999);
    assert_true(str_starts_with(token_of(*state, text), STR("mcp_refresh__v1.")));
    clock_fix_wall_s(1000);
    struct str token = token_of(*state, text);
    assert_true(str_starts_with(token, STR("mcp_refresh__v2.")));
    clock_fix_wall_s(999); /* another process, whose clock is behind, opens it all the same */
    assert_ok(open_with(*state, text, token));
    /* when every key waits, the oldest seals */
    assert_true(str_starts_with(token_of(*state, "2:" KEY_B "@2000,1:" KEY_A "@2000"),
                                STR("mcp_refresh__v1.")));
}

static void rings_differ_by_keys_versions_and_times(void **state)
{
    const char *texts[] = {
        ("2:" KEY_B "@1000,1:" KEY_A), /* parentheses: clang suspects a forgotten comma */
        ("2:" KEY_B ",1:" KEY_A),      ("3:" KEY_B ",1:" KEY_A),
        ("2:" KEY_C ",1:" KEY_A),      ("2:" KEY_B),
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++) {
            struct refresh_ring *a = ring_of(texts[i]), *b = ring_of(texts[j]);
            assert_int_equal(refresh_ring_equals(a, b), i == j);
            refresh_ring_free(a);
            refresh_ring_free(b);
        }
    struct refresh_ring *ring = ring_of(texts[0]);
    assert_str_equal(refresh_ring_ids(ring, *state), STR("v2@1000 v1"));
    refresh_ring_free(ring);
}

static void a_token_of_a_newer_version_asks_for_patience(void **state)
{
    struct str token = token_of(*state, "3:" KEY_C ",2:" KEY_B);
    assert_int_equal(open_with(*state, "2:" KEY_B ",1:" KEY_A, token), FAIL_CONFIGURATION_BEHIND);
    struct refresh_ring *ring = ring_of("2:" KEY_B ",1:" KEY_A);
    assert_true(refresh_ring_version_is_newer(ring, token));
    assert_false(refresh_ring_version_is_newer(ring, token_of(*state, "2:" KEY_B)));
    assert_false(refresh_ring_version_is_newer(ring, STR("mcp_refresh__v3")));
    assert_false(refresh_ring_version_is_newer(ring, STR("mcp_refresh__vv3.AAAA")));
    assert_false(refresh_ring_version_is_newer(ring, STR("mcp_refresh__v03.AAAA")));
    assert_false(refresh_ring_version_is_newer(ring, STR_ABSENT));
    assert_int_equal(refresh_ring_newest_version(ring), 2);
    assert_int_equal(refresh_ring_sealing_version(ring), 2);
    assert_int_equal(refresh_ring_keys_count(ring), 2);
    refresh_ring_free(ring);
}

static void a_token_of_a_forgotten_or_foreign_key_is_refused(void **state)
{
    assert_int_equal(open_with(*state, "2:" KEY_B, token_of(*state, "1:" KEY_A)),
                     FAIL_REFRESH_TOKEN_INVALID);
    assert_int_equal(open_with(*state, KEY_B, token_of(*state, KEY_A)), FAIL_REFRESH_TOKEN_INVALID);
}

static void a_bit_turned_anywhere_is_refused(void **state)
{
    struct refresh_ring *ring = ring_of(KEY_A);
    struct str token = token_of(*state, KEY_A);
    for (size_t i = 0; i < token.len; i++) {
        struct str payload;
        enum failure failure =
            refresh_ring_open(ring, with_bit_turned(*state, token, i), *state, &payload);
        /* v1 may become a higher version: then it is not known here */
        assert_true(failure == FAIL_REFRESH_TOKEN_INVALID || failure == FAIL_CONFIGURATION_BEHIND);
    }
    refresh_ring_free(ring);
}

static void the_version_is_authenticated(void **state)
{
    /* both versions are known, and the same key is tried for both: only the name differs */
    struct str token = token_of(*state, "1:" KEY_A);
    struct str renamed = arena_printf(*state, "mcp_refresh__v2.%.*s",
                                      STR_ARGS(str_from(token, sizeof("mcp_refresh__v1.") - 1)));
    assert_int_equal(open_with(*state, "2:" KEY_B ",1:" KEY_A, renamed),
                     FAIL_REFRESH_TOKEN_INVALID);
}

static void what_is_no_token_is_refused(void **state)
{
    const struct str sealed = str_from(token_of(*state, KEY_A), sizeof("mcp_refresh__v1.") - 1);
    const char *forms[] = {"",
                           "mcp_refresh__",
                           "mcp_refresh__v1",
                           "mcp_refresh__v1.",
                           "mcp_refresh__v1.A",
                           "mcp_refresh__v9.!!!!",
                           "mcp_refresh__v9999999.AAAA"};
    const char *prefixes[] = {"mcp_refresh__1.",  "mcp_refresh__vv1.", "mcp_refresh__v01.",
                              "mcp_refresh__v0.", "mcp_refresh__v-1.", "mcp_refresh__v1..",
                              "MCP_refresh__v1.", "mcp_refresh__v1 .", " mcp_refresh__v1.",
                              "mcp_refresh__v+1."};
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        assert_int_equal(open_with(*state, KEY_A, str_from_cstr(forms[i])),
                         FAIL_REFRESH_TOKEN_INVALID);
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        assert_int_equal(
            open_with(*state, KEY_A, arena_printf(*state, "%s%.*s", prefixes[i], STR_ARGS(sealed))),
            FAIL_REFRESH_TOKEN_INVALID);
    for (size_t len = 0; len < sealed.len; len += 3)
        assert_int_equal(open_with(*state, KEY_A,
                                   arena_printf(*state, "mcp_refresh__v1.%.*s",
                                                STR_ARGS(str_first(sealed, len)))),
                         FAIL_REFRESH_TOKEN_INVALID);
}

static void any_text_is_a_key_as_in_the_original(void **state)
{
    const char *texts[] = {TEXT_KEY, "correct horse battery staple", "  " TEXT_KEY "\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct refresh_ring *ring = ring_of(texts[i]);
        assert_int_equal(refresh_ring_keys_count(ring), 1);
        assert_int_equal(refresh_ring_text_keys_count(ring), 1);
        refresh_ring_free(ring);
    }
    assert_ok(open_with(*state, texts[2], token_of(*state, texts[0])));
    /* and it can be rotated to a proper one */
    assert_ok(open_with(*state, "2:" KEY_A ",1:" TEXT_KEY, token_of(*state, TEXT_KEY)));
    assert_int_equal(open_with(*state, "another text as long as that", token_of(*state, TEXT_KEY)),
                     FAIL_REFRESH_TOKEN_INVALID);
    struct refresh_ring *ring = ring_of(KEY_A);
    assert_int_equal(refresh_ring_text_keys_count(ring), 0);
    refresh_ring_free(ring);
}

static void a_ring_that_cannot_be_meant_is_refused_with_a_sentence(void **state)
{
    const struct {
        const char *text, *word;
    } CASES[] = {
        {"", "no refresh-token key"},
        {" \n", "no refresh-token key"},
        {"short", "too short"},
        {KEY_A ",oops", "too short"}, /* a list with a key that was cut off */
        {"2:" KEY_B "," KEY_A, "or none"},
        {"1:" KEY_B ",2:" KEY_A, "newest first"},
        {"1:" KEY_B ",1:" KEY_A, "newest first"},
    };
    struct refresh_ring *ring = NULL;
    const char *problem = NULL;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        assert_int_equal(refresh_ring_new(str_from_cstr(CASES[i].text), &ring, &problem),
                         FAIL_CONFIGURATION_INVALID);
        assert_non_null(strstr(problem, CASES[i].word));
    }
    struct str many = STR("");
    for (int i = 0; i <= REFRESH_RING_KEYS_MAX; i++)
        many = arena_printf(*state, "%.*s " KEY_A, STR_ARGS(many));
    assert_int_equal(refresh_ring_new(many, &ring, &problem), FAIL_CONFIGURATION_INVALID);
    assert_non_null(strstr(problem, "16"));
    assert_int_equal(refresh_ring_new(STR_ABSENT, &ring, &problem), FAIL_CONFIGURATION_INVALID);
    assert_null(ring);
}

static void a_full_arena_is_a_limit_and_costs_nobody_a_token(void **state)
{
    struct refresh_ring *ring = ring_of(KEY_B "," KEY_A);
    struct str payload, token = token_of(*state, KEY_A);
    bool has_opened = false, has_sealed = false;
    for (size_t n = 1; !has_opened; n++) {
        arena_fail_at(n);
        enum failure failure = refresh_ring_open(ring, token, *state, &payload);
        has_opened = failure == OK;
        assert_true(has_opened || failure == FAIL_LIMIT_REACHED);
    }
    for (size_t n = 1; !has_sealed; n++) {
        arena_fail_at(n);
        enum failure failure = refresh_ring_seal(ring, STR("x"), *state, &token);
        has_sealed = failure == OK;
        assert_true(has_sealed || failure == FAIL_LIMIT_REACHED);
    }
    arena_fail_at(0);
    refresh_ring_free(ring);
    refresh_ring_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RING_TEST(a_sealed_token_opens_and_names_its_version),
        RING_TEST(the_newest_seals_and_every_key_opens),
        RING_TEST(tokens_survive_when_the_oldest_unnumbered_key_is_dropped),
        RING_TEST(a_key_does_not_seal_before_its_time),
        RING_TEST(rings_differ_by_keys_versions_and_times),
        RING_TEST(a_token_of_a_newer_version_asks_for_patience),
        RING_TEST(a_token_of_a_forgotten_or_foreign_key_is_refused),
        RING_TEST(a_bit_turned_anywhere_is_refused),
        RING_TEST(the_version_is_authenticated),
        RING_TEST(what_is_no_token_is_refused),
        RING_TEST(any_text_is_a_key_as_in_the_original),
        RING_TEST(a_ring_that_cannot_be_meant_is_refused_with_a_sentence),
        RING_TEST(a_full_arena_is_a_limit_and_costs_nobody_a_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
