/* One thing after the other, each waited for: when one fails, what was done stays done, and the
 * same command may be given again. */
#include "services/ctl/revocation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/store/client.h"
#include "common/store/keyspace_records.h"
#include "common/store/revoked.h"
#include "services/ctl/person.h"
#include "services/ctl/screen.h"

enum {
    /* Until the last access token is refused for its age by everyone whose clock is behind. */
    REVOKED_TTL_S = ACCESS_TOKEN_TTL_MAX_S + 2 * CLOCK_SKEW_S,
    GRANT_ARENA_BYTES_MAX = 16 * 1024,
};

static void tell(const struct revocation *revocation, const char *what, struct str name)
{
    printf("%s %s %.*s\n", revocation->is_dry ? "would revoke" : "revoked", what,
           STR_ARGS(screen_clean(revocation->arena, name)));
}

enum failure revocation_init(struct revocation *revocation, struct connection *connection,
                             struct arena *arena, bool is_dry)
{
    char host[256] = "host";
    const char *person = getenv("SUDO_USER") != NULL ? getenv("SUDO_USER") : getenv("USER");
    gethostname(host, sizeof(host) - 1);
    *revocation = (struct revocation){.connection = connection, .arena = arena, .is_dry = is_dry};
    revocation->operator_name =
        arena_printf(arena, "operator %s@%s", person != NULL ? person : "unknown", host);
    return str_is_present(revocation->operator_name) ? OK : FAIL_LIMIT_REACHED;
}

static void on_appended(void *context, enum failure failure, const struct store_reply *reply)
{
    (void)reply;
    step_done(context, failure);
}

static enum failure audit(const struct revocation *revocation, enum audit_event event,
                          const struct revocation_grant *grant, const char *reason)
{
    const struct audit_entry entry = {
        .event = event,
        .client_id = grant->client_id,
        .user_id = grant->user_id,
        .g = grant->g,
        .reason = str_from_cstr(reason),
        .instance = revocation->operator_name,
    };
    struct step step = {0};
    audit_append_awaited(connection_store(revocation->connection), &entry, connection_deadline_ms(),
                         on_appended, &step);
    return connection_await_step(revocation->connection, &step);
}

/* The steps' words need an arena of their own, or a client of a million grants would fill ours. */
static enum failure grant_end_in(struct revocation *revocation,
                                 const struct revocation_grant *grant, struct arena *arena)
{
    struct store *store = connection_store(revocation->connection);
    struct step step = {0};
    grant_record_revoke(store, grant->g, REVOKED_TTL_S, arena, connection_deadline_ms(), step_done,
                        &step);
    TRY(connection_await_step(revocation->connection, &step));
    if (str_is_present(grant->user_id))
        grants_index_remove(store, grant->user_id, grant->g, arena, connection_deadline_ms());
    return connection_settle(revocation->connection) ? OK : FAIL_STORE_UNAVAILABLE;
}

static enum failure grant_end(struct revocation *revocation, const struct revocation_grant *grant)
{
    revocation->grants++;
    if (!revocation->is_dry) {
        struct arena *arena = arena_new(GRANT_ARENA_BYTES_MAX);
        enum failure failure =
            arena != NULL ? grant_end_in(revocation, grant, arena) : FAIL_LIMIT_REACHED;
        arena_free(arena);
        TRY(failure);
    }
    return OK;
}

enum failure revocation_end_grant(struct revocation *revocation,
                                  const struct revocation_grant *grant)
{
    TRY(grant_end(revocation, grant));
    tell(revocation, "grant", grant->g);
    return revocation->is_dry ? OK : audit(revocation, AUDIT_REVOCATION, grant, "grant");
}

enum failure revocation_end_token(struct revocation *revocation,
                                  const struct revocation_grant *grant, int64_t m, int64_t ttl_s)
{
    struct str name = arena_printf(revocation->arena, "%.*s.%" PRId64, STR_ARGS(grant->g), m);
    if (!revocation->is_dry) {
        struct step step = {0};
        revoked_add_token(connection_store(revocation->connection), grant->g, m, ttl_s,
                          revocation->arena, connection_deadline_ms(), step_done, &step);
        TRY(connection_await_step(revocation->connection, &step));
    }
    tell(revocation, "access token", name);
    return revocation->is_dry ? OK : audit(revocation, AUDIT_REVOCATION, grant, "access_token");
}

/* --- a person --- */

/* Longer than anything that was issued before can live: the longest grant, and what a signer with
 * the usual options may give at most. */
static int64_t user_ttl_s(const struct person *person)
{
    int64_t end_at = clock_wall_s() + GRANT_TTL_S;
    for (size_t i = 0; i < person->grants_len; i++)
        if (person->grants[i].end_at > end_at)
            end_at = person->grants[i].end_at;
    return end_at - clock_wall_s() + REVOKED_TTL_S;
}

