/* A page of the walk becomes one write: the TTLs, and MEMORY USAGE of those that are weighed. The
 * next page is asked for when all of it is answered, so that Redis never has more than one page's
 * questions of ours before it, and memory holds no more. */
#include "common/store/keyspace_count.h"

#include "common/base/clock.h"
#include "common/store/keyspace_walk.h"

#define MINUTE_S 60
#define HOUR_S   3600
#define DAY_S    (24 * HOUR_S)

const int64_t KEYSPACE_LIVES_S[KEYSPACE_LIVES_COUNT - 1] = {MINUTE_S, 10 * MINUTE_S, HOUR_S,
                                                            DAY_S,    7 * DAY_S,     30 * DAY_S};

enum { TTL_ENDLESS = -1 };

struct counting;

struct tally {
    struct counting *counting;
    struct keyspace_family *family;
};

struct counting {
    struct store *store;
    struct keyspace_walk *walk; /* NULL before, and after */
    int64_t weighed_max;
    struct keyspace_count count;
    struct tally tallies[KEY_FAMILIES_COUNT];
    int64_t keys_total;
    size_t sizes_left; /* DBSIZE of each master */
    size_t answers_left;
    enum failure failure;
    keyspace_counted_cb *on_counted;
    void *context;
};

int64_t keyspace_family_bytes(const struct keyspace_family *family)
{
    if (family->keys_weighed == 0)
        return 0;
    return (int64_t)((double)family->bytes / (double)family->keys_weighed * (double)family->keys);
}

bool keyspace_family_is_wrong(const struct keyspace_count *count, enum key_family family)
{
    return family != KEY_FAMILY_AUDIT && count->families[family].endless > 0;
}

static void end(struct counting *counting, enum failure failure)
{
    counting->on_counted(counting->context, failure, failure == OK ? &counting->count : NULL);
    free(counting);
}

static void answered(struct counting *counting, enum failure failure)
{
    if (counting->failure == OK)
        counting->failure = failure;
    if (--counting->answers_left > 0)
        return;
    if (counting->failure == OK)
        keyspace_walk_next(counting->walk);
    else
        keyspace_walk_end(counting->walk, counting->failure);
}

static void on_ttl(void *context, enum failure failure, const struct store_reply *reply)
{
    const struct tally *tally = context;
    struct keyspace_family *family = tally->family;
    if (failure == OK && reply->kind == STORE_INTEGER && reply->integer == TTL_ENDLESS)
        family->endless++;
    if (failure == OK && reply->kind == STORE_INTEGER && reply->integer >= 0) {
        size_t i = 0;
        while (i < KEYSPACE_LIVES_COUNT - 1 && reply->integer > KEYSPACE_LIVES_S[i])
            i++;
        family->lives[i]++;
    }
    answered(tally->counting, failure);
}

static void on_weight(void *context, enum failure failure, const struct store_reply *reply)
{
    const struct tally *tally = context;
    if (failure == OK && reply->kind == STORE_INTEGER) { /* else it has just ended */
        tally->family->bytes += reply->integer;
        tally->family->keys_weighed++;
    }
    answered(tally->counting, failure);
}

static void key_ask(struct counting *counting, size_t master, struct str name)
{
    struct key_parts parts;
    if (!key_split(name, &parts)) {
        counting->count.foreign++;
        return;
    }
    struct tally *tally = &counting->tallies[parts.family];
    int64_t deadline_ms = clock_monotonic_ms() + KEYSPACE_COMMAND_MS;
    struct str ttl[] = {STR("TTL"), name}, weight[] = {STR("MEMORY"), STR("USAGE"), name};
    counting->answers_left++;
    store_send_to(counting->store, master, (struct strs){ttl, 2}, deadline_ms, on_ttl, tally);
    if (tally->family->keys++ % counting->count.weigh_every != 0)
        return;
    counting->answers_left++;
    store_send_to(counting->store, master, (struct strs){weight, 3}, deadline_ms, on_weight, tally);
}

static void on_page(void *context, size_t master, struct strs names)
{
    struct counting *counting = context;
    counting->answers_left = 1; /* ours, until all are asked */
    for (size_t i = 0; i < names.len; i++)
        key_ask(counting, master, names.at[i]);
    answered(counting, OK);
}

static void on_walked(void *context, enum failure failure)
{
    end(context, failure);
}

static void on_size(void *context, enum failure failure, const struct store_reply *reply)
{
    struct counting *counting = context;
    if (failure == OK && reply->kind == STORE_INTEGER)
        counting->keys_total += reply->integer;
    if (counting->failure == OK)
        counting->failure = failure;
    if (--counting->sizes_left > 0)
        return;
    counting->count.weigh_every = 1 + (counting->keys_total - 1) / counting->weighed_max;
    if (counting->keys_total == 0)
        counting->count.weigh_every = 1;
    if (counting->failure == OK) {
        counting->walk = keyspace_walk_start(counting->store, STR_ABSENT, STR_ABSENT, on_page,
                                             on_walked, counting);
        if (counting->walk == NULL)
            counting->failure = FAIL_LIMIT_REACHED;
    }
    if (counting->failure != OK)
        end(counting, counting->failure);
}

void keyspace_count_start(struct store *store, int64_t weighed_max, keyspace_counted_cb *on_counted,
                          void *context)
{
    struct counting *counting = calloc(1, sizeof(*counting));
    if (counting == NULL) {
        on_counted(context, FAIL_LIMIT_REACHED, NULL);
        return;
    }
    counting->store = store;
    counting->weighed_max = weighed_max > 0 ? weighed_max : 1;
    counting->on_counted = on_counted;
    counting->context = context;
    for (size_t i = 0; i < KEY_FAMILIES_COUNT; i++)
        counting->tallies[i] = (struct tally){counting, &counting->count.families[i]};
    struct str words[] = {STR("DBSIZE")};
    counting->sizes_left = store_masters(store);
    for (size_t left = counting->sizes_left; left > 0; left--)
        store_send_to(store, left - 1, (struct strs){words, 1},
                      clock_monotonic_ms() + KEYSPACE_COMMAND_MS, on_size, counting);
}
