#include "common/store/rate.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/common/store/redis_rig.h"

static const struct rate_limit LIMIT = {.bucket = "test", .count_max = 2, .window_s = 100};

struct seen {
    bool is_done;
    enum failure failure;
    int64_t retry_after_s;
};

static void on_rate(void *context, enum failure failure, int64_t retry_after_s)
{
    *(struct seen *)context = (struct seen){true, failure, retry_after_s};
}

static struct seen take(struct redis_rig *rig, struct store *store, const char *subject)
{
    struct seen seen = {0};
    rate_take(store, &LIMIT, str_from_cstr(subject), redis_rig_arena(rig), redis_rig_deadline_ms(),
              on_rate, &seen);
    redis_rig_await(rig, &seen.is_done);
    return seen;
}

/* RFC 6585 4 */
static void beyond_the_limit_everyone_waits_for_the_window_to_end(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    assert_int_equal(take(rig, store, "192.0.2.1").failure, OK);
    assert_int_equal(take(rig, store, "192.0.2.1").failure, OK);
    struct seen seen = take(rig, store, "192.0.2.1");
    assert_int_equal(seen.failure, FAIL_RATE_LIMITED);
    assert_true(seen.retry_after_s >= 99 && seen.retry_after_s <= 100);
    assert_int_equal(take(rig, store, "192.0.2.2").failure, OK); /* another is not limited */
    struct str key = redis_rig_ask(rig, "KEYS mcp:rate:{test}:*");
    assert_null(memmem(key.at, key.len, "192.0.2", 7)); /* names hold no address */
    redis_rig_stop(rig);
}

static void the_window_is_not_prolonged_and_starts_anew_when_it_ends(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    take(rig, store, "a");
    struct str key = redis_rig_ask(rig, "KEYS mcp:rate:*");
    redis_rig_ask(rig, "EXPIRE %s 7", key.at);
    take(rig, store, "a");
    assert_int_equal(take(rig, store, "a").retry_after_s, 7);
    redis_rig_ask(rig, "PEXPIRE %s 0", key.at);
    assert_int_equal(take(rig, store, "a").failure, OK);
    /* A counter without an end would limit for ever. */
    redis_rig_ask(rig, "PERSIST %s", key.at);
    take(rig, store, "a");
    assert_int_equal(take(rig, store, "a").retry_after_s, 100);
    redis_rig_stop(rig);
}

static void without_redis_the_limit_is_unknown(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    redis_rig_kill(rig);
    assert_int_equal(take(rig, store, "a").failure, FAIL_STORE_UNAVAILABLE);
    redis_rig_stop(rig);
}

static void a_full_arena_is_told_at_once(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    for (size_t n = 1; n <= 4; n++) {
        struct seen seen = {0};
        arena_fail_at(n);
        rate_take(store, &LIMIT, STR("a"), redis_rig_arena(rig), redis_rig_deadline_ms(), on_rate,
                  &seen);
        arena_fail_at(0);
        assert_true(seen.is_done);
        assert_int_equal(seen.failure, FAIL_LIMIT_REACHED);
    }
    redis_rig_stop(rig);
}

static void an_address_is_an_ipv4_or_the_64_of_an_ipv6(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"192.0.2.7", "192.0.2.7"},
        {"::ffff:192.0.2.7", "192.0.2.7"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
        {"2001:db8:1:2::1", "2001:db8:1:2::/64"},
        {"::1", "::/64"},
        {"somebody", "somebody"},
        {"", ""},
        {"a text that is far too long to be an address of any kind",
         "a text that is far too long to be an address of any kind"},
    };
    struct arena *arena = arena_new(4096);
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++)
        assert_true(str_equals_cstr(rate_subject_of_address(arena, str_from_cstr(CASES[i][0])),
                                    CASES[i][1]));
    arena_fail_at(1);
    assert_false(str_is_present(rate_subject_of_address(arena, STR("2001:db8::1"))));
    arena_fail_at(0);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beyond_the_limit_everyone_waits_for_the_window_to_end),
        cmocka_unit_test(the_window_is_not_prolonged_and_starts_anew_when_it_ends),
        cmocka_unit_test(without_redis_the_limit_is_unknown),
        cmocka_unit_test(a_full_arena_is_told_at_once),
        cmocka_unit_test(an_address_is_an_ipv4_or_the_64_of_an_ipv6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
