/* Blocks that the registries call globally reachable although special (anycast relays, AS112) are
 * denied as well: no client's document is served from there. */
#include "common/net/public_address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct block_v4 {
    uint8_t at[4];
    unsigned bits;
};

/* IANA IPv4 Special-Purpose Address Registry, multicast and reserved space. */
static const struct block_v4 SPECIAL_V4[] = {
    {{0, 0, 0, 0}, 8},       /* this network, RFC 791 */
    {{10, 0, 0, 0}, 8},      /* private, RFC 1918 */
    {{100, 64, 0, 0}, 10},   /* shared by carriers, RFC 6598 */
    {{127, 0, 0, 0}, 8},     /* loopback, RFC 1122 */
    {{169, 254, 0, 0}, 16},  /* link local, cloud metadata services, RFC 3927 */
    {{172, 16, 0, 0}, 12},   /* private, RFC 1918 */
    {{192, 0, 0, 0}, 24},    /* protocol assignments, RFC 6890 */
    {{192, 0, 2, 0}, 24},    /* documentation, RFC 5737 */
    {{192, 31, 196, 0}, 24}, /* AS112, RFC 7535 */
    {{192, 52, 193, 0}, 24}, /* AMT, RFC 7450 */
    {{192, 88, 99, 0}, 24},  /* 6to4 relays, RFC 7526 */
    {{192, 168, 0, 0}, 16},  /* private, RFC 1918 */
    {{192, 175, 48, 0}, 24}, /* AS112, RFC 7534 */
    {{198, 18, 0, 0}, 15},   /* benchmarks, RFC 2544 */
    {{198, 51, 100, 0}, 24}, /* documentation, RFC 5737 */
    {{203, 0, 113, 0}, 24},  /* documentation, RFC 5737 */
    {{224, 0, 0, 0}, 4},     /* multicast, RFC 5771 */
    {{240, 0, 0, 0}, 4},     /* reserved, broadcast, RFC 1112 */
};

struct block_v6 {
    uint8_t at[16];
    unsigned bits;
};

static const struct block_v6 GLOBAL_V6 = {{0x20}, 3}; /* all that is unicast, RFC 4291 2.4 */

/* IANA IPv6 Special-Purpose Address Registry, as far as it lies in 2000::/3. */
static const struct block_v6 SPECIAL_V6[] = {
    {{0x20, 0x01}, 23},                         /* Teredo, ORCHID and others, RFC 2928 */
    {{0x20, 0x01, 0x0d, 0xb8}, 32},             /* documentation, RFC 3849 */
    {{0x20, 0x02}, 16},                         /* 6to4, which embeds IPv4, RFC 3056 */
    {{0x26, 0x20, 0x00, 0x4f, 0x80, 0x00}, 48}, /* AS112, RFC 7534 */
    {{0x3f, 0xff}, 20},                         /* documentation, RFC 9637 */
};

static bool is_within(const uint8_t *address, const uint8_t *block, unsigned bits)
{
    unsigned bytes = bits / 8, rest = bits % 8;
    unsigned mask = 0xff00u >> rest & 0xffu;
    return memcmp(address, block, bytes) == 0 &&
           (rest == 0 || ((address[bytes] ^ block[bytes]) & mask) == 0);
}

static bool is_public_v4(const uint8_t *address)
{
    for (size_t i = 0; i < sizeof(SPECIAL_V4) / sizeof(SPECIAL_V4[0]); i++)
        if (is_within(address, SPECIAL_V4[i].at, SPECIAL_V4[i].bits))
            return false;
    return true;
}

static bool is_public_v6(const uint8_t *address)
{
    if (!is_within(address, GLOBAL_V6.at, GLOBAL_V6.bits))
        return false;
    for (size_t i = 0; i < sizeof(SPECIAL_V6) / sizeof(SPECIAL_V6[0]); i++)
        if (is_within(address, SPECIAL_V6[i].at, SPECIAL_V6[i].bits))
            return false;
    return true;
}

bool public_address_is_public(const struct sockaddr *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    uint8_t bytes[16];
    switch (address->sa_family) {
    case AF_INET:
        memcpy(&v4, address, sizeof(v4));
        memcpy(bytes, &v4.sin_addr, sizeof(v4.sin_addr));
        return is_public_v4(bytes);
    case AF_INET6:
        memcpy(&v6, address, sizeof(v6));
        memcpy(bytes, &v6.sin6_addr, sizeof(bytes));
        return IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) ? is_public_v4(bytes + 12) : is_public_v6(bytes);
    default:
        return false;
    }
}

bool public_address_is_allowed(void *context, const struct sockaddr *address)
{
    (void)context;
    return public_address_is_public(address);
}
