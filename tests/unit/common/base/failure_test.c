#include "tests/unit/common/base/unit.h"

#include <string.h>

static void every_row_is_complete(void **state)
{
    (void)state;
    for (unsigned i = 1; i < FAILURES_COUNT; i++) {
        const struct failure_row *row = failure_row((enum failure)i);
        assert_true(strlen(row->name) > 0 && strlen(row->error) > 0 && strlen(row->clause) > 0);
        assert_in_range(row->status, 400, 599);
        assert_true(strlen(row->description) > 0);
    }
}

static void names_are_unique_and_found_again(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FAILURES_COUNT; i++)
        assert_int_equal(failure_from_name(str_from_cstr(failure_row((enum failure)i)->name)), i);
}

static void an_unknown_name_is_a_server_error(void **state)
{
    (void)state;
    assert_int_equal(failure_from_name(STR("from_the_future")), FAIL_SERVER_ERROR);
    assert_int_equal(failure_from_name(STR("")), FAIL_SERVER_ERROR);
    assert_int_equal(failure_from_name(STR_ABSENT), FAIL_SERVER_ERROR);
    assert_ptr_equal(failure_row(FAILURES_COUNT), failure_row(FAIL_SERVER_ERROR));
}

static void errors_and_descriptions_keep_to_the_characters_of_rfc6749_5_2(void **state)
{
    (void)state;
    for (unsigned i = 1; i < FAILURES_COUNT; i++) {
        const struct failure_row *row = failure_row((enum failure)i);
        const char *texts[] = {row->error, row->description};
        for (size_t t = 0; t < LENGTH_OF(texts); t++)
            for (const char *c = texts[t]; *c != '\0'; c++)
                if (*c < ' ' || *c > '~' || *c == '"' || *c == '\\')
                    fail_msg("%s: '%c' is not allowed", row->name, *c);
    }
}

/* Clients throw their credentials away on these (DESIGN section 6). */
static void a_store_that_is_away_never_looks_like_a_bad_credential(void **state)
{
    (void)state;
    for (unsigned i = 1; i < FAILURES_COUNT; i++) {
        const struct failure_row *row = failure_row((enum failure)i);
        if (row->status == 503 || row->status == 429) {
            assert_string_not_equal(row->error, "invalid_client");
            assert_string_not_equal(row->error, "invalid_grant");
        }
        if (strcmp(row->error, "invalid_grant") == 0)
            assert_int_equal(row->status, 400);
    }
}

static enum failure pass_on(enum failure failure)
{
    TRY(failure);
    return FAIL_NOT_FOUND;
}

static void try_passes_a_failure_on_and_goes_on_after_ok(void **state)
{
    (void)state;
    assert_int_equal(pass_on(FAIL_CRYPTO), FAIL_CRYPTO);
    assert_int_equal(pass_on(OK), FAIL_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(every_row_is_complete),
        UNIT_TEST(names_are_unique_and_found_again),
        UNIT_TEST(an_unknown_name_is_a_server_error),
        UNIT_TEST(errors_and_descriptions_keep_to_the_characters_of_rfc6749_5_2),
        UNIT_TEST(a_store_that_is_away_never_looks_like_a_bad_credential),
        UNIT_TEST(try_passes_a_failure_on_and_goes_on_after_ok),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
