/* The index lies in another slot than the grants it names, so its steps are separate ones. They are
 * plain commands, so that the broker needs no right to read here. */
#include "common/store/grants_index.h"
#include "common/base/clock.h"
#include "common/store/key.h"

void grants_index_add(struct store *store, struct str user_id, struct str g, int64_t ttl_s,
                      struct arena *arena, int64_t deadline_ms, record_done_cb *on_done,
                      void *context)
{
    struct str key = key_grants(arena, user_id);
    struct str end_at = record_integer(arena, clock_wall_s() + ttl_s);
    struct str ttl = record_integer(arena, ttl_s);
    struct str add[] = {STR("ZADD"), key, STR("GT"), end_at, g};
    /* NX gives a new index its life; GT takes a key without one for an endless one. */
    struct str begin[] = {STR("EXPIRE"), key, ttl, STR("NX")};
    struct str extend[] = {STR("EXPIRE"), key, ttl, STR("GT")};
    record_send(store, (struct strs){add, 5}, arena, deadline_ms, NULL, NULL);
    record_send(store, (struct strs){begin, 4}, arena, deadline_ms, NULL, NULL);
    record_send(store, (struct strs){extend, 4}, arena, deadline_ms, on_done, context);
}

void grants_index_prune(struct store *store, struct str user_id, struct arena *arena,
                        int64_t deadline_ms)
{
    struct str words[] = {STR("ZREMRANGEBYSCORE"), key_grants(arena, user_id), STR("-inf"),
                          record_integer(arena, clock_wall_s())};
    record_send(store, (struct strs){words, 4}, arena, deadline_ms, NULL, NULL);
}

void grants_index_remove(struct store *store, struct str user_id, struct str g, struct arena *arena,
                         int64_t deadline_ms)
{
    struct str words[] = {STR("ZREM"), key_grants(arena, user_id), g};
    record_send(store, (struct strs){words, 3}, arena, deadline_ms, NULL, NULL);
}
