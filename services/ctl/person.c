#include "services/ctl/person.h"

#include "common/store/keyspace_records.h"

/* --- by login --- */

struct search {
    struct str login;
    struct arena *arena;
    struct str user_id;
    struct step step;
};

static void on_record(void *context, const struct keyspace_record *read)
{
    struct search *search = context;
    const struct grant_record *record = read->record;
    if (!str_is_present(search->user_id) && str_equals_ignoring_case(record->login, search->login))
        search->user_id = arena_dup(search->arena, record->user_id);
}

static void on_searched(void *context, enum failure failure)
{
    struct search *search = context;
    step_done(&search->step, failure);
}

static enum failure user_id_find(struct connection *connection, struct search *search)
{
    const struct keyspace_records_options options = {.family = KEY_FAMILY_REFRESH,
                                                     .fields = &GRANT_RECORD,
                                                     .on_record = on_record,
                                                     .context = search};
    keyspace_records_start(connection_store(connection), &options, on_searched, search);
    return connection_await_step(connection, &search->step);
}

/* --- the grants --- */

struct index {
    struct step step;
    const struct grants_index_entry *at;
    size_t len;
};

static void on_index(void *context, enum failure failure, const struct grants_index_entry *grants,
                     size_t len)
{
    struct index *index = context;
    index->at = grants;
    index->len = len;
    step_done(&index->step, failure);
}

struct grant_reading {
    struct step step;
    struct person_grant *grant;
};

static void on_grant(void *context, enum failure failure, const struct grant_record *record)
{
    struct grant_reading *reading = context;
    reading->grant->record = record;
    step_done(&reading->step, failure);
}

static enum failure grants_read(struct connection *connection, struct arena *arena,
                                struct person *person)
{
    struct index index = {0};
    grants_index_get(connection_store(connection), person->user_id, arena, connection_deadline_ms(),
                     on_index, &index);
    TRY(connection_await_step(connection, &index.step));
    person->grants = arena_take_array(arena, index.len + 1, sizeof(*person->grants));
    if (person->grants == NULL)
        return FAIL_LIMIT_REACHED;
    for (; person->grants_len < index.len; person->grants_len++) {
        struct person_grant *grant = &person->grants[person->grants_len];
        *grant = (struct person_grant){.g = index.at[person->grants_len].g,
                                       .end_at = index.at[person->grants_len].end_at};
        struct grant_reading reading = {.grant = grant};
        grant_record_get(connection_store(connection), grant->g, arena, connection_deadline_ms(),
                         on_grant, &reading);
        TRY(connection_await_step(connection, &reading.step));
        if (grant->record != NULL)
            person->login = grant->record->login;
    }
    return OK;
}

enum failure person_find(struct connection *connection, struct str name, struct arena *arena,
                         struct person *ret_person)
{
    struct person person = {0};
    struct search search = {.login = name, .arena = arena};
    int64_t number;
    if (str_to_i64(name, &number))
        person.user_id = name;
    else
        TRY(user_id_find(connection, &search));
    if (str_is_present(search.user_id))
        person.user_id = search.user_id;
    if (str_is_present(person.user_id))
        TRY(grants_read(connection, arena, &person));
    *ret_person = person;
    return OK;
}
