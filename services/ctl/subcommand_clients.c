/* clients: who is registered, until when. No secret is stored, and its digest is shown to nobody.
 */
#include <inttypes.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "common/store/client.h"
#include "common/store/keyspace_records.h"
#include "services/ctl/connection.h"
#include "services/ctl/json.h"
#include "services/ctl/screen.h"

struct listing {
    bool is_json;
    bool needs_comma;
    int64_t count;
    bool is_failed; /* standard output is gone */
    struct step step;
};

static void client_write(struct value_writer *writer, const void *what)
{
    const struct client_record *client = what;
    struct json json = {.writer = writer};
    json_begin(&json, NULL, '{');
    json_text(&json, "client_id", client->client_id);
    json_text(&json, "client_name", client->client_name);
    json_begin(&json, "redirect_uris", '[');
    for (size_t i = 0; i < client->redirect_uris.len; i++)
        json_text(&json, NULL, client->redirect_uris.at[i]);
    json_end(&json, ']');
    json_text(&json, "scope", client->scope);
    json_text(&json, "token_endpoint_auth_method", client->token_endpoint_auth_method);
    json_text(&json, "application_type", client->application_type);
    json_text(&json, "jwks_uri", client->jwks_uri);
    json_boolean(&json, "has_secret", !str_is_empty(client->client_secret_sha256));
    json_integer(&json, "client_id_issued_at", client->created_at);
    json_integer(&json, "expires_at", client->expires_at);
    json_end(&json, '}');
}

/* --- list --- */

static void client_print_row(const struct client_record *client, struct arena *arena)
{
    char left[SCREEN_NUMBER_BYTES_MAX];
    int64_t left_s = client->expires_at - clock_wall_s();
    printf("%-12s %-20.*s %.*s  %.*s\n", screen_print_seconds(left, left_s > 0 ? left_s : 0),
           STR_ARGS(client->token_endpoint_auth_method), STR_ARGS(client->client_id),
           STR_ARGS(screen_clean(arena, client->client_name)));
}

static void on_record(void *context, const struct keyspace_record *read)
{
    struct listing *listing = context;
    struct client_record client = *(const struct client_record *)read->record;
    client.expires_at = clock_wall_s() + read->ttl_s;
    listing->count++;
    if (!listing->is_json) {
        client_print_row(&client, read->arena);
    } else if (!listing->is_failed) {
        fputs(listing->needs_comma ? "," : "", stdout);
        listing->needs_comma = true;
        listing->is_failed = json_print(read->arena, client_write, &client) != SUBCOMMAND_DONE;
    }
}

static void on_listed(void *context, enum failure failure)
{
    struct listing *listing = context;
    step_done(&listing->step, failure);
}

static int list_run(struct connection *connection, const struct invocation *invocation)
{
    struct listing listing = {.is_json = invocation_has(invocation, "--json")};
    const struct keyspace_records_options options = {.family = KEY_FAMILY_CLIENT,
                                                     .fields = &CLIENT_RECORD,
                                                     .on_record = on_record,
                                                     .context = &listing};
    if (listing.is_json)
        fputs("[", stdout);
    else
        printf("%-12s %-20s %s\n", "ends in", "authenticates by", "client_id, name");
    keyspace_records_start(connection_store(connection), &options, on_listed, &listing);
    enum failure failure = connection_await_step(connection, &listing.step);
    if (failure != OK)
        return connection_complain(connection, failure);
    if (listing.is_json)
        puts("]");
    else
        printf("%" PRId64 " client%s\n", listing.count, listing.count == 1 ? "" : "s");
    return listing.is_failed ? SUBCOMMAND_FAILED : SUBCOMMAND_DONE;
}

/* --- show --- */

struct showing {
    struct step step;
    const struct invocation *invocation;
    int status;
};

static void client_print(const struct client_record *client, struct arena *arena)
{
    char at[SCREEN_TIME_BYTES_MAX], end[SCREEN_TIME_BYTES_MAX];
    const struct {
        const char *name;
        struct str value;
    } members[] = {
        {"client_id", client->client_id},
        {"client_name", client->client_name},
        {"scope", client->scope},
        {"authenticates by", client->token_endpoint_auth_method},
        {"application_type", client->application_type},
        {"jwks_uri", client->jwks_uri},
        {"registered at", str_from_cstr(screen_print_time(at, client->created_at))},
        {"ends at", str_from_cstr(screen_print_time(end, client->expires_at))},
    };
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (!str_is_empty(members[i].value))
            printf("%-18s %.*s\n", members[i].name,
                   STR_ARGS(screen_clean(arena, members[i].value)));
    for (size_t i = 0; i < client->redirect_uris.len; i++)
        printf("%-18s %.*s\n", i == 0 ? "redirect_uris" : "",
               STR_ARGS(screen_clean(arena, client->redirect_uris.at[i])));
}

static void on_client(void *context, enum failure failure, const struct client_record *client)
{
    struct showing *showing = context;
    struct arena *arena = showing->invocation->arena;
    if (failure == OK && client == NULL)
        showing->status = subcommand_complain(
            "there is no client %.*s: it was never registered, or its registration has ended",
            STR_ARGS(showing->invocation->words.at[1]));
    else if (failure == OK && invocation_has(showing->invocation, "--json"))
        showing->status = json_print(arena, client_write, client);
    else if (failure == OK)
        client_print(client, arena);
    step_done(&showing->step, failure);
}

static int show_run(struct connection *connection, const struct invocation *invocation)
{
    struct showing showing = {.invocation = invocation, .status = SUBCOMMAND_DONE};
    client_record_get(connection_store(connection), invocation->words.at[1], invocation->arena,
                      connection_deadline_ms(), on_client, &showing);
    enum failure failure = connection_await_step(connection, &showing.step);
    return failure == OK ? showing.status : connection_complain(connection, failure);
}

int subcommand_clients_run(const struct invocation *invocation)
{
    struct strs words = invocation->words;
    bool shows = words.len == 2 && str_equals(words.at[0], STR("show"));
    bool lists = words.len == 0 || (words.len == 1 && str_equals(words.at[0], STR("list")));
    if (!shows && !lists) {
        subcommand_complain("clients takes list, or show and a client_id; see mcp-oauth help "
                            "clients");
        return SUBCOMMAND_MISUSED;
    }
    struct connection *connection = connection_open(invocation);
    if (connection == NULL)
        return SUBCOMMAND_FAILED;
    int status = shows ? show_run(connection, invocation) : list_run(connection, invocation);
    connection_close(connection);
    return status;
}
