/* The index lies in another slot than the grants it names, so its steps are separate ones. They are
 * plain commands, so that the broker needs no right to read here. */
#include "common/store/grants_index.h"

#include <stdlib.h>

#include "common/base/clock.h"
#include "common/store/key.h"

/* All three must succeed: a full Redis refuses to add and still prolongs. */
struct addition {
    size_t replies_awaited;
    enum failure failure;
    record_done_cb *on_done;
    void *context;
};

static void on_step(void *context, enum failure failure)
{
    struct addition *addition = context;
    if (addition->failure == OK)
        addition->failure = failure;
    if (--addition->replies_awaited == 0)
        addition->on_done(addition->context, addition->failure);
}

void grants_index_add(struct store *store, struct str user_id, struct str g, int64_t ttl_s,
                      struct arena *arena, int64_t deadline_ms, record_done_cb *on_done,
                      void *context)
{
    struct str key = key_grants(arena, user_id);
    struct str end_at = arena_decimal(arena, clock_wall_s() + ttl_s);
    struct str ttl = arena_decimal(arena, ttl_s);
    /* Where nobody waits the arena may be gone before the replies come. */
    struct addition *addition = on_done != NULL ? arena_take(arena, sizeof(*addition)) : NULL;
    struct str steps[][5] = {
        {STR("ZADD"), key, STR("GT"), end_at, g},
        {STR("EXPIRE"), key, ttl, STR("NX")}, /* gives a new index its life */
        {STR("EXPIRE"), key, ttl, STR("GT")}, /* takes a key without one for an endless one */
    };
    static const size_t lengths[] = {5, 4, 4};
    enum { STEPS = sizeof(lengths) / sizeof(lengths[0]) };
    if (addition != NULL) {
        *addition = (struct addition){STEPS, OK, on_done, context};
    } else if (on_done != NULL) {
        on_done(context, FAIL_LIMIT_REACHED);
        return;
    }
    for (size_t i = 0; i < STEPS; i++)
        record_send(store, (struct strs){steps[i], lengths[i]}, arena, deadline_ms,
                    addition != NULL ? on_step : NULL, addition);
}

void grants_index_prune(struct store *store, struct str user_id, struct arena *arena,
                        int64_t deadline_ms)
{
    struct str words[] = {STR("ZREMRANGEBYSCORE"), key_grants(arena, user_id), STR("-inf"),
                          arena_decimal(arena, clock_wall_s())};
    record_send(store, (struct strs){words, 4}, arena, deadline_ms, NULL, NULL);
}

void grants_index_remove(struct store *store, struct str user_id, struct str g, struct arena *arena,
                         int64_t deadline_ms)
{
    struct str words[] = {STR("ZREM"), key_grants(arena, user_id), g};
    record_send(store, (struct strs){words, 3}, arena, deadline_ms, NULL, NULL);
}

struct index_read {
    struct arena *arena;
    grants_index_cb *on_grants;
    void *context;
};

/* Member, score, member, score; a score may be written as 1.7e+09. */
static enum failure entries_from_reply(const struct store_reply *reply, struct arena *arena,
                                       struct grants_index_entry **ret_grants)
{
    if (reply->kind != STORE_LIST || reply->len % 2 != 0)
        return FAIL_SERVER_ERROR;
    struct grants_index_entry *grants =
        arena_take_array(arena, reply->len / 2 + 1, sizeof(*grants));
    if (grants == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < reply->len / 2; i++) {
        const char *score = arena_dup_cstr(arena, reply->at[2 * i + 1].text);
        grants[i] = (struct grants_index_entry){
            .g = arena_dup(arena, reply->at[2 * i].text),
            .end_at = score != NULL ? (int64_t)strtod(score, NULL) : 0,
        };
        if (!str_is_present(grants[i].g))
            return FAIL_LIMIT_REACHED;
    }
    *ret_grants = grants;
    return OK;
}

static void on_range(void *context, enum failure failure, const struct store_reply *reply)
{
    const struct index_read *read = context;
    struct grants_index_entry *grants = NULL;
    if (failure == OK)
        failure = entries_from_reply(reply, read->arena, &grants);
    read->on_grants(read->context, failure, grants, failure == OK ? reply->len / 2 : 0);
}

void grants_index_get(struct store *store, struct str user_id, struct arena *arena,
                      int64_t deadline_ms, grants_index_cb *on_grants, void *context)
{
    struct str words[] = {STR("ZRANGE"), key_grants(arena, user_id), STR("0"), STR("-1"),
                          STR("WITHSCORES")};
    struct index_read *read = arena_take(arena, sizeof(*read));
    if (read == NULL || !str_is_present(words[1])) {
        on_grants(context, FAIL_LIMIT_REACHED, NULL, 0);
        return;
    }
    *read = (struct index_read){arena, on_grants, context};
    store_send(store, (struct strs){words, 5}, deadline_ms, on_range, read);
}
