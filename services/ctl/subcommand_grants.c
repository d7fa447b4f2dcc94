/* grants: what one person has granted to which client. */
#include <inttypes.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "services/ctl/json.h"
#include "services/ctl/person.h"
#include "services/ctl/screen.h"

static void grant_write(struct json *json, const struct person_grant *grant)
{
    const struct grant_record *record = grant->record;
    json_begin(json, NULL, '{');
    json_text(json, "g", grant->g);
    json_integer(json, "end_at", grant->end_at);
    json_boolean(json, "is_stored", record != NULL);
    if (record != NULL) {
        json_text(json, "client_id", record->client_id);
        json_text(json, "scope", record->scope);
        json_text(json, "rule", record->rule);
        json_integer(json, "signed_in_at", record->signed_in_at);
        json_integer(json, "issued_at", record->issued_at);
        json_integer(json, "refresh_tokens", record->n);
        json_integer(json, "access_tokens", record->m);
    }
    json_end(json, '}');
}

static void person_write(struct value_writer *writer, const void *what)
{
    const struct person *person = what;
    struct json json = {.writer = writer};
    json_begin(&json, NULL, '{');
    json_text(&json, "user_id", person->user_id);
    json_text(&json, "login", person->login);
    json_begin(&json, "grants", '[');
    for (size_t i = 0; i < person->grants_len; i++)
        grant_write(&json, &person->grants[i]);
    json_end(&json, ']');
    json_end(&json, '}');
}

static void grant_print(const struct person_grant *grant, struct arena *arena)
{
    char since[SCREEN_TIME_BYTES_MAX], issued[SCREEN_TIME_BYTES_MAX], left[SCREEN_NUMBER_BYTES_MAX];
    int64_t left_s = grant->end_at - clock_wall_s();
    screen_print_seconds(left, left_s > 0 ? left_s : 0);
    if (grant->record == NULL) {
        printf("%.*s  a sign-in on its way, or ended; forgotten in %s\n", STR_ARGS(grant->g), left);
        return;
    }
    printf("%.*s  signed in %s, last token %s, ends in %s\n    client %.*s\n    scope  %.*s\n",
           STR_ARGS(grant->g), screen_print_time(since, grant->record->signed_in_at),
           screen_print_time(issued, grant->record->issued_at), left,
           STR_ARGS(screen_clean(arena, grant->record->client_id)),
           STR_ARGS(screen_clean(arena, grant->record->scope)));
}

static void person_print(const struct person *person, struct arena *arena)
{
    printf("user %.*s, login %.*s: %zu grant%s\n", STR_ARGS(person->user_id),
           STR_ARGS(screen_clean(arena, person->login)), person->grants_len,
           person->grants_len == 1 ? "" : "s");
    for (size_t i = 0; i < person->grants_len; i++)
        grant_print(&person->grants[i], arena);
}

int subcommand_grants_run(const struct invocation *invocation)
{
    struct str name = invocation->words.at[0];
    struct connection *connection = connection_open(invocation);
    if (connection == NULL)
        return SUBCOMMAND_FAILED;
    struct person person;
    int status = SUBCOMMAND_DONE;
    enum failure failure = person_find(connection, name, invocation->arena, &person);
    if (failure != OK)
        status = connection_complain(connection, failure);
    else if (!str_is_present(person.user_id))
        status = subcommand_complain("nobody with the login %.*s has a grant; a numeric id is "
                                     "found without one",
                                     STR_ARGS(name));
    else if (invocation_has(invocation, "--json"))
        status = json_print(invocation->arena, person_write, &person);
    else
        person_print(&person, invocation->arena);
    connection_close(connection);
    return status;
}
