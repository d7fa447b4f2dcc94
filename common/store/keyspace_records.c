/* Of each key of a page its TTL and its hash are asked; the names are copied, because the page's
 * own die before the answers come. */
#include "common/store/keyspace_records.h"

#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/store/keyspace_walk.h"
#include "common/store/record.h"

struct reading {
    struct store *store;
    struct keyspace_records_options options;
    struct keyspace_walk *walk;
    struct arena *arena; /* of the page */
    size_t answers_left;
    enum failure failure;
    void (*on_done)(void *context, enum failure failure);
    void *context;
};

struct item {
    struct reading *reading;
    struct str name;
    int64_t ttl_s;
};

enum { PAGE_ARENA_BYTES_MAX = 8 * 1024 * 1024 };

static void answered(struct reading *reading, enum failure failure)
{
    if (reading->failure == OK)
        reading->failure = failure;
    if (--reading->answers_left > 0)
        return;
    arena_free(reading->arena);
    reading->arena = NULL;
    if (reading->failure == OK)
        keyspace_walk_next(reading->walk);
    else
        keyspace_walk_end(reading->walk, reading->failure);
}

static void on_ttl(void *context, enum failure failure, const struct store_reply *reply)
{
    struct item *item = context;
    if (failure == OK && reply->kind == STORE_INTEGER)
        item->ttl_s = reply->integer;
    answered(item->reading, failure);
}

static void record_hand_over(const struct item *item, const struct store_reply *reply)
{
    const struct keyspace_records_options *options = &item->reading->options;
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    void *record = arena != NULL ? arena_take(arena, options->fields->size_bytes) : NULL;
    struct keyspace_record read = {.record = record, .ttl_s = item->ttl_s, .arena = arena};
    if (record != NULL && key_split(item->name, &read.parts) &&
        record_from_hash(options->fields, reply, arena, record) == OK)
        options->on_record(options->context, &read);
    arena_free(arena);
}

static void on_hash(void *context, enum failure failure, const struct store_reply *reply)
{
    struct item *item = context;
    if (failure == OK)
        record_hand_over(item, reply);
    answered(item->reading, failure);
}

static enum failure item_ask(struct reading *reading, size_t master, struct str name)
{
    struct item *item = arena_take(reading->arena, sizeof(*item));
    struct str copy = arena_dup(reading->arena, name);
    if (item == NULL || !str_is_present(copy))
        return FAIL_LIMIT_REACHED;
    *item = (struct item){.reading = reading, .name = copy, .ttl_s = -1};
    struct str ttl[] = {STR("TTL"), name}, hash[] = {STR("HGETALL"), name};
    int64_t deadline_ms = clock_monotonic_ms() + KEYSPACE_COMMAND_MS;
    reading->answers_left += 2;
    store_send_to(reading->store, master, (struct strs){ttl, 2}, deadline_ms, on_ttl, item);
    store_send_to(reading->store, master, (struct strs){hash, 2}, deadline_ms, on_hash, item);
    return OK;
}

static void on_page(void *context, size_t master, struct strs names)
{
    struct reading *reading = context;
    enum failure failure = OK;
    reading->answers_left = 1; /* ours, until all are asked */
    reading->arena = arena_new(PAGE_ARENA_BYTES_MAX);
    if (reading->arena == NULL)
        failure = FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < names.len && failure == OK; i++) {
        struct key_parts parts;
        if (key_split(names.at[i], &parts) && parts.family == reading->options.family)
            failure = item_ask(reading, master, names.at[i]);
    }
    answered(reading, failure);
}

static void on_walked(void *context, enum failure failure)
{
    struct reading *reading = context;
    reading->on_done(reading->context, failure);
    free(reading);
}

/* "mcp:client:*": the family's names up to the brace. */
void keyspace_records_start(struct store *store, const struct keyspace_records_options *options,
                            void (*on_done)(void *context, enum failure failure), void *context)
{
    struct reading *reading = calloc(1, sizeof(*reading));
    struct str pattern = str_from_cstr(key_row(options->family)->pattern);
    char glob[64];
    int len = snprintf(glob, sizeof(glob), "%.*s*",
                       STR_ARGS(str_first(pattern, str_index_of(pattern, '{'))));
    if (reading != NULL) {
        *reading = (struct reading){
            .store = store, .options = *options, .on_done = on_done, .context = context};
        reading->walk = keyspace_walk_start(store, str_from_bytes(glob, (size_t)len), STR("hash"),
                                            on_page, on_walked, reading);
    }
    if (reading == NULL || reading->walk == NULL) {
        free(reading);
        on_done(context, FAIL_LIMIT_REACHED);
    }
}
