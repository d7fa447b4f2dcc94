#include "common/store/audit.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/common/store/redis_rig.h"

static void await_len(struct redis_rig *rig, const char *len)
{
    for (int i = 0; i < 500 && !str_equals_cstr(redis_rig_ask(rig, "XLEN mcp:audit"), len); i++)
        redis_rig_run_ms(rig, 2);
    assert_true(str_equals_cstr(redis_rig_ask(rig, "XLEN mcp:audit"), len));
}

static void an_entry_holds_what_is_known_and_nothing_else(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    audit_append(store,
                 &(struct audit_entry){.event = AUDIT_SIGN_IN,
                                       .request_id = STR("r1"),
                                       .user_id = STR("583231"),
                                       .login = STR("octocat")},
                 redis_rig_deadline_ms());
    audit_append(store,
                 &(struct audit_entry){.event = AUDIT_REUSE,
                                       .request_id = STR("r2"),
                                       .client_id = STR("c"),
                                       .user_id = STR("1"),
                                       .login = STR("l"),
                                       .g = STR("0f"),
                                       .address = STR("192.0.2.1"),
                                       .reason = STR("code"),
                                       .before = STR("v1"),
                                       .after = STR("v2 v1")},
                 redis_rig_deadline_ms());
    await_len(rig, "2");
    assert_true(str_ends_with(redis_rig_ask(rig, "XRANGE mcp:audit - + COUNT 1"),
                              STR("event sign_in request_id r1 user_id 583231 login octocat")));
    assert_true(str_ends_with(
        redis_rig_ask(rig, "XREVRANGE mcp:audit + - COUNT 1"),
        STR("event reuse request_id r2 client_id c user_id 1 login l g 0f address 192.0.2.1 "
            "reason code before v1 after v2 v1")));
    redis_rig_stop(rig);
}

static void a_lost_entry_harms_nobody(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    redis_rig_kill(rig);
    audit_append(store, &(struct audit_entry){.event = AUDIT_ISSUE}, redis_rig_deadline_ms());
    redis_rig_await_ready(rig, store, false);
    audit_append(store, &(struct audit_entry){.event = AUDIT_ISSUE}, redis_rig_deadline_ms());
    redis_rig_run_ms(rig, 20);
    redis_rig_stop(rig);
}

static void every_event_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (enum audit_event a = 0; a < AUDIT_EVENTS_COUNT; a++)
        for (enum audit_event b = 0; b < a; b++)
            assert_string_not_equal(audit_event_name(a), audit_event_name(b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_holds_what_is_known_and_nothing_else),
        cmocka_unit_test(a_lost_entry_harms_nobody),
        cmocka_unit_test(every_event_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
