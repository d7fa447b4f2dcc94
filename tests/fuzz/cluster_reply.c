/* Whoever runs the Redis Cluster controls this input, and whoever stands between it and us where
 * there is no TLS. The first line is a refusal (MOVED, ASK), each further one a range of CLUSTER
 * SLOTS: first, last, then the master's host and port; numbers are integers, "nil" is Redis's nil.
 * Attacks store_redirection_parse, store_slots_read and store_slot_of_key. */
#include "common/store/store_slot.h"
#include "tests/fuzz/fuzz.h"

enum { RANGES_MAX = 256, WORDS_MAX = 6 };

static const struct store_address ASKED = {.host = "192.0.2.1", .port = 6379, .is_numeric = true};

static struct store_reply reply_of(struct str word)
{
    struct store_reply reply = {.kind = STORE_TEXT, .text = word};
    bool is_negative = str_starts_with(word, STR("-"));
    if (str_equals(word, STR("nil")))
        reply = (struct store_reply){.kind = STORE_NIL};
    else if (str_to_i64(is_negative ? str_from(word, 1) : word, &reply.integer))
        reply.kind = STORE_INTEGER;
    if (is_negative)
        reply.integer = -reply.integer;
    return reply;
}

static struct store_reply range_of(struct str line, struct arena *arena)
{
    struct store_reply *at = arena_take_array(arena, 3 + WORDS_MAX, sizeof(*at));
    struct store_reply range = {.kind = STORE_LIST, .at = at};
    struct str word;
    size_t words = 0;
    while (at != NULL && words < WORDS_MAX && str_next_word(&line, &word)) {
        at[words < 2 ? words : words + 1] = reply_of(word);
        words++;
    }
    if (words > 2)
        at[2] = (struct store_reply){.kind = STORE_LIST, .at = at + 3, .len = words - 2};
    range.len = words > 2 ? 3 : words;
    return range;
}

static void check_address(const struct store_address *address)
{
    size_t len = strnlen(address->host, sizeof(address->host));
    FUZZ_CHECK(len > 0 && len < sizeof(address->host));
    FUZZ_CHECK(address->port >= 1 && address->port <= 65535);
}

void fuzz_one(struct str input, struct arena *arena)
{
    static struct store_slots slots;
    struct store_redirection redirection;
    struct store_reply ranges[RANGES_MAX], reply = {.kind = STORE_LIST, .at = ranges};
    struct str refusal = fuzz_line(&input);
    FUZZ_CHECK(store_slot_of_key(refusal) < STORE_SLOTS_COUNT);
    if (store_redirection_parse(refusal, &ASKED, &redirection)) {
        FUZZ_CHECK(redirection.slot < STORE_SLOTS_COUNT);
        check_address(&redirection.address);
    }
    while (reply.len < RANGES_MAX && str_is_present(input))
        ranges[reply.len++] = range_of(fuzz_line(&input), arena);
    if (!store_slots_read(&reply, &ASKED, &slots))
        return;
    FUZZ_CHECK(slots.masters_len > 0 && slots.masters_len <= REDIS_NODES_MAX);
    for (size_t i = 0; i < slots.masters_len; i++)
        check_address(&slots.masters[i]);
    for (size_t i = 0; i < STORE_SLOTS_COUNT; i++)
        FUZZ_CHECK(slots.master_of[i] < slots.masters_len ||
                   slots.master_of[i] == STORE_SLOT_NOBODY);
}
