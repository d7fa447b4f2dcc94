#include "common/store/store_slot.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <hiredis/hiredis.h>

#include "common/store/key.h"
#include "common/store/store_reply.h"

static unsigned slot(const char *key)
{
    return store_slot_of_key(str_from_cstr(key));
}

/* Numbers from CLUSTER KEYSLOT. */
static void a_key_lies_where_redis_looks_for_it(void **state)
{
    (void)state;
    assert_int_equal(slot(""), 0);
    assert_int_equal(slot("123456789"), 0x31c3); /* the specification's own example */
    assert_int_equal(slot("foo"), 12182);
    assert_int_equal(slot("{user1000}.following"), slot("user1000"));
    assert_int_equal(slot("{user1000}.following"), slot("{user1000}.followers"));
    assert_int_equal(slot("foo{}{bar}"), 8363); /* an empty tag is none */
    assert_int_equal(slot("foo{{bar}}zap"), slot("{bar"));
    assert_int_equal(slot("foo{bar}{zap}"), slot("bar"));
    assert_int_equal(slot("foo{bar"), slot("foo{bar"));
    assert_int_not_equal(slot("foo{bar"), slot("bar"));
}

/* DESIGN 4: what one script takes together lies in one slot. */
static void everything_of_one_grant_lies_in_one_slot(void **state)
{
    (void)state;
    struct arena *arena = arena_new(4096);
    struct str g = STR("3f0c3f0c3f0c3f0c3f0c3f0c3f0c3f0c");
    unsigned expected = store_slot_of_key(g);
    assert_int_equal(store_slot_of_key(key_code(arena, g)), expected);
    assert_int_equal(store_slot_of_key(key_refresh(arena, g)), expected);
    assert_int_equal(store_slot_of_key(key_revoked(arena, g)), expected);
    assert_int_equal(store_slot_of_key(key_revoked_token(arena, g, 7)), expected);
    struct str client_id = STR("mcp_example.com_1");
    assert_int_equal(store_slot_of_key(key_client(arena, client_id)),
                     store_slot_of_key(key_client_deleted(arena, client_id)));
    arena_free(arena);
}

static const struct store_address ASKED = {.host = "10.0.0.9", .port = 6379, .is_numeric = true};

#define TEXT(literal)                                                                              \
    {                                                                                              \
        .kind = STORE_TEXT, .text = STR_INIT(literal)                                              \
    }
#define INTEGER(number)                                                                            \
    {                                                                                              \
        .kind = STORE_INTEGER, .integer = (number)                                                 \
    }
#define LIST(elements)                                                                             \
    {                                                                                              \
        .kind = STORE_LIST, .at = (elements), .len = sizeof(elements) / sizeof(elements[0])        \
    }

static void a_map_says_which_master_has_which_slots(void **state)
{
    (void)state;
    const struct store_reply a[] = {TEXT("10.0.0.1"), INTEGER(7000), TEXT("id")};
    const struct store_reply b[] = {TEXT("redis-1.redis"), INTEGER(7001), TEXT("id")};
    const struct store_reply self[] = {{.kind = STORE_NIL}, INTEGER(7002), TEXT("id")};
    const struct store_reply nameless[] = {TEXT("?"), INTEGER(7003)};
    const struct store_reply first[] = {INTEGER(0), INTEGER(99), LIST(a), LIST(b)};
    const struct store_reply second[] = {INTEGER(100), INTEGER(100), LIST(b)};
    const struct store_reply third[] = {INTEGER(200), INTEGER(299), LIST(a)};
    const struct store_reply fourth[] = {INTEGER(300), INTEGER(300), LIST(self)};
    const struct store_reply last[] = {INTEGER(16383), INTEGER(16383), LIST(nameless)};
    const struct store_reply ranges[] = {LIST(first), LIST(second), LIST(third), LIST(fourth),
                                         LIST(last)};
    const struct store_reply reply = LIST(ranges);
    static struct store_slots slots;
    assert_true(store_slots_read(&reply, &ASKED, &slots));
    assert_int_equal(slots.masters_len, 4);
    assert_int_equal(slots.master_of[0], 0);
    assert_int_equal(slots.master_of[99], 0);
    assert_int_equal(slots.master_of[100], 1);
    assert_int_equal(slots.master_of[101], STORE_SLOT_NOBODY);
    assert_int_equal(slots.master_of[250], 0);
    assert_string_equal(slots.masters[1].host, "redis-1.redis");
    assert_false(slots.masters[1].is_numeric);
    assert_string_equal(slots.masters[2].host, "10.0.0.9"); /* its own is that of who was asked */
    assert_int_equal(slots.masters[2].port, 7002);
    assert_string_equal(slots.masters[3].host, "10.0.0.9");
    assert_int_equal(slots.master_of[16383], 3);
}

