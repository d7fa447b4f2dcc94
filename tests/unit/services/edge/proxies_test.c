#include "services/edge/proxies.h"
#include "tests/unit/common/base/unit.h"

#include <arpa/inet.h>

static struct proxies read_ok(const char *const *texts, size_t len)
{
    struct str at[PROXIES_MAX];
    struct proxies proxies;
    for (size_t i = 0; i < len; i++)
        at[i] = str_from_cstr(texts[i]);
    assert_true(proxies_read((struct strs){at, len}, &proxies));
    return proxies;
}

static struct str client_of(void **state, const struct proxies *proxies, const char *peer,
                            const char *x_forwarded_for)
{
    struct address address;
    assert_true(address_read(str_from_cstr(peer), &address));
    return proxies_client_address(proxies, unit_arena(state), &address,
                                  str_from_cstr(x_forwarded_for));
}

static bool trusts(const struct proxies *proxies, const char *text)
{
    struct address address;
    assert_true(address_read(str_from_cstr(text), &address));
    return proxies_trust(proxies, &address);
}

static void networks_are_read_in_both_families(void **state)
{
    (void)state;
    static const char *const texts[] = {"10.0.0.0/8", "192.168.1.7", "2001:db8::/33", "::1"};
    struct proxies proxies = read_ok(texts, LENGTH_OF(texts));
    assert_true(trusts(&proxies, "10.255.0.1"));
    assert_false(trusts(&proxies, "11.0.0.1"));
    assert_true(trusts(&proxies, "192.168.1.7"));
    assert_false(trusts(&proxies, "192.168.1.6"));
    assert_true(trusts(&proxies, "2001:db8:7fff::1"));
    assert_false(trusts(&proxies, "2001:db8:8000::1"));
    assert_true(trusts(&proxies, "::1"));
    assert_false(trusts(&proxies, "::2"));
    assert_true(trusts(&proxies, "::ffff:10.1.2.3")); /* the same address, as IPv6 spells it */
}

static void a_peer_is_read_in_both_families(void **state)
{
    struct sockaddr_in internet = {.sin_family = AF_INET};
    struct sockaddr_in6 internet_6 = {.sin6_family = AF_INET6};
    struct sockaddr local = {.sa_family = AF_UNIX};
    struct address address;
    assert_int_equal(inet_pton(AF_INET, "192.0.2.7", &internet.sin_addr), 1);
    assert_true(address_from_socket((struct sockaddr *)&internet, &address));
    assert_str(address_write(unit_arena(state), &address), "192.0.2.7");
    assert_int_equal(inet_pton(AF_INET6, "2001:db8::7", &internet_6.sin6_addr), 1);
    assert_true(address_from_socket((struct sockaddr *)&internet_6, &address));
    assert_str(address_write(unit_arena(state), &address), "2001:db8::7");
    assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.7", &internet_6.sin6_addr), 1);
    assert_true(address_from_socket((struct sockaddr *)&internet_6, &address));
    assert_str(address_write(unit_arena(state), &address), "192.0.2.7");
    assert_false(address_from_socket(&local, &address));
}

static void what_is_no_network_is_refused(void **state)
{
    (void)state;
    static const char *const broken[] = {"",
                                         "x",
                                         "10.0.0.0/33",
                                         "::/129",
                                         "10.0.0.0/",
                                         "/8",
                                         "10/8",
                                         "10.0.0.0/-1",
                                         "10.0.0.0/x",
                                         "1.2.3.4:80",
                                         "[::1]",
                                         "host.example",
                                         "10.0.0.0/9223372036854775807"};
    for (size_t i = 0; i < LENGTH_OF(broken); i++) {
        struct str text = str_from_cstr(broken[i]);
        struct proxies proxies;
        if (proxies_read((struct strs){&text, 1}, &proxies))
            fail_msg("%s", broken[i]);
    }
}

static void a_stranger_cannot_say_who_it_is(void **state)
{
    static const char *const texts[] = {"10.0.0.0/8"};
    struct proxies none = read_ok(NULL, 0), proxies = read_ok(texts, 1);
    assert_str(client_of(state, &none, "203.0.113.9", "1.2.3.4"), "203.0.113.9");
    assert_str(client_of(state, &proxies, "203.0.113.9", "1.2.3.4"), "203.0.113.9");
    assert_str(client_of(state, &proxies, "10.0.0.1", ""), "10.0.0.1");
}

static void behind_proxies_the_last_stranger_is_the_client(void **state)
{
    static const char *const texts[] = {"10.0.0.0/8"};
    struct proxies proxies = read_ok(texts, 1);
    assert_str(client_of(state, &proxies, "10.0.0.1", "198.51.100.7"), "198.51.100.7");
    assert_str(client_of(state, &proxies, "10.0.0.1", "1.1.1.1, 198.51.100.7"), "198.51.100.7");
    assert_str(client_of(state, &proxies, "10.0.0.1", "1.1.1.1, 198.51.100.7,10.0.0.2"),
               "198.51.100.7");
    assert_str(client_of(state, &proxies, "10.0.0.1", "2001:db8::1"), "2001:db8::1");
    assert_str(client_of(state, &proxies, "::ffff:10.0.0.1", "198.51.100.7"), "198.51.100.7");
}

static void at_an_unreadable_entry_the_search_ends(void **state)
{
    static const char *const texts[] = {"10.0.0.0/8"};
    struct proxies proxies = read_ok(texts, 1);
    assert_str(client_of(state, &proxies, "10.0.0.1", "1.1.1.1, unknown"), "10.0.0.1");
    assert_str(client_of(state, &proxies, "10.0.0.1", "1.1.1.1, unknown, 10.0.0.2"), "10.0.0.2");
    assert_str(client_of(state, &proxies, "10.0.0.1", "1.1.1.1,"), "10.0.0.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(networks_are_read_in_both_families),
        UNIT_TEST(a_peer_is_read_in_both_families),
        UNIT_TEST(what_is_no_network_is_refused),
        UNIT_TEST(a_stranger_cannot_say_who_it_is),
        UNIT_TEST(behind_proxies_the_last_stranger_is_the_client),
        UNIT_TEST(at_an_unreadable_entry_the_search_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
