#include "services/ctl/fleet.h"

#include <stdlib.h>
#include <string.h>

#include "common/store/heartbeat.h"
#include "common/store/keyspace_records.h"

const char *const FLEET_KINDS[FLEET_KINDS_COUNT] = {"registry", "broker", "signer"};

struct reading {
    struct arena *arena;
    struct fleet fleet;
    bool is_done;
    enum failure failure;
};

static void on_record(void *context, const struct keyspace_record *read)
{
    struct reading *reading = context;
    const struct heartbeat_record *record = read->record;
    struct arena *arena = reading->arena;
    if (reading->fleet.len == FLEET_WORKERS_MAX)
        return;
    reading->fleet.at[reading->fleet.len++] = (struct fleet_worker){
        .kind = arena_dup(arena, read->parts.tag),
        .instance = arena_dup(arena, read->parts.rest),
        .release = arena_dup(arena, record->release),
        .keys = arena_dup(arena, record->keys),
        .started_at = record->started_at,
        .in_flight = record->in_flight,
        .pid = record->pid,
    };
}

static void on_done(void *context, enum failure failure)
{
    struct reading *reading = context;
    reading->failure = failure;
    reading->is_done = true;
}

static int texts_compare(struct str a, struct str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.at, b.at, len) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int workers_compare(const void *left, const void *right)
{
    const struct fleet_worker *a = left, *b = right;
    int order = texts_compare(a->kind, b->kind);
    return order != 0 ? order : texts_compare(a->instance, b->instance);
}

/* A walk may see a key twice. */
static void twins_drop(struct fleet *fleet)
{
    size_t len = 0;
    for (size_t i = 0; i < fleet->len; i++)
        if (len == 0 || workers_compare(&fleet->at[i], &fleet->at[len - 1]) != 0)
            fleet->at[len++] = fleet->at[i];
    fleet->len = len;
}

enum failure fleet_read(struct connection *connection, struct arena *arena, struct fleet *ret_fleet)
{
    struct reading reading = {.arena = arena};
    reading.fleet.at = arena_take_array(arena, FLEET_WORKERS_MAX, sizeof(*reading.fleet.at));
    if (reading.fleet.at == NULL)
        return FAIL_LIMIT_REACHED;
    const struct keyspace_records_options options = {.family = KEY_FAMILY_WORKER,
                                                     .fields = &HEARTBEAT_RECORD,
                                                     .on_record = on_record,
                                                     .context = &reading};
    keyspace_records_start(connection_store(connection), &options, on_done, &reading);
    if (!connection_await(connection, &reading.is_done))
        return FAIL_STORE_UNAVAILABLE;
    TRY(reading.failure);
    qsort(reading.fleet.at, reading.fleet.len, sizeof(*reading.fleet.at), workers_compare);
    twins_drop(&reading.fleet);
    *ret_fleet = reading.fleet;
    return OK;
}

size_t fleet_count(const struct fleet *fleet, const char *kind)
{
    size_t count = 0;
    for (size_t i = 0; i < fleet->len; i++)
        count += str_equals_cstr(fleet->at[i].kind, kind);
    return count;
}
