#include "common/crypto/token_memory.h"
#include "tests/unit/common/base/unit.h"

#include <stdio.h>

static void a_token_is_known_by_every_byte_and_its_typ(void **state)
{
    struct token_memory *memory = token_memory_new();
    struct str token = STR("header.payload.signature");
    (void)state;
    assert_non_null(memory);
    assert_false(token_memory_has(memory, JWT_TYP_AT_JWT, token));
    token_memory_add(memory, JWT_TYP_AT_JWT, token);
    assert_true(token_memory_has(memory, JWT_TYP_AT_JWT, token));
    assert_false(token_memory_has(memory, JWT_TYP_JWT, token));
    for (size_t len = 0; len < token.len; len++)
        assert_false(token_memory_has(memory, JWT_TYP_AT_JWT, str_first(token, len)));
    assert_false(token_memory_has(memory, JWT_TYP_AT_JWT, STR("Header.payload.signature")));
    token_memory_free(memory);
}

static void nothing_is_known_at_first(void **state)
{
    struct token_memory *memory = token_memory_new();
    (void)state;
    assert_false(token_memory_has(memory, JWT_TYP_AT_JWT, STR("")));
    assert_false(token_memory_has(memory, (enum jwt_typ)0, STR("")));
    token_memory_free(memory);
}

/* What is added last is known, however many there were. */
static void new_tokens_take_the_place_of_old_ones(void **state)
{
    enum { TOKENS = 3 * TOKEN_MEMORY_TOKENS_MAX };
    struct token_memory *memory = token_memory_new();
    size_t known = 0;
    char text[32];
    (void)state;
    for (int i = 0; i < TOKENS; i++) {
        snprintf(text, sizeof(text), "token %d", i);
        token_memory_add(memory, JWT_TYP_AT_JWT, str_from_cstr(text));
        assert_true(token_memory_has(memory, JWT_TYP_AT_JWT, str_from_cstr(text)));
    }
    for (int i = 0; i < TOKENS; i++) {
        snprintf(text, sizeof(text), "token %d", i);
        known += token_memory_has(memory, JWT_TYP_AT_JWT, str_from_cstr(text));
    }
    assert_in_range(known, TOKEN_MEMORY_TOKENS_MAX / 2, TOKEN_MEMORY_TOKENS_MAX);
    token_memory_free(memory);
}

static void without_a_memory_nothing_is_known(void **state)
{
    (void)state;
    token_memory_add(NULL, JWT_TYP_AT_JWT, STR("x"));
    assert_false(token_memory_has(NULL, JWT_TYP_AT_JWT, STR("x")));
    token_memory_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_token_is_known_by_every_byte_and_its_typ),
        UNIT_TEST(nothing_is_known_at_first),
        UNIT_TEST(new_tokens_take_the_place_of_old_ones),
        UNIT_TEST(without_a_memory_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
