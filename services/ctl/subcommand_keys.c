/* keys: what lies in Redis, family by family, again and again while it is looked at. A new look
 * begins some seconds after the last one has ended, so that a large keyspace costs Redis no more
 * than a small one. */
#include <inttypes.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "common/store/keyspace_count.h"
#include "common/store/server_facts.h"
#include "services/ctl/connection.h"
#include "services/ctl/json.h"
#include "services/ctl/screen.h"

enum {
    WEIGHED_MAX = 10000,
    EVERY_S = 2,
    EVERY_S_MAX = 3600,
};

static const char *const LIVES[KEYSPACE_LIVES_COUNT] = {"<1m", "<10m", "<1h", "<1d",
                                                        "<7d", "<30d", "more"};

struct look {
    struct connection *connection;
    bool is_counted, has_facts;
    enum failure failure;
    struct keyspace_count count;
    struct server_facts facts;
};

static void on_counted(void *context, enum failure failure, const struct keyspace_count *count)
{
    struct look *look = context;
    look->is_counted = true;
    if (look->failure == OK)
        look->failure = failure;
    if (failure == OK)
        look->count = *count;
}

static void on_facts(void *context, enum failure failure, const struct server_facts *facts)
{
    struct look *look = context;
    look->has_facts = true;
    if (look->failure == OK)
        look->failure = failure;
    if (failure == OK)
        look->facts = *facts;
}

static int64_t total_of(const struct keyspace_count *count, int64_t *ret_bytes)
{
    int64_t keys = 0;
    *ret_bytes = 0;
    for (size_t i = 0; i < KEY_FAMILIES_COUNT; i++) {
        keys += count->families[i].keys;
        *ret_bytes += keyspace_family_bytes(&count->families[i]);
    }
    return keys;
}

/* --- for programs --- */

static void family_write(struct json *json, const struct keyspace_count *count,
                         enum key_family family)
{
    const struct keyspace_family *row = &count->families[family];
    json_begin(json, NULL, '{');
    json_text(json, "key", str_from_cstr(key_row(family)->pattern));
    json_integer(json, "keys", row->keys);
    json_integer(json, "memory_bytes", keyspace_family_bytes(row));
    json_integer(json, "keys_weighed", row->keys_weighed);
    json_begin(json, "lives", '[');
    for (size_t i = 0; i < KEYSPACE_LIVES_COUNT; i++) {
        json_begin(json, NULL, '{');
        if (i < KEYSPACE_LIVES_COUNT - 1)
            json_integer(json, "up_to_s", KEYSPACE_LIVES_S[i]);
        json_integer(json, "keys", row->lives[i]);
        json_end(json, '}');
    }
    json_end(json, ']');
    json_integer(json, "without_ttl", row->endless);
    json_boolean(json, "is_wrong", keyspace_family_is_wrong(count, family));
    json_end(json, '}');
}

static void look_write(struct value_writer *writer, const void *what)
{
    const struct look *look = what;
    struct json json = {.writer = writer};
    int64_t bytes;
    int64_t keys = total_of(&look->count, &bytes);
    json_begin(&json, NULL, '{');
    json_text(&json, "redis_version", str_from_cstr(look->facts.version));
    json_integer(&json, "used_memory_bytes", look->facts.used_memory_bytes);
    json_integer(&json, "maxmemory_bytes", look->facts.maxmemory_bytes);
    json_integer(&json, "weigh_every", look->count.weigh_every);
    json_integer(&json, "keys", keys);
    json_integer(&json, "memory_bytes", bytes);
    json_integer(&json, "foreign_keys", look->count.foreign);
    json_begin(&json, "families", '[');
    for (enum key_family family = 0; family < KEY_FAMILIES_COUNT; family++)
        family_write(&json, &look->count, family);
    json_end(&json, ']');
    json_end(&json, '}');
}

/* --- for people --- */

static void cell_print(const struct screen *screen, int64_t count, enum colour colour)
{
    char number[SCREEN_NUMBER_BYTES_MAX];
    bool is_none = count == 0;
    printf("%s%6s%s", screen_colour(screen, is_none ? COLOUR_DIM : colour),
           is_none ? "." : screen_print_count(number, count), screen_colour(screen, COLOUR_NONE));
}

static void family_print(const struct screen *screen, const struct keyspace_count *count,
                         enum key_family family)
{
    const struct keyspace_family *row = &count->families[family];
    bool is_wrong = keyspace_family_is_wrong(count, family);
    char number[SCREEN_NUMBER_BYTES_MAX];
    printf("%s%-31s%s", screen_colour(screen, row->keys == 0 ? COLOUR_DIM : COLOUR_BOLD),
           key_row(family)->pattern, screen_colour(screen, COLOUR_NONE));
    cell_print(screen, row->keys, COLOUR_BOLD);
    printf("%8s ", row->keys > 0 ? screen_print_bytes(number, keyspace_family_bytes(row)) : "");
    for (size_t i = 0; i < KEYSPACE_LIVES_COUNT; i++)
        cell_print(screen, row->lives[i], COLOUR_GREEN);
    putchar(' ');
    cell_print(screen, row->endless, is_wrong ? COLOUR_RED : COLOUR_NONE);
    if (is_wrong)
        printf("  %s! these never end%s", screen_colour(screen, COLOUR_RED),
               screen_colour(screen, COLOUR_NONE));
    screen_end_line(screen);
}

