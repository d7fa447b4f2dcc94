/* All addresses are compared as IPv6, so that one loop serves both families. */
#include "services/edge/proxies.h"

#include <arpa/inet.h>

enum { MAPPED_PREFIX_BITS = 96, ADDRESS_BITS = 8 * ADDRESS_BYTES };

static const unsigned char MAPPED_PREFIX[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_mapped(const struct address *address)
{
    return memcmp(address->bytes, MAPPED_PREFIX, sizeof(MAPPED_PREFIX)) == 0;
}

bool address_read(struct str text, struct address *ret_address)
{
    char cstr[INET6_ADDRSTRLEN];
    struct address address;
    if (text.len == 0 || text.len >= sizeof(cstr))
        return false;
    memcpy(cstr, text.at, text.len);
    cstr[text.len] = '\0';
    memcpy(address.bytes, MAPPED_PREFIX, sizeof(MAPPED_PREFIX));
    if (inet_pton(AF_INET, cstr, address.bytes + sizeof(MAPPED_PREFIX)) != 1 &&
        inet_pton(AF_INET6, cstr, address.bytes) != 1)
        return false;
    *ret_address = address;
    return true;
}

bool address_from_socket(const struct sockaddr *peer, struct address *ret_address)
{
    if (peer->sa_family == AF_INET) {
        struct sockaddr_in internet;
        memcpy(&internet, peer, sizeof(internet));
        memcpy(ret_address->bytes, MAPPED_PREFIX, sizeof(MAPPED_PREFIX));
        memcpy(ret_address->bytes + sizeof(MAPPED_PREFIX), &internet.sin_addr,
               sizeof(internet.sin_addr));
    } else if (peer->sa_family == AF_INET6) {
        struct sockaddr_in6 internet;
        memcpy(&internet, peer, sizeof(internet));
        memcpy(ret_address->bytes, &internet.sin6_addr, sizeof(ret_address->bytes));
    } else {
        return false;
    }
    return true;
}

struct str address_write(struct arena *arena, const struct address *address)
{
    char cstr[INET6_ADDRSTRLEN] = "";
    if (is_mapped(address))
        inet_ntop(AF_INET, address->bytes + sizeof(MAPPED_PREFIX), cstr, sizeof(cstr));
    else
        inet_ntop(AF_INET6, address->bytes, cstr, sizeof(cstr));
    return arena_dup(arena, str_from_cstr(cstr));
}

static bool network_read(struct str text, struct address *ret_address, unsigned *ret_bits)
{
    struct str address = text, suffix = STR_ABSENT;
    int64_t bits = ADDRESS_BITS;
    str_cut(text, '/', &address, &suffix);
    if (!address_read(address, ret_address))
        return false;
    if (str_is_present(suffix)) {
        if (!str_to_i64(suffix, &bits) || bits > ADDRESS_BITS)
            return false;
        if (str_index_of(address, ':') == address.len) /* written as IPv4: so are its bits */
            bits += MAPPED_PREFIX_BITS;
    }
    *ret_bits = (unsigned)bits;
    return bits <= ADDRESS_BITS;
}

bool proxies_read(struct strs texts, struct proxies *ret_proxies)
{
    struct proxies proxies = {.len = texts.len};
    if (texts.len > PROXIES_MAX)
        return false;
    for (size_t i = 0; i < texts.len; i++)
        if (!network_read(texts.at[i], &proxies.at[i].address, &proxies.at[i].prefix_bits))
            return false;
    *ret_proxies = proxies;
    return true;
}

static bool prefix_is_equal(const struct address *a, const struct address *b, unsigned bits)
{
    unsigned bytes = bits / 8, rest = bits % 8;
    if (memcmp(a->bytes, b->bytes, bytes) != 0)
        return false;
    return rest == 0 || (a->bytes[bytes] ^ b->bytes[bytes]) >> (8 - rest) == 0;
}

bool proxies_trust(const struct proxies *proxies, const struct address *address)
{
    for (size_t i = 0; i < proxies->len; i++)
        if (prefix_is_equal(&proxies->at[i].address, address, proxies->at[i].prefix_bits))
            return true;
    return false;
}

/* Takes the last entry off the list. */
static struct str last_entry(struct str *list)
{
    size_t start = list->len;
    while (start > 0 && list->at[start - 1] != ',')
        start--;
    struct str entry = str_from(*list, start);
    *list = str_first(*list, start > 0 ? start - 1 : 0);
    while (entry.len > 0 && entry.at[0] == ' ')
        entry = str_from(entry, 1);
    while (entry.len > 0 && entry.at[entry.len - 1] == ' ')
        entry.len--;
    return entry;
}

struct str proxies_client_address(const struct proxies *proxies, struct arena *arena,
                                  const struct address *peer, struct str x_forwarded_for)
{
    struct address client = *peer, next;
    while (x_forwarded_for.len > 0 && proxies_trust(proxies, &client)) {
        if (!address_read(last_entry(&x_forwarded_for), &next))
            break;
        client = next;
    }
    return address_write(arena, &client);
}