static void a_map_that_is_none_is_refused(void **state)
{
    (void)state;
    const struct store_reply good[] = {TEXT("10.0.0.1"), INTEGER(7000)};
    const struct store_reply port[] = {TEXT("10.0.0.1"), INTEGER(0)};
    const struct store_reply word[] = {TEXT("10.0.0.1"), TEXT("7000")};
    const struct store_reply short_node[] = {TEXT("10.0.0.1")};
    const struct store_reply bad[][3] = {
        {INTEGER(-1), INTEGER(1), LIST(good)},      {INTEGER(2), INTEGER(1), LIST(good)},
        {INTEGER(0), INTEGER(16384), LIST(good)},   {INTEGER(0), TEXT("1"), LIST(good)},
        {TEXT("0"), INTEGER(1), LIST(good)},        {INTEGER(0), INTEGER(1), LIST(port)},
        {INTEGER(0), INTEGER(1), LIST(word)},       {INTEGER(0), INTEGER(1), LIST(short_node)},
        {INTEGER(0), INTEGER(1), TEXT("10.0.0.1")},
    };
    static struct store_slots slots;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct store_reply range = LIST(bad[i]);
        const struct store_reply reply = {.kind = STORE_LIST, .at = &range, .len = 1};
        assert_false(store_slots_read(&reply, &ASKED, &slots));
    }
    const struct store_reply few[] = {INTEGER(0), INTEGER(1)};
    const struct store_reply others[] = {
        LIST(few), TEXT("x"), {.kind = STORE_LIST, .at = NULL, .len = 0}};
    for (size_t i = 0; i < 2; i++) {
        const struct store_reply reply = {.kind = STORE_LIST, .at = &others[i], .len = 1};
        assert_false(store_slots_read(&reply, &ASKED, &slots));
    }
    assert_false(store_slots_read(&others[1], &ASKED, &slots));
    assert_false(store_slots_read(&others[2], &ASKED, &slots)); /* a cluster without a master */
}

static void more_masters_than_the_limit_are_refused(void **state)
{
    (void)state;
    static struct store_reply nodes[REDIS_NODES_MAX + 1][2], ranges[REDIS_NODES_MAX + 1][3],
        list[REDIS_NODES_MAX + 1];
    static struct store_slots slots;
    for (int i = 0; i <= REDIS_NODES_MAX; i++) {
        nodes[i][0] = (struct store_reply)TEXT("10.0.0.1");
        nodes[i][1] = (struct store_reply)INTEGER(7000 + i);
        ranges[i][0] = ranges[i][1] = (struct store_reply)INTEGER(i);
        ranges[i][2] = (struct store_reply)LIST(nodes[i]);
        list[i] = (struct store_reply)LIST(ranges[i]);
    }
    struct store_reply reply = {.kind = STORE_LIST, .at = list, .len = REDIS_NODES_MAX};
    assert_true(store_slots_read(&reply, &ASKED, &slots));
    assert_int_equal(slots.masters_len, REDIS_NODES_MAX);
    reply.len++;
    assert_false(store_slots_read(&reply, &ASKED, &slots));
}

