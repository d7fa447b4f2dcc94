/* The cluster specification of redis.io, "Key distribution model" and "MOVED redirection". Masters
 * are few, so they are searched one by one. */
#include "common/store/store_slot.h"

#include <string.h>

/* CRC16-CCITT/XMODEM, polynomial 0x1021, bit by bit: a key is short, and hashed once. */
static unsigned crc16(struct str text)
{
    unsigned crc = 0;
    for (size_t i = 0; i < text.len; i++) {
        crc ^= (unsigned)(unsigned char)text.at[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xffff;
    }
    return crc;
}

unsigned store_slot_of_key(struct str key)
{
    struct str before, behind, tag, rest;
    bool has_tag =
        str_cut(key, '{', &before, &behind) && str_cut(behind, '}', &tag, &rest) && tag.len > 0;
    return crc16(has_tag ? tag : key) % STORE_SLOTS_COUNT;
}

/* A node is [host, port, id, ...]; the host is nil or empty when it does not know its own, and ?
 * when its name has not been configured. */
static bool node_read(const struct store_reply *node, const struct store_address *asked,
                      struct store_address *ret_address)
{
    if (node->kind != STORE_LIST || node->len < 2 || node->at[1].kind != STORE_INTEGER)
        return false;
    struct str host = node->at[0].text;
    if (node->at[0].kind == STORE_NIL || host.len == 0 || str_equals(host, STR("?")))
        host = str_from_cstr(asked->host);
    return store_address_set(ret_address, host, node->at[1].integer);
}

/* The index of this master, which is added when it is new; STORE_SLOT_NOBODY when there are too
 * many. */
static unsigned char master_index(struct store_slots *slots, const struct store_address *address)
{
    size_t i = 0;
    while (i < slots->masters_len && !store_address_equals(&slots->masters[i], address))
        i++;
    if (i == REDIS_NODES_MAX)
        return STORE_SLOT_NOBODY;
    if (i == slots->masters_len)
        slots->masters[slots->masters_len++] = *address;
    return (unsigned char)i;
}

/* [first, last, master, replicas...] */
static bool range_read(const struct store_reply *range, const struct store_address *asked,
                       struct store_slots *slots)
{
    struct store_address address;
    if (range->kind != STORE_LIST || range->len < 3 || range->at[0].kind != STORE_INTEGER ||
        range->at[1].kind != STORE_INTEGER)
        return false;
    int64_t first = range->at[0].integer, last = range->at[1].integer;
    if (first < 0 || last < first || last >= STORE_SLOTS_COUNT ||
        !node_read(&range->at[2], asked, &address))
        return false;
    unsigned char index = master_index(slots, &address);
    if (index == STORE_SLOT_NOBODY)
        return false;
    memset(slots->master_of + first, index, (size_t)(last - first + 1));
    return true;
}

bool store_slots_read(const struct store_reply *reply, const struct store_address *asked,
                      struct store_slots *ret_slots)
{
    ret_slots->masters_len = 0;
    memset(ret_slots->master_of, STORE_SLOT_NOBODY, sizeof(ret_slots->master_of));
    if (reply->kind != STORE_LIST)
        return false;
    for (size_t i = 0; i < reply->len; i++)
        if (!range_read(&reply->at[i], asked, ret_slots))
            return false;
    return ret_slots->masters_len > 0;
}

/* An IPv6 address stands there without brackets: the port is behind the last colon. */
static bool endpoint_parse(struct str text, const struct store_address *from,
                           struct store_address *ret_address)
{
    size_t colon = text.len;
    while (colon > 0 && text.at[colon - 1] != ':')
        colon--;
    int64_t port;
    if (colon == 0 || !str_to_i64(str_from(text, colon), &port))
        return false;
    struct str host = str_first(text, colon - 1);
    if (host.len == 0 || str_equals(host, STR("?")))
        host = str_from_cstr(from->host);
    return store_address_set(ret_address, host, port);
}

bool store_redirection_parse(struct str refusal, const struct store_address *from,
                             struct store_redirection *ret_redirection)
{
    struct str rest = refusal, word, slot, endpoint;
    int64_t number;
    struct store_redirection redirection = {0};
    if (!str_next_word(&rest, &word) || !str_next_word(&rest, &slot) ||
        !str_next_word(&rest, &endpoint))
        return false;
    redirection.is_ask = str_equals(word, STR("ASK"));
    if (!redirection.is_ask && !str_equals(word, STR("MOVED")))
        return false;
    if (!str_to_i64(slot, &number) || number >= STORE_SLOTS_COUNT ||
        !endpoint_parse(endpoint, from, &redirection.address))
        return false;
    redirection.slot = (unsigned)number;
    *ret_redirection = redirection;
    return true;
}
