#include "common/store/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/store/store_metrics.h"
#include "tests/unit/common/base/log_capture.h"
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

static void an_entry_that_redis_does_not_take_is_logged_whole(void **state)
{
    (void)state;
    char lines[4096];
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    redis_rig_kill(rig);
    redis_rig_await_ready(rig, store, false);
    const uint64_t lost_before = store_metrics.audit_lost;
    log_capture_begin();
    audit_append(
        store,
        &(struct audit_entry){
            .event = AUDIT_REUSE, .request_id = STR("r2"), .g = STR("0f"), .reason = STR("code")},
        clock_monotonic_ms());
    for (int i = 0; i < 500 && store_metrics.audit_lost == lost_before; i++)
        redis_rig_run_ms(rig, 2);
    log_capture_end(lines, sizeof(lines));
    assert_int_equal(store_metrics.audit_lost, lost_before + 1);
    const char *line = strstr(lines, "\"event\":\"audit.lost\"");
    assert_non_null(line);
    assert_non_null(strstr(line, "\"audit_event\":\"reuse\",\"failure\":\"store_unavailable\","
                                 "\"request_id\":\"r2\",\"g\":\"0f\",\"reason\":\"code\"}"));
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
        cmocka_unit_test(an_entry_that_redis_does_not_take_is_logged_whole),
        cmocka_unit_test(every_event_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
