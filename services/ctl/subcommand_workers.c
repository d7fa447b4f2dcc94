/* workers: who lives, as the heartbeats in Redis say. The edges are not among them: they do not
 * know Redis. */
#include <inttypes.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "services/ctl/connection.h"
#include "services/ctl/fleet.h"
#include "services/ctl/json.h"
#include "services/ctl/screen.h"

static void worker_write(struct value_writer *writer, const void *what)
{
    const struct fleet *fleet = what;
    struct json json = {.writer = writer};
    json_begin(&json, NULL, '[');
    for (size_t i = 0; i < fleet->len; i++) {
        const struct fleet_worker *worker = &fleet->at[i];
        json_begin(&json, NULL, '{');
        json_text(&json, "kind", worker->kind);
        json_text(&json, "instance", worker->instance);
        json_text(&json, "release", worker->release);
        json_integer(&json, "started_at", worker->started_at);
        json_integer(&json, "in_flight", worker->in_flight);
        json_integer(&json, "pid", worker->pid);
        json_text(&json, "keys", worker->keys);
        json_end(&json, '}');
    }
    json_end(&json, ']');
}

static void workers_print(const struct fleet *fleet, struct arena *arena)
{
    struct screen screen = screen_of_stdout();
    char since[SCREEN_TIME_BYTES_MAX], age[SCREEN_NUMBER_BYTES_MAX];
    printf("%s%-9s %-24s %-9s %-20s %-10s %9s  %s%s\n", screen_colour(&screen, COLOUR_DIM), "kind",
           "instance", "release", "since (UTC)", "for", "in flight", "keys",
           screen_colour(&screen, COLOUR_NONE));
    for (size_t i = 0; i < fleet->len; i++) {
        const struct fleet_worker *worker = &fleet->at[i];
        int64_t lived_s = clock_wall_s() - worker->started_at;
        printf(
            "%-9.*s %-24.*s %-9.*s %-20s %-10s %9" PRId64 "  %.*s\n",
            STR_ARGS(screen_clean(arena, worker->kind)),
            STR_ARGS(screen_clean(arena, worker->instance)),
            STR_ARGS(screen_clean(arena, worker->release)),
            screen_print_time(since, worker->started_at),
            screen_print_seconds(age, lived_s > 0 ? lived_s : 0), worker->in_flight,
            STR_ARGS(str_is_present(worker->keys) ? screen_clean(arena, worker->keys) : STR("")));
    }
    for (size_t i = 0; i < FLEET_KINDS_COUNT; i++)
        if (fleet_count(fleet, FLEET_KINDS[i]) == 0)
            printf("%sno %s lives%s\n", screen_colour(&screen, COLOUR_RED), FLEET_KINDS[i],
                   screen_colour(&screen, COLOUR_NONE));
}

int subcommand_workers_run(const struct invocation *invocation)
{
    struct connection *connection = connection_open(invocation);
    if (connection == NULL)
        return SUBCOMMAND_FAILED;
    struct fleet fleet;
    int status = SUBCOMMAND_DONE;
    enum failure failure = fleet_read(connection, invocation->arena, &fleet);
    if (failure != OK)
        status = connection_complain(connection, failure);
    else if (invocation_has(invocation, "--json"))
        status = json_print(invocation->arena, worker_write, &fleet);
    else
        workers_print(&fleet, invocation->arena);
    connection_close(connection);
    return status;
}