static enum failure user_mark(struct revocation *revocation, const struct person *person)
{
    struct step step = {0};
    /* What was issued in this very second is meant, too. */
    revoked_add_user(connection_store(revocation->connection), person->user_id, clock_wall_s() + 1,
                     user_ttl_s(person), revocation->arena, connection_deadline_ms(), step_done,
                     &step);
    return connection_await_step(revocation->connection, &step);
}

enum failure revocation_end_user(struct revocation *revocation, struct str name)
{
    struct person person;
    TRY(person_find(revocation->connection, name, revocation->arena, &person));
    if (!str_is_present(person.user_id))
        return FAIL_RECORD_MISSING;
    if (!revocation->is_dry)
        TRY(user_mark(revocation, &person));
    tell(revocation, "everything of user", person.user_id);
    const struct revocation_grant user = {.user_id = person.user_id};
    if (!revocation->is_dry)
        TRY(audit(revocation, AUDIT_REVOCATION, &user, "user"));
    for (size_t i = 0; i < person.grants_len; i++) {
        const struct grant_record *record = person.grants[i].record;
        const struct revocation_grant grant = {
            .g = person.grants[i].g,
            .user_id = person.user_id,
            .client_id = record != NULL ? record->client_id : STR_ABSENT,
        };
        TRY(revocation_end_grant(revocation, &grant));
    }
    return OK;
}

/* --- a client --- */

/* The walk cannot wait for a step in the middle of a page, so it sends them all and the next page
 * comes behind their answers. */
struct clearing {
    struct revocation *revocation;
    struct str client_id;
    struct step step;
    enum failure failure; /* of a step */
};

struct ending {
    struct clearing *clearing;
    struct arena *arena;
};

static void on_ended(void *context, enum failure failure)
{
    struct ending *ending = context;
    struct arena *arena = ending->arena;
    if (ending->clearing->failure == OK)
        ending->clearing->failure = failure;
    arena_free(arena);
}

static void clearing_end_grant(struct clearing *clearing, struct str g, struct str user_id)
{
    struct store *store = connection_store(clearing->revocation->connection);
    struct arena *arena = arena_new(GRANT_ARENA_BYTES_MAX);
    struct ending *ending = arena != NULL ? arena_take(arena, sizeof(*ending)) : NULL;
    if (ending == NULL) {
        clearing->failure = FAIL_LIMIT_REACHED;
        arena_free(arena);
        return;
    }
    *ending = (struct ending){clearing, arena};
    grants_index_remove(store, user_id, g, arena, connection_deadline_ms());
    grant_record_revoke(store, g, REVOKED_TTL_S, arena, connection_deadline_ms(), on_ended, ending);
}

static void on_record(void *context, const struct keyspace_record *read)
{
    struct clearing *clearing = context;
    const struct grant_record *record = read->record;
    if (!str_equals(record->client_id, clearing->client_id))
        return;
    clearing->revocation->grants++;
    if (!clearing->revocation->is_dry)
        clearing_end_grant(clearing, read->parts.tag, record->user_id);
}

static void on_cleared(void *context, enum failure failure)
{
    struct clearing *clearing = context;
    step_done(&clearing->step, failure);
}

static enum failure client_clear(struct revocation *revocation, struct str client_id)
{
    struct clearing clearing = {.revocation = revocation, .client_id = client_id};
    const struct keyspace_records_options options = {.family = KEY_FAMILY_REFRESH,
                                                     .fields = &GRANT_RECORD,
                                                     .on_record = on_record,
                                                     .context = &clearing};
    keyspace_records_start(connection_store(revocation->connection), &options, on_cleared,
                           &clearing);
    TRY(connection_await_step(revocation->connection, &clearing.step));
    if (!connection_settle(revocation->connection))
        return FAIL_STORE_UNAVAILABLE;
    return clearing.failure;
}

enum failure revocation_end_client(struct revocation *revocation, struct str client_id)
{
    const struct revocation_grant client = {.client_id = client_id};
    if (!revocation->is_dry) {
        struct step step = {0};
        client_record_remove(connection_store(revocation->connection), client_id, revocation->arena,
                             connection_deadline_ms(), step_done, &step);
        TRY(connection_await_step(revocation->connection, &step));
        TRY(audit(revocation, AUDIT_CLIENT_DELETE, &client, "operator"));
    }
    tell(revocation, "client", client_id);
    TRY(client_clear(revocation, client_id));
    printf("%s %" PRId64 " of its grants\n", revocation->is_dry ? "would revoke" : "revoked",
           revocation->grants);
    return revocation->is_dry || revocation->grants == 0
               ? OK
               : audit(revocation, AUDIT_REVOCATION, &client, "client");
}
