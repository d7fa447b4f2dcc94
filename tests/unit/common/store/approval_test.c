/* mcp:approval:{user}:h against a real Redis. */
#include "tests/unit/common/store/grant_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/store/approval.h"

#define APPROVAL "mcp:approval:{583231}:abc"

static struct fixture fixture;

static int setup(void **state)
{
    (void)state;
    fixture_init(&fixture);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_finish(&fixture);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    fixture_clear(&fixture);
    return 0;
}

static void on_approval(void *context, enum failure failure, bool is_approved)
{
    struct seen *seen = context;
    seen->number = is_approved;
    fixture_on_done(seen, failure);
}

static bool is_approved(struct str user_id, struct str h)
{
    struct seen seen = {.is_done = false};
    approval_get(fixture.store, user_id, h, redis_rig_arena(fixture.rig), redis_rig_deadline_ms(),
                 on_approval, &seen);
    assert_int_equal(fixture_await(&fixture, &seen), OK);
    return seen.number == 1;
}

static void remember(void)
{
    const struct approval_record record = {
        .client_id = STR("mcp_example.com_1"),
        .scope = STR("mcp:example.com:tools"),
        .approved_at = 1700000000,
    };
    approval_remember(fixture.store, STR("583231"), STR("abc"), &record,
                      redis_rig_arena(fixture.rig), redis_rig_deadline_ms());
}

/* Nobody waits for approval_remember, and Redis may ask for the script's text in between. */
static void await_approval(void)
{
    for (int i = 0; i < 100; i++)
        if (is_approved(STR("583231"), STR("abc")))
            return;
    fail_msg("the approval was not remembered");
}

static void an_approval_counts_for_its_person_and_what_was_agreed_to_only(void **state)
{
    (void)state;
    assert_false(is_approved(STR("583231"), STR("abc")));
    remember();
    await_approval();
    assert_false(is_approved(STR("583231"), STR("abd")));
    assert_false(is_approved(STR("583232"), STR("abc")));
}

static void an_approval_lives_thirty_days_from_the_last_time(void **state)
{
    (void)state;
    remember();
    await_approval();
    redis_rig_ask(fixture.rig, "EXPIRE " APPROVAL " 60");
    remember();
    await_approval();
    int64_t ttl_s = fixture_ask_number(&fixture, "TTL " APPROVAL);
    assert_true(ttl_s > APPROVAL_TTL_S - 5 && ttl_s <= APPROVAL_TTL_S);
    assert_redis(&fixture, "mcp_example.com_1", "HGET " APPROVAL " client_id");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_approval_counts_for_its_person_and_what_was_agreed_to_only,
                               clear),
        cmocka_unit_test_setup(an_approval_lives_thirty_days_from_the_last_time, clear),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
