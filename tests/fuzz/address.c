/* Two who control addresses. Whoever has a name in DNS, where a client's document is looked up: the
 * first 16 bytes as an address of either family; attacks public_address_is_public. The operator:
 * the rest in lines, a Redis URL, trusted proxies and a CURVE key; attacks store_address_parse,
 * proxies_read and curve_key_is_valid. And any client: rate_subject_of_address. */
#include "common/net/public_address.h"
#include "common/store/rate.h"
#include "common/store/store_address.h"
#include "proto/curve.h"
#include "services/edge/proxies.h"
#include "tests/fuzz/fuzz.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static bool is_public_v4(const void *bytes)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    memcpy(&v4.sin_addr, bytes, sizeof(v4.sin_addr));
    return public_address_is_public((const struct sockaddr *)&v4);
}

static bool is_public_v6(const void *bytes)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    memcpy(&v6.sin6_addr, bytes, sizeof(v6.sin6_addr));
    return public_address_is_public((const struct sockaddr *)&v6);
}

/* Nothing of this host or of a private net is public, however the address embeds it. */
static void check_public(const char *bytes)
{
    unsigned char mapped[16] = {[10] = 0xff, 0xff};
    const unsigned char *at = (const unsigned char *)bytes;
    bool is_private = at[0] == 0 || at[0] == 10 || at[0] == 127 || at[0] >= 224 ||
                      (at[0] == 192 && at[1] == 168) || (at[0] == 169 && at[1] == 254) ||
                      (at[0] == 172 && at[1] >= 16 && at[1] < 32);
    memcpy(mapped + 12, bytes, 4);
    FUZZ_CHECK(is_public_v4(bytes) == is_public_v6(mapped));
    FUZZ_CHECK(!is_private || !is_public_v4(bytes));
    FUZZ_CHECK(!is_public_v6(bytes) || (at[0] & 0xe0) == 0x20 || memcmp(bytes, mapped, 12) == 0);
}

static void check_subject(struct arena *arena, struct str address)
{
    struct str subject = rate_subject_of_address(arena, address);
    FUZZ_CHECK(str_is_present(subject));
    if (str_ends_with(subject, STR("/64")) && !str_equals(subject, address)) {
        struct str of_net = str_first(subject, subject.len - 3);
        FUZZ_CHECK(str_equals(rate_subject_of_address(arena, of_net), subject));
    }
}

static void check_store(struct str url)
{
    struct store_address address = {.port = -1};
    if (store_address_parse(url, 6379, &address) != NULL)
        return;
    FUZZ_CHECK(memchr(address.host, '\0', sizeof(address.host)) != NULL);
    FUZZ_CHECK(address.is_unix || (address.port > 0 && address.port < 65536));
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct proxies proxies;
    if (input.len < 16)
        return;
    check_public(input.at);
    struct str rest = str_from(input, 16), url = fuzz_line(&rest), network = fuzz_line(&rest);
    check_store(url);
    check_subject(arena, network);
    (void)proxies_read((struct strs){&network, 1}, &proxies);
    if (curve_key_is_valid(rest))
        FUZZ_CHECK(rest.len == CURVE_KEY_BYTES - 1);
}
