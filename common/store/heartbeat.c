/* HSET and EXPIRE travel together, not as a script: should the second be lost, the next beat mends
 * it 2 s later. */
#include "common/store/heartbeat.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/store/key.h"

static const struct field HEARTBEAT_FIELDS[] = {
    FIELD(struct heartbeat_record, release, STR, NAME_BYTES_MAX, 0),
    FIELD(struct heartbeat_record, keys, STR, HEARTBEAT_KEYS_BYTES_MAX, 0),
    FIELD(struct heartbeat_record, started_at, I64, 0, 0),
    FIELD(struct heartbeat_record, in_flight, I64, 0, 0),
    FIELD(struct heartbeat_record, pid, I64, 0, 0),
};
const struct fields HEARTBEAT_RECORD = FIELDS_OF(struct heartbeat_record, HEARTBEAT_FIELDS);

struct heartbeat {
    struct store *store;
    struct loop_timer *timer;
    struct arena *arena; /* the key's name */
    struct str key;
    int64_t started_at;
    int64_t in_flight;
    char keys[HEARTBEAT_KEYS_BYTES_MAX];
};

static struct str number_print(char buffer[static 24], int64_t number)
{
    int len = snprintf(buffer, 24, "%" PRId64, number);
    return str_from_bytes(buffer, (size_t)len);
}

void heartbeat_beat(struct heartbeat *heartbeat)
{
    if (!store_is_ready(heartbeat->store))
        return;
    char started_at[24], in_flight[24], pid[24], ttl[24];
    struct str hset[] = {STR("HSET"),       heartbeat->key,
                         STR("release"),    STR(MCP_OAUTH_RELEASE),
                         STR("started_at"), number_print(started_at, heartbeat->started_at),
                         STR("in_flight"),  number_print(in_flight, heartbeat->in_flight),
                         STR("pid"),        number_print(pid, getpid()),
                         STR("keys"),       str_from_cstr(heartbeat->keys)};
    struct str expire[] = {STR("EXPIRE"), heartbeat->key, number_print(ttl, HEARTBEAT_TTL_S)};
    int64_t deadline_ms = clock_monotonic_ms() + INT64_C(1000) * HEARTBEAT_TTL_S;
    size_t hset_len = sizeof(hset) / sizeof(hset[0]) - (heartbeat->keys[0] != '\0' ? 0 : 2);
    store_send(heartbeat->store, (struct strs){hset, hset_len}, deadline_ms, NULL, NULL);
    store_send(heartbeat->store, (struct strs){expire, 3}, deadline_ms, NULL, NULL);
}

static void on_time(void *context)
{
    heartbeat_beat(context);
}

struct heartbeat *heartbeat_start(struct loop *loop, struct store *store, struct str kind,
                                  struct str instance)
{
    struct heartbeat *heartbeat = calloc(1, sizeof(*heartbeat));
    if (heartbeat == NULL)
        return NULL;
    heartbeat->store = store;
    heartbeat->started_at = clock_wall_s();
    heartbeat->arena = arena_new(2 * NAME_BYTES_MAX + 64);
    heartbeat->timer = loop_timer_new(loop, on_time, heartbeat);
    if (heartbeat->arena != NULL)
        heartbeat->key = key_worker(heartbeat->arena, kind, instance);
    if (heartbeat->timer == NULL || !str_is_present(heartbeat->key)) {
        loop_timer_free(heartbeat->timer);
        arena_free(heartbeat->arena);
        free(heartbeat);
        return NULL;
    }
    loop_timer_start(heartbeat->timer, 0, INT64_C(1000) * HEARTBEAT_EVERY_S);
    return heartbeat;
}

void heartbeat_stop(struct heartbeat *heartbeat)
{
    if (heartbeat == NULL)
        return;
    if (store_is_ready(heartbeat->store)) {
        struct str words[] = {STR("DEL"), heartbeat->key};
        store_send(heartbeat->store, (struct strs){words, 2}, clock_monotonic_ms() + 1000, NULL,
                   NULL);
    }
    loop_timer_free(heartbeat->timer);
    arena_free(heartbeat->arena);
    free(heartbeat);
}

void heartbeat_set_in_flight(struct heartbeat *heartbeat, int64_t in_flight)
{
    heartbeat->in_flight = in_flight;
}

void heartbeat_set_keys(struct heartbeat *heartbeat, struct str keys)
{
    snprintf(heartbeat->keys, sizeof(heartbeat->keys), "%.*s", STR_ARGS(keys));
}
