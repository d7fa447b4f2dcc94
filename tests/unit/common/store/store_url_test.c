#include "common/store/store_url.h"
#include "common/store/store.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct store_url parse(const char *text)
{
    struct store_url url;
    assert_null(store_url_parse(str_from_cstr(text), &url));
    return url;
}

static void assert_host(const struct store_url *url, size_t i, const char *host, int port)
{
    assert_true(i < url->len);
    assert_string_equal(url->at[i].host, host);
    assert_int_equal(url->at[i].port, port);
}

static void each_form_says_where_redis_is(void **state)
{
    (void)state;
    struct store_url url = parse("unix:/run/redis.sock");
    assert_int_equal(url.kind, STORE_URL_SINGLE);
    assert_true(url.at[0].is_unix);
    assert_host(&url, 0, "/run/redis.sock", 0);
    url = parse("redis://redis.example:6380/");
    assert_int_equal(url.kind, STORE_URL_SINGLE);
    assert_false(url.at[0].is_numeric);
    assert_host(&url, 0, "redis.example", 6380);
    url = parse("redis://[::1]");
    assert_true(url.at[0].is_numeric);
    assert_host(&url, 0, "::1", 6379);
    url = parse("redis-sentinel://a,b:1,[fe80::2]:3/auth-master");
    assert_int_equal(url.kind, STORE_URL_SENTINEL);
    assert_int_equal(url.len, 3);
    assert_host(&url, 0, "a", 26379);
    assert_host(&url, 1, "b", 1);
    assert_host(&url, 2, "fe80::2", 3);
    assert_string_equal(url.master, "auth-master");
    url = parse("redis-cluster://a:7000,b/");
    assert_int_equal(url.kind, STORE_URL_CLUSTER);
    assert_int_equal(url.len, 2);
    assert_host(&url, 0, "a", 7000);
    assert_host(&url, 1, "b", 6379);
}

/* The words follow the option's name: "REDIS_URL must ...". */
static void each_mistake_is_told_in_words(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *said;
    } MISTAKES[] = {
        {"", "must be unix:"},
        {"localhost:6379", "must be unix:"},
        {"rediss://h", "must be unix:"},
        {"unix:", "path of at most 107 bytes"},
        {"redis://", "must name a host"},
        {"redis://h:0", "port from 1 to 65535"},
        {"redis://h:65536", "port from 1 to 65535"},
        {"redis://h:", "port from 1 to 65535"},
        {"redis://a,b", "redis-sentinel://"},
        {"redis://h/1", "database 0"},
        {"redis://u:p@h", "options of their own"},
        {"redis://[::1", "close the bracket"},
        {"redis://[::1]x", "nothing but a port"},
        {"redis-sentinel://h", "/NAME"},
        {"redis-sentinel://h/", "/NAME"},
        {"redis-sentinel://h/a/b", "/NAME"},
        {"redis-sentinel://h/a b", "/NAME"},
        {"redis-sentinel:///name", "must name a host"},
        {"redis-sentinel://a,,b/name", "must name a host"},
        {"redis-sentinel://a,/name", "must name a host"},
        {"redis-sentinel://a:x/name", "port from 1 to 65535"},
        {"redis-sentinel://u@a/name", "options of their own"},
        {"redis-cluster://", "must name a host"},
        {"redis-cluster://a/0", "only database 0"},
        {"redis-cluster://u:p@a", "options of their own"},
        {"redis-sentinel://1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17/n", "at most 16"},
    };
    for (size_t i = 0; i < sizeof(MISTAKES) / sizeof(MISTAKES[0]); i++) {
        const char *problem = store_url_problem(str_from_cstr(MISTAKES[i].url));
        assert_non_null(problem);
        assert_true(str_starts_with(str_from_cstr(problem), STR("must ")));
        assert_non_null(strstr(problem, MISTAKES[i].said));
    }
    assert_null(store_url_problem(STR("redis-sentinel://h/auth")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_says_where_redis_is),
        cmocka_unit_test(each_mistake_is_told_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
