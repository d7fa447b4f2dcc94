/* watch: what happens, as one feed. The audit stream is asked once a second, and whenever Redis
 * tells that a key has changed, since whatever is audited changes one. */
#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/store/audit_feed.h"
#include "common/store/keyspace_events.h"
#include "services/ctl/connection.h"
#include "services/ctl/json.h"
#include "services/ctl/screen.h"

enum { LAST = 10, ASK_MS = 1000, SILENCE_MS = 3000 };

/* A line of the feed. */
struct line {
    int64_t at_s;
    const char *source; /* audit, key or watch */
    struct str event;
    struct strs pairs; /* names and values */
};

struct watch {
    struct screen screen;
    bool is_json, wants_audit, wants_keys;
    bool is_answered; /* the audit stream's question */
    bool has_more;    /* it was not answered whole */
    bool is_due;      /* it is worth asking before the second is over */
    bool has_begun;   /* what comes now is new */
    bool is_over;     /* nobody reads what is printed */
    bool is_hinted;
    int64_t audited_ms; /* when something new was audited first; 0: never */
    int64_t events;
    enum failure failure;
};

static void line_write(struct value_writer *writer, const void *what)
{
    const struct line *line = what;
    struct json json = {.writer = writer};
    json_begin(&json, NULL, '{');
    json_integer(&json, "at", line->at_s);
    json_text(&json, "source", str_from_cstr(line->source));
    json_text(&json, "event", line->event);
    for (size_t i = 0; i + 1 < line->pairs.len; i += 2)
        json_text(&json, line->pairs.at[i].at, line->pairs.at[i + 1]);
    json_end(&json, '}');
}

/* What an operator should look at. */
static enum colour colour_of(const struct line *line)
{
    static const char *const BAD[] = {"reuse", "failover", "lost"};
    static const char *const ODD[] = {"denial", "registration_refused", "evicted"};
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
        if (str_equals_cstr(line->event, BAD[i]))
            return COLOUR_RED;
    for (size_t i = 0; i < sizeof(ODD) / sizeof(ODD[0]); i++)
        if (str_equals_cstr(line->event, ODD[i]))
            return COLOUR_YELLOW;
    return strcmp(line->source, "audit") == 0 ? COLOUR_BOLD : COLOUR_DIM;
}

static void line_show(const struct watch *watch, struct arena *arena, const struct line *line)
{
    char time[SCREEN_TIME_BYTES_MAX];
    const struct screen *screen = &watch->screen;
    printf("%s%s%s %-5s %s%-12.*s%s", screen_colour(screen, COLOUR_DIM),
           screen_print_time(time, line->at_s), screen_colour(screen, COLOUR_NONE), line->source,
           screen_colour(screen, colour_of(line)), STR_ARGS(screen_clean(arena, line->event)),
           screen_colour(screen, COLOUR_NONE));
    for (size_t i = 0; i + 1 < line->pairs.len; i += 2)
        printf(" %s%.*s%s %.*s", screen_colour(screen, COLOUR_DIM),
               STR_ARGS(screen_clean(arena, line->pairs.at[i])), screen_colour(screen, COLOUR_NONE),
               STR_ARGS(screen_clean(arena, line->pairs.at[i + 1])));
    putchar('\n');
}

static void line_print(struct watch *watch, struct arena *arena, const struct line *line)
{
    if (watch->is_json)
        watch->is_over = json_print(arena, line_write, line) != SUBCOMMAND_DONE || watch->is_over;
    else
        line_show(watch, arena, line);
    watch->is_over = fflush(stdout) != 0 || ferror(stdout) != 0 || watch->is_over;
}

/* --- the audit stream --- */

static void on_row(void *context, const struct audit_row *row)
{
    struct watch *watch = context;
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    struct str pairs[2 * AUDIT_MEMBERS_MAX];
    struct line line = {.at_s = row->at_ms / 1000, .source = "audit", .pairs = {pairs, 0}};
    for (size_t i = 0; arena != NULL && i + 1 < row->pairs.len; i += 2) {
        struct str name = arena_dup(arena, row->pairs.at[i]); /* ends with NUL */
        if (str_equals(name, STR("event"))) {
            line.event = row->pairs.at[i + 1];
        } else if (str_is_present(name)) {
            pairs[line.pairs.len++] = name;
            pairs[line.pairs.len++] = row->pairs.at[i + 1];
        }
    }
    if (arena != NULL)
        line_print(watch, arena, &line);
    arena_free(arena);
    if (watch->has_begun && watch->audited_ms == 0)
        watch->audited_ms = clock_monotonic_ms();
}

