/* proto/resolver_uv.c: host names are resolved off the loop, again and again. */
#include "proto/resolver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void only_host_names_of_tcp_are_resolved(void **state)
{
    struct str host = STR_ABSENT, port = STR_ABSENT;
    (void)state;
    assert_true(resolver_wants(STR("tcp://edge.mcp:7701"), &host, &port));
    assert_true(str_equals_cstr(host, "edge.mcp"));
    assert_true(str_equals_cstr(port, "7701"));
    static const struct str unwanted[] = {
        STR_INIT("tcp://10.0.0.1:7701"), STR_INIT("tcp://[::1]:7701"),
        STR_INIT("tcp://*:7701"),        STR_INIT("ipc:///run/edge:1"),
        STR_INIT("tcp://edge"),          STR_INIT("tcp://:7701"),
        STR_INIT("tcp://edge:"),         STR_INIT(""),
    };
    for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++)
        assert_false(resolver_wants(unwanted[i], &host, &port));
}

static void on_addresses(void *context, struct strs endpoints)
{
    struct loop *loop = context;
    assert_true(endpoints.len > 0);
    assert_true(strs_contain(endpoints, STR("tcp://127.0.0.1:7701")) ||
                strs_contain(endpoints, STR("tcp://[::1]:7701")));
    loop_stop(loop);
}

static void a_name_stands_for_its_addresses(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct resolver *resolver =
        resolver_new(loop, STR("localhost"), STR("7701"), on_addresses, loop);
    assert_non_null(resolver);
    loop_run(loop);
    resolver_free(resolver);
    loop_free(loop);
}

static void a_resolver_may_be_freed_while_it_asks(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct resolver *resolver =
        resolver_new(loop, STR("localhost"), STR("7701"), on_addresses, loop);
    loop_run_turn(loop);
    resolver_free(resolver);
    resolver_free(NULL);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_host_names_of_tcp_are_resolved),
        cmocka_unit_test(a_name_stands_for_its_addresses),
        cmocka_unit_test(a_resolver_may_be_freed_while_it_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
