/* Under the printed ACL file nothing is refused; a right that is cut out of it is named. */
#include "common/store/rights_check.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/limits.h"
#include "tests/unit/common/store/acl_rig.h"

enum { REFUSED_MAX = 8, COMMAND_BYTES_MAX = 128 };

struct checked {
    bool is_done;
    enum failure failure;
    size_t refused_len;
    char refused[REFUSED_MAX][COMMAND_BYTES_MAX]; /* the first ones */
};

static void on_checked(void *context, enum failure failure, struct strs refused)
{
    struct checked *checked = context;
    assert_false(checked->is_done);
    checked->is_done = true;
    checked->failure = failure;
    checked->refused_len = refused.len;
    for (size_t i = 0; i < refused.len && i < REFUSED_MAX; i++)
        snprintf(checked->refused[i], COMMAND_BYTES_MAX, "%.*s", STR_ARGS(refused.at[i]));
}

static struct checked check(struct redis_rig *rig, struct store *store, enum acl_user user)
{
    struct checked checked = {0};
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    rights_check_start(store, user, arena, on_checked, &checked);
    redis_rig_await(rig, &checked.is_done);
    arena_free(arena);
    return checked;
}

static struct checked check_without(enum acl_user user, const char *without)
{
    struct redis_rig *rig = acl_rig_start(user, without);
    struct store *store = acl_rig_open(rig, user);
    struct checked checked = check(rig, store, user);
    store_close(store);
    redis_rig_stop(rig);
    return checked;
}

static void nothing_of_the_printed_file_is_refused_to_anybody(void **state)
{
    (void)state;
    struct redis_rig *rig = acl_rig_start(ACL_REGISTRY, NULL);
    for (enum acl_user user = 0; user <= ACL_OPERATOR; user++) {
        struct store *store = acl_rig_open(rig, user);
        struct checked checked = check(rig, store, user);
        if (checked.refused_len > 0)
            fail_msg("%s: %s", acl_user_name(user), checked.refused[0]);
        assert_int_equal(checked.failure, OK);
        store_close(store);
    }
    assert_string_equal(redis_rig_ask(rig, "DBSIZE").at, "0"); /* it has written nothing */
    redis_rig_stop(rig);
}

static void a_right_that_a_worker_lacks_is_named(void **state)
{
    (void)state;
    struct checked checked = check_without(ACL_SIGNER, " +hincrby");
    assert_int_equal(checked.failure, OK);
    assert_int_equal(checked.refused_len, 1);
    assert_string_equal(checked.refused[0], "hincrby mcp:refresh:example");
}

static void a_key_that_a_worker_lacks_is_named_with_each_of_its_commands(void **state)
{
    (void)state;
    struct checked checked = check_without(ACL_BROKER, " (+xadd %W~mcp:audit)");
    assert_int_equal(checked.refused_len, 1);
    assert_string_equal(checked.refused[0], "xadd mcp:audit");
    checked = check_without(ACL_REGISTRY, " (+get +set ~mcp:client:*)");
    assert_int_equal(checked.refused_len, 2);
    assert_string_equal(checked.refused[0], "get mcp:client:example");
    assert_string_equal(checked.refused[1], "set mcp:client:example");
}

static void what_the_operator_lacks_is_found_by_trying(void **state)
{
    (void)state;
    struct checked checked = check_without(ACL_OPERATOR, "+del ");
    assert_int_equal(checked.failure, OK);
    assert_int_equal(checked.refused_len, 8); /* the families that may be deleted */
    assert_string_equal(checked.refused[0], "del mcp:session:example");
    checked = check_without(ACL_READER, "+exists ");
    assert_string_equal(checked.refused[0], "exists mcp:session:example");
    assert_int_equal(checked.refused_len, KEY_FAMILIES_COUNT);
}

/* These hold nothing that could be tried without harm: the answer comes all the same. */
static void a_user_without_anything_to_try_is_answered(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    for (enum acl_user user = 0; user < ACL_USERS_COUNT; user++) {
        if (!acl_user_is_optional(user))
            continue;
        struct checked checked = check(rig, store, user);
        assert_int_equal(checked.failure, OK);
        assert_int_equal(checked.refused_len, 0);
    }
    redis_rig_stop(rig);
}

static void a_redis_that_is_away_is_no_right_that_lacks(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    redis_rig_kill(rig);
    redis_rig_await_ready(rig, store, false);
    struct checked checked = check(rig, store, ACL_SIGNER);
    assert_int_equal(checked.failure, FAIL_STORE_UNAVAILABLE);
    assert_int_equal(checked.refused_len, 0);
    redis_rig_stop(rig);
}

static void an_arena_that_is_full_is_told_at_once(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    for (size_t n = 1; n <= 3; n++) {
        struct checked checked = {0};
        arena_fail_at(n);
        rights_check_start(store, ACL_READER, arena, on_checked, &checked);
        arena_fail_at(0);
        assert_true(checked.is_done);
        assert_int_equal(checked.failure, FAIL_LIMIT_REACHED);
    }
    arena_free(arena);
    redis_rig_stop(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_the_printed_file_is_refused_to_anybody),
        cmocka_unit_test(a_right_that_a_worker_lacks_is_named),
        cmocka_unit_test(a_key_that_a_worker_lacks_is_named_with_each_of_its_commands),
        cmocka_unit_test(what_the_operator_lacks_is_found_by_trying),
        cmocka_unit_test(a_user_without_anything_to_try_is_answered),
        cmocka_unit_test(a_redis_that_is_away_is_no_right_that_lacks),
        cmocka_unit_test(an_arena_that_is_full_is_told_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