static void on_done(void *context, enum failure failure, bool has_more)
{
    struct watch *watch = context;
    watch->is_answered = true;
    watch->has_more = has_more;
    watch->failure = failure;
}

/* --- the events of keys --- */

static void own_line_print(struct watch *watch, const char *event, struct strs pairs)
{
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    const struct line line = {clock_wall_s(), "watch", str_from_cstr(event), pairs};
    if (arena != NULL)
        line_print(watch, arena, &line);
    arena_free(arena);
}

/* Each worker's, twice a second; that a worker has come to its end is told (expired, del). */
static bool is_heartbeat(struct str event, struct str key)
{
    return str_starts_with(key, STR("mcp:worker:")) &&
           (str_equals(event, STR("hset")) || str_equals(event, STR("expire")));
}

static void on_event(void *context, struct str name, struct str key)
{
    struct watch *watch = context;
    if (!str_starts_with(key, STR("mcp:")))
        return; /* somebody else's */
    watch->events++;
    watch->is_due = true;
    if (!watch->wants_keys || is_heartbeat(name, key))
        return;
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    struct str pairs[] = {STR("key"), key};
    const struct line line = {clock_wall_s(), "key", name, {pairs, 2}};
    if (arena != NULL)
        line_print(watch, arena, &line);
    arena_free(arena);
}

static void on_change(void *context, size_t listening, const char *reason)
{
    struct watch *watch = context;
    char number[24];
    snprintf(number, sizeof(number), "%zu", listening);
    struct str pairs[] = {STR("masters"), str_from_cstr(number), STR("reason"),
                          str_from_cstr(reason)};
    own_line_print(watch, reason == NULL ? "listening" : "lost",
                   (struct strs){pairs, reason == NULL ? 2 : 4});
}

/* Something was done, and no key was heard of. */
static void silence_explain(struct watch *watch)
{
    if (watch->is_hinted || !watch->wants_keys || watch->events > 0 || watch->audited_ms == 0 ||
        clock_monotonic_ms() - watch->audited_ms < SILENCE_MS)
        return;
    watch->is_hinted = true;
    subcommand_complain("Redis tells no events of keys: set notify-keyspace-events to Eghx$ in "
                        "redis.conf, or by CONFIG SET; the audit stream goes on without");
}

/* --- */

static int feed_run(struct watch *watch, struct connection *connection, int64_t last)
{
    struct audit_feed feed = {.store = connection_store(connection),
                              .on_row = on_row,
                              .on_done = on_done,
                              .context = watch};
    bool is_asked = false;
    while (!connection_is_interrupted(connection) && !watch->is_over) {
        watch->is_answered = watch->is_due = false;
        if (!watch->wants_audit)
            watch->is_answered = true;
        else if (is_asked)
            audit_feed_next(&feed);
        else
            audit_feed_begin(&feed, last);
        if (!connection_await(connection, &watch->is_answered))
            break;
        if (!is_asked && watch->failure != OK)
            return connection_complain(connection, watch->failure);
        is_asked = watch->has_begun = true; /* a later failure: it is asked again, and goes on */
        if (!watch->has_more)
            connection_await_ms(connection, &watch->is_due, ASK_MS);
        silence_explain(watch);
    }
    return SUBCOMMAND_DONE;
}

int subcommand_watch_run(const struct invocation *invocation)
{
    int64_t last;
    struct str only = invocation->words.len > 0 ? invocation->words.at[0] : STR("");
    struct watch watch = {.screen = screen_of_stdout(),
                          .is_json = invocation_has(invocation, "--json"),
                          .wants_audit = !str_equals(only, STR("keys")),
                          .wants_keys = !str_equals(only, STR("audit"))};
    if (!invocation_get_number(invocation, "--last", LAST, 0, AUDIT_PAGE_ROWS, &last))
        return SUBCOMMAND_MISUSED;
    if (watch.wants_audit && watch.wants_keys && !str_is_empty(only)) {
        subcommand_complain("watch takes audit, keys, or neither for both, not %.*s",
                            STR_ARGS(only));
        return SUBCOMMAND_MISUSED;
    }
    struct connection *connection = connection_open(invocation);
    if (connection == NULL)
        return SUBCOMMAND_FAILED;
    const struct keyspace_listener listener = {
        .on_event = on_event, .on_change = on_change, .context = &watch};
    struct keyspace_events *events =
        keyspace_events_open(connection_loop(connection), connection_store(connection), &listener);
    int status =
        events != NULL ? feed_run(&watch, connection, last) : subcommand_complain("out of memory");
    keyspace_events_close(events);
    connection_close(connection);
    return status;
}