static void total_print(const struct screen *screen, const struct look *look)
{
    char number[SCREEN_NUMBER_BYTES_MAX], limit[SCREEN_NUMBER_BYTES_MAX];
    int64_t bytes;
    int64_t keys = total_of(&look->count, &bytes);
    printf("%-31s%6s", "all of them", screen_print_count(number, keys));
    printf("%8s ", screen_print_bytes(number, bytes));
    screen_end_line(screen);
    if (look->count.foreign > 0) {
        printf("%s%-31s%6s  not ours: another program uses this Redis%s",
               screen_colour(screen, COLOUR_YELLOW), "other names",
               screen_print_count(number, look->count.foreign), screen_colour(screen, COLOUR_NONE));
        screen_end_line(screen);
    }
    screen_end_line(screen);
    if (look->count.weigh_every == 1)
        printf("Memory: MEMORY USAGE of every key, summed.");
    else
        printf("Memory: MEMORY USAGE of every %" PRId64 "th key of a family, extrapolated.",
               look->count.weigh_every);
    printf(" Redis %s uses %s", look->facts.version,
           screen_print_bytes(number, look->facts.used_memory_bytes));
    if (look->facts.maxmemory_bytes > 0)
        printf(" of %s", screen_print_bytes(limit, look->facts.maxmemory_bytes));
    printf(", %s.", look->facts.maxmemory_policy);
    screen_end_line(screen);
}

static void look_print(struct screen *screen, const struct look *look)
{
    char now[SCREEN_TIME_BYTES_MAX];
    screen_begin_frame(screen);
    printf("%smcp-oauth keys%s  %.*s  %s UTC", screen_colour(screen, COLOUR_BOLD),
           screen_colour(screen, COLOUR_NONE), STR_ARGS(connection_url(look->connection)),
           screen_print_time(now, clock_wall_s()));
    screen_end_line(screen);
    screen_end_line(screen);
    printf("%s%-31s%6s%8s ", screen_colour(screen, COLOUR_DIM), "key", "keys", "memory");
    for (size_t i = 0; i < KEYSPACE_LIVES_COUNT; i++)
        printf("%6s", LIVES[i]);
    printf("%7s%s", "no TTL", screen_colour(screen, COLOUR_NONE));
    screen_end_line(screen);
    for (enum key_family family = 0; family < KEY_FAMILIES_COUNT; family++)
        family_print(screen, &look->count, family);
    total_print(screen, look);
    screen_end_frame(screen);
}

/* --- */

/* False when somebody wants to end. */
static bool look_take(struct look *look, int64_t weighed_max)
{
    *look = (struct look){.connection = look->connection};
    struct store *store = connection_store(look->connection);
    keyspace_count_start(store, weighed_max, on_counted, look);
    server_facts_get(store, 0, false, on_facts, look);
    return connection_await(look->connection, &look->is_counted) &&
           connection_await(look->connection, &look->has_facts);
}

static int live_run(struct look *look, int64_t weighed_max, int64_t every_s)
{
    struct screen screen = screen_of_stdout();
    bool never = false;
    while (!connection_is_interrupted(look->connection) && look_take(look, weighed_max)) {
        if (look->failure == OK)
            look_print(&screen, look);
        else
            connection_complain(look->connection, look->failure);
        connection_await_ms(look->connection, &never, every_s * 1000);
    }
    return SUBCOMMAND_DONE;
}

static int once_run(struct look *look, const struct invocation *invocation, int64_t weighed_max)
{
    struct screen screen = screen_of_stdout();
    if (!look_take(look, weighed_max) || look->failure != OK)
        return connection_complain(look->connection, look->failure);
    if (invocation_has(invocation, "--json"))
        return json_print(invocation->arena, look_write, look);
    screen.is_terminal = false; /* no frame */
    look_print(&screen, look);
    return SUBCOMMAND_DONE;
}

int subcommand_keys_run(const struct invocation *invocation)
{
    int64_t weighed_max, every_s;
    if (!invocation_get_number(invocation, "--weigh", WEIGHED_MAX, 1, INT64_MAX, &weighed_max) ||
        !invocation_get_number(invocation, "--every", EVERY_S, 1, EVERY_S_MAX, &every_s))
        return SUBCOMMAND_MISUSED;
    bool is_once = invocation_has(invocation, "--once") || invocation_has(invocation, "--json") ||
                   !screen_of_stdout().is_terminal;
    struct look look = {.connection = connection_open(invocation)};
    if (look.connection == NULL)
        return SUBCOMMAND_FAILED;
    struct connection *connection = look.connection;
    int status =
        is_once ? once_run(&look, invocation, weighed_max) : live_run(&look, weighed_max, every_s);
    connection_close(connection);
    return status;
}