static void a_redirection_says_where_to_go(void **state)
{
    (void)state;
    struct store_redirection redirection;
    assert_true(store_redirection_parse(STR("MOVED 3999 127.0.0.1:6381"), &ASKED, &redirection));
    assert_false(redirection.is_ask);
    assert_int_equal(redirection.slot, 3999);
    assert_string_equal(redirection.address.host, "127.0.0.1");
    assert_int_equal(redirection.address.port, 6381);
    assert_true(store_redirection_parse(STR("ASK 16383 redis-2.redis:6379"), &ASKED, &redirection));
    assert_true(redirection.is_ask);
    assert_string_equal(redirection.address.host, "redis-2.redis");
    assert_true(store_redirection_parse(STR("MOVED 0 2001:db8::2:6379"), &ASKED, &redirection));
    assert_string_equal(redirection.address.host, "2001:db8::2");
    assert_true(store_redirection_parse(STR("MOVED 0 :6381"), &ASKED, &redirection));
    assert_string_equal(redirection.address.host, "10.0.0.9");
    assert_true(store_redirection_parse(STR("MOVED 0 ?:6381"), &ASKED, &redirection));
    assert_string_equal(redirection.address.host, "10.0.0.9");
    static const char *const none[] = {"",
                                       "MOVED",
                                       "MOVED 1",
                                       "MOVED 16384 h:1",
                                       "MOVED -1 h:1",
                                       "MOVED x h:1",
                                       "MOVED 1 h",
                                       "MOVED 1 h:",
                                       "MOVED 1 h:0",
                                       "MOVED 1 h:65536",
                                       "ASKED 1 h:1",
                                       "READONLY You can't write against a read only replica."};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_false(store_redirection_parse(str_from_cstr(none[i]), &ASKED, &redirection));
}

/* As Redis 7.0 sends it: [first, last, then a master and two replicas of [host, port, id,
 * [name, value]]], and 0 to 16383 one by one. */
static void every_slot_may_be_a_range_of_its_own(void **state)
{
    (void)state;
    static char host[] = "192.0.2.7";
    static redisReply slots[STORE_SLOTS_COUNT], ranges[STORE_SLOTS_COUNT];
    static redisReply *of_range[STORE_SLOTS_COUNT][5], *of_all[STORE_SLOTS_COUNT];
    static struct store_slots map;
    redisReply text = {.type = REDIS_REPLY_STRING, .str = host, .len = sizeof(host) - 1};
    redisReply port = {.type = REDIS_REPLY_INTEGER, .integer = 6379};
    redisReply *of_more[] = {&text, &text};
    redisReply more = {.type = REDIS_REPLY_ARRAY, .elements = 2, .element = of_more};
    redisReply *of_node[] = {&text, &port, &text, &more};
    redisReply node = {.type = REDIS_REPLY_ARRAY, .elements = 4, .element = of_node};
    for (size_t i = 0; i < STORE_SLOTS_COUNT; i++) {
        slots[i] = (redisReply){.type = REDIS_REPLY_INTEGER, .integer = (long long)i};
        redisReply *elements[] = {&slots[i], &slots[i], &node, &node, &node};
        memcpy(of_range[i], elements, sizeof(elements));
        ranges[i] = (redisReply){.type = REDIS_REPLY_ARRAY, .elements = 5, .element = of_range[i]};
        of_all[i] = &ranges[i];
    }
    redisReply all = {.type = REDIS_REPLY_ARRAY, .elements = STORE_SLOTS_COUNT, .element = of_all};
    struct store_scratch scratch = {0};
    struct store_reply reply;
    assert_true(store_reply_convert(&all, &scratch, &reply));
    assert_true(store_slots_read(&reply, &ASKED, &map));
    assert_int_equal(map.masters_len, 1);
    assert_int_equal(map.master_of[STORE_SLOTS_COUNT - 1], 0);
    store_scratch_finish(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_lies_where_redis_looks_for_it),
        cmocka_unit_test(everything_of_one_grant_lies_in_one_slot),
        cmocka_unit_test(a_map_says_which_master_has_which_slots),
        cmocka_unit_test(a_map_that_is_none_is_refused),
        cmocka_unit_test(more_masters_than_the_limit_are_refused),
        cmocka_unit_test(every_slot_may_be_a_range_of_its_own),
        cmocka_unit_test(a_redirection_says_where_to_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
