#include "common/net/public_address.h"
#include "tests/unit/common/base/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static bool is_public(const char *text)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.any = {0}};
    bool is_v6 = strchr(text, ':') != NULL;
    address.any.sa_family = is_v6 ? AF_INET6 : AF_INET;
    void *at = is_v6 ? (void *)&address.v6.sin6_addr : (void *)&address.v4.sin_addr;
    if (inet_pton(address.any.sa_family, text, at) != 1)
        fail_msg("%s is no address", text);
    return public_address_is_public(&address.any);
}

/* A block: what stands just before it and just after it is public, unless it is NULL because the
 * neighbour is special too, or there is none. */
struct block {
    const char *before, *first, *last, *after;
};

static void check(const struct block *blocks, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (blocks[i].before != NULL && !is_public(blocks[i].before))
            fail_msg("%s is refused", blocks[i].before);
        if (is_public(blocks[i].first))
            fail_msg("%s is accepted", blocks[i].first);
        if (is_public(blocks[i].last))
            fail_msg("%s is accepted", blocks[i].last);
        if (blocks[i].after != NULL && !is_public(blocks[i].after))
            fail_msg("%s is refused", blocks[i].after);
    }
}

static const struct block V4[] = {
    {NULL, "0.0.0.0", "0.255.255.255", "1.0.0.0"},
    {"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
    {"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
    {"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
    {"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
    {"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
    {"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"},
    {"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"},
    {"192.31.195.255", "192.31.196.0", "192.31.196.255", "192.31.197.0"},
    {"192.52.192.255", "192.52.193.0", "192.52.193.255", "192.52.194.0"},
    {"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"},
    {"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
    {"192.175.47.255", "192.175.48.0", "192.175.48.255", "192.175.49.0"},
    {"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
    {"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"},
    {"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"},
    {"223.255.255.255", "224.0.0.0", "239.255.255.255", NULL},
    {NULL, "240.0.0.0", "255.255.255.255", NULL},
};

static void special_ipv4_blocks_are_refused_rfc6890(void **state)
{
    (void)state;
    check(V4, LENGTH_OF(V4));
}

static void a_mapped_address_is_judged_as_ipv4(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(V4); i++) {
        char texts[4][INET6_ADDRSTRLEN];
        const char *const in[4] = {V4[i].before, V4[i].first, V4[i].last, V4[i].after};
        const char *out[4];
        for (size_t j = 0; j < 4; j++) {
            snprintf(texts[j], sizeof(texts[j]), "::ffff:%s", in[j] != NULL ? in[j] : "");
            out[j] = in[j] != NULL ? texts[j] : NULL;
        }
        check(&(struct block){out[0], out[1], out[2], out[3]}, 1);
    }
}

static void ipv6_outside_of_global_unicast_is_refused_rfc4291(void **state)
{
    (void)state;
    static const struct block blocks[] = {
        {NULL, "::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::"},
        {"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
         "4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
        {NULL, "::1", "::127.0.0.1", NULL},                   /* loopback, IPv4-compatible */
        {NULL, "::8.8.8.8", "::ffff:0:8.8.8.8", NULL},        /* compatible, translated */
        {NULL, "64:ff9b::", "64:ff9b::ffff:ffff", NULL},      /* NAT64 */
        {NULL, "64:ff9b::7f00:1", "64:ff9b::808:808", NULL},  /* with 127.0.0.1, 8.8.8.8 in it */
        {NULL, "64:ff9b:1::", "64:ff9b:1:ffff:ffff::", NULL}, /* local NAT64 */
        {NULL, "100::", "100::ffff:ffff:ffff:ffff", NULL},    /* discard */
        {NULL, "5f00::", "5f00:ffff::", NULL},                /* SRv6 */
        {NULL, "fc00::", "fdff:ffff::", NULL},                /* unique local */
        {NULL, "fe80::", "febf:ffff::", NULL},                /* link local */
        {NULL, "fec0::", "feff:ffff::", NULL},                /* site local */
        {NULL, "ff00::", "ff02::1", NULL},                    /* multicast */
    };
    check(blocks, LENGTH_OF(blocks));
}

static void special_ipv6_blocks_are_refused_rfc6890(void **state)
{
    (void)state;
    static const struct block blocks[] = {
        {"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
         "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"},
        {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
         "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"},
        {"2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
         "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::"},
        {"2620:4f:7fff:ffff:ffff:ffff:ffff:ffff",
         "2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", "2620:4f:8001::"},
        {"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
         "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"},
        {NULL, "2002:7f00:1::", "2002:808:808::", NULL}, /* 6to4 of 127.0.0.1 and 8.8.8.8 */
    };
    check(blocks, LENGTH_OF(blocks));
}

static void public_addresses_are_accepted(void **state)
{
    (void)state;
    static const char *const good[] = {"8.8.8.8", "93.184.215.14", "2606:2800:21f::1",
                                       "2a00:1450:4001::200e", "::ffff:8.8.8.8"};
    for (size_t i = 0; i < LENGTH_OF(good); i++)
        if (!is_public(good[i]))
            fail_msg("%s is refused", good[i]);
}

static void what_is_no_ip_address_is_refused(void **state)
{
    (void)state;
    struct sockaddr address = {.sa_family = AF_UNIX};
    assert_false(public_address_is_allowed(NULL, &address));
    address.sa_family = AF_UNSPEC;
    assert_false(public_address_is_allowed(NULL, &address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(special_ipv4_blocks_are_refused_rfc6890),
        UNIT_TEST(a_mapped_address_is_judged_as_ipv4),
        UNIT_TEST(ipv6_outside_of_global_unicast_is_refused_rfc4291),
        UNIT_TEST(special_ipv6_blocks_are_refused_rfc6890),
        UNIT_TEST(public_addresses_are_accepted),
        UNIT_TEST(what_is_no_ip_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
