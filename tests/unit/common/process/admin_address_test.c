#include "common/process/admin_address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void assert_found(const char *listen, const char *host, const char *port)
{
    char found_host[64], found_port[16];
    struct addrinfo *found = admin_address_find(str_from_cstr(listen));
    assert_non_null(found);
    assert_int_equal(getnameinfo(found->ai_addr, found->ai_addrlen, found_host, sizeof(found_host),
                                 found_port, sizeof(found_port), NI_NUMERICHOST | NI_NUMERICSERV),
                     0);
    assert_string_equal(found_host, host);
    assert_string_equal(found_port, port);
    freeaddrinfo(found);
}

static void a_numeric_host_and_a_port_are_an_address(void **state)
{
    (void)state;
    assert_found("127.0.0.1:9101", "127.0.0.1", "9101");
    assert_found("0.0.0.0:9100", "0.0.0.0", "9100");
    assert_found("[::1]:9101", "::1", "9101");
}

static void no_host_or_a_star_is_every_one(void **state)
{
    (void)state;
    const char *const listens[] = {":9101", "*:9101"};
    for (size_t i = 0; i < 2; i++) {
        struct addrinfo *found = admin_address_find(str_from_cstr(listens[i]));
        assert_non_null(found);
        const struct sockaddr_in *any = (const void *)found->ai_addr;
        assert_int_equal(ntohs(any->sin_port), 9101); /* at the same place in both families */
        freeaddrinfo(found);
    }
}

/* Who may reach the port shall not depend on DNS. */
static void a_name_is_none(void **state)
{
    (void)state;
    const char *const listens[] = {"localhost:9101", "9101", "", "[::1:9101", "127.0.0.1:http-x"};
    for (size_t i = 0; i < sizeof(listens) / sizeof(listens[0]); i++)
        assert_null(admin_address_find(str_from_cstr(listens[i])));
    char long_name[400];
    memset(long_name, '1', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    memcpy(long_name + 300, ":9101", 6);
    assert_null(admin_address_find(str_from_cstr(long_name)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_numeric_host_and_a_port_are_an_address),
        cmocka_unit_test(no_host_or_a_star_is_every_one),
        cmocka_unit_test(a_name_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
