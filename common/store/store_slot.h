/* Redis Cluster's rules: in which slot a key lies, which master has which slots, and where a
 * refused command must go instead.
 *
 *     unsigned slot = store_slot_of_key(STR("mcp:code:{0f3c}"));
 *     if (store_slots_read(reply, &asked, slots)) ...                CLUSTER SLOTS' reply
 *     if (store_redirection_parse(refusal, &from, &redirection)) ... MOVED or ASK
 *
 * Pure: no I/O, no memory of its own. Private to the store. */
#ifndef COMMON_STORE_STORE_SLOT_H
#define COMMON_STORE_STORE_SLOT_H

#include "common/base/limits.h"
#include "common/store/store.h"
#include "common/store/store_address.h"

enum {
    STORE_SLOTS_COUNT = 16384,
    STORE_SLOT_NOBODY = 0xff, /* above every index of a master */
};

/* CRC16 (XMODEM) of the text between the first { and the } after it, or of the whole key when there
 * is no such text. */
unsigned store_slot_of_key(struct str key);

struct store_slots {
    struct store_address masters[REDIS_NODES_MAX];
    size_t masters_len;
    unsigned char master_of[STORE_SLOTS_COUNT]; /* an index of masters, or STORE_SLOT_NOBODY */
};

/* asked: the server that answered, which leaves its own address out when it does not know it. False
 * when the reply is not what it should be, or names no master; *ret_slots is then undefined. */
bool store_slots_read(const struct store_reply *reply, const struct store_address *asked,
                      struct store_slots *ret_slots);

struct store_redirection {
    bool is_ask; /* this once; else for good */
    unsigned slot;
    struct store_address address;
};

/* "MOVED 3999 127.0.0.1:6381"; from: who said it, should the host be left out. */
bool store_redirection_parse(struct str refusal, const struct store_address *from,
                             struct store_redirection *ret_redirection);

#endif
