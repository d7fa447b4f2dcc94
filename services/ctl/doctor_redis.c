/* Redis: its release, what it does when it is full or restarted, its clock; who lives there; and
 * what each worker's user may do. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/store/rights_check.h"
#include "common/store/server_facts.h"
#include "services/ctl/doctor.h"
#include "services/ctl/fleet.h"
#include "services/ctl/screen.h"

enum {
    VERSION_MIN = 7, /* selectors in ACLs, EXPIRE GT */
    MEMORY_FULL_PERCENT = 80,
    SKEW_MS_MAX = 2000, /* tokens' times are Redis's and ours */
    REFUSED_SHOWN_MAX = 3,
};

struct asking {
    bool is_done;
    enum failure failure;
    struct server_facts facts;
};

static void on_facts(void *context, enum failure failure, const struct server_facts *facts)
{
    struct asking *asking = context;
    asking->is_done = true;
    asking->failure = failure;
    if (failure == OK)
        asking->facts = *facts;
}

static void find(struct doctor *doctor, bool is_good, enum finding_level otherwise, struct str what,
                 struct str mend)
{
    doctor_find(doctor, is_good ? FINDING_GOOD : otherwise, "redis", what,
                is_good ? STR_ABSENT : mend);
}

static void memory_judge(struct doctor *doctor, const struct server_facts *facts)
{
    char used[SCREEN_NUMBER_BYTES_MAX], limit[SCREEN_NUMBER_BYTES_MAX];
    screen_print_bytes(used, facts->used_memory_bytes);
    find(
        doctor, strcmp(facts->maxmemory_policy, "noeviction") == 0, FINDING_BAD,
        arena_printf(doctor->arena, "maxmemory-policy is %s", facts->maxmemory_policy),
        STR("set maxmemory-policy noeviction: an evicted revocation would let a revoked token in"));
    if (facts->evicted_keys > 0)
        find(doctor, false, FINDING_BAD,
             arena_printf(doctor->arena, "it has evicted %" PRId64 " keys since its start",
                          facts->evicted_keys),
             STR("raise maxmemory and set noeviction; revoke again what was revoked lately"));
    if (facts->maxmemory_bytes == 0) {
        find(doctor, false, FINDING_ADVICE,
             arena_printf(doctor->arena, "it uses %s and has no maxmemory", used),
             STR("set maxmemory below the machine's or container's limit, so that it refuses "
                 "writes before it is killed"));
        return;
    }
    int64_t percent = facts->used_memory_bytes * 100 / facts->maxmemory_bytes;
    find(doctor, percent < MEMORY_FULL_PERCENT, FINDING_ADVICE,
         arena_printf(doctor->arena, "it uses %s of %s, %" PRId64 " %%", used,
                      screen_print_bytes(limit, facts->maxmemory_bytes), percent),
         STR("raise maxmemory: sizing is in deploy/redis/README.md"));
}

static void persistence_judge(struct doctor *doctor, const struct server_facts *facts)
{
    find(doctor, facts->is_aof_enabled, FINDING_BAD,
         facts->is_aof_enabled ? STR("it keeps an append-only file")
                               : STR("it keeps no append-only file"),
         STR("set appendonly yes: a restart would forget every grant and every revocation"));
    if (facts->is_aof_enabled && !facts->is_aof_good)
        find(doctor, false, FINDING_BAD, STR("the last write to its append-only file failed"),
             STR("make room on its disk"));
    if (facts->is_config_known && strcmp(facts->appendfsync, "no") == 0)
        find(doctor, false, FINDING_BAD, STR("appendfsync is no"),
             STR("set appendfsync everysec, or always where no revocation may be lost"));
}

static void clock_judge(struct doctor *doctor, const struct server_facts *facts)
{
    int64_t ours_us = facts->asked_us + (facts->answered_us - facts->asked_us) / 2;
    int64_t skew_ms = llabs(facts->time_us - ours_us) / 1000;
    find(doctor, skew_ms <= SKEW_MS_MAX, FINDING_BAD,
         arena_printf(doctor->arena, "its clock differs from ours by %" PRId64 " ms", skew_ms),
         STR("let NTP set the clocks of Redis and of the workers: tokens' times depend on both"));
}

static void facts_judge(struct doctor *doctor, const struct server_facts *facts)
{
    find(doctor, strtol(facts->version, NULL, 10) >= VERSION_MIN, FINDING_BAD,
         arena_printf(doctor->arena, "Redis %s", facts->version),
         STR("install Redis 7 or newer: the ACL file and the scripts need it"));
    memory_judge(doctor, facts);
    persistence_judge(doctor, facts);
    clock_judge(doctor, facts);
    if (facts->is_config_known)
        find(
            doctor, facts->notify_keyspace_events[0] != '\0', FINDING_ADVICE,
            arena_printf(doctor->arena, "notify-keyspace-events is \"%s\"",
                         facts->notify_keyspace_events),
            STR("set notify-keyspace-events Eghx$ in redis.conf when you want to see keys come and "
                "go, and not the audit stream only"));
}

static void fleet_judge(struct doctor *doctor, const struct fleet *fleet)
{
    struct str release = STR_ABSENT, keys = STR_ABSENT;
    bool is_mixed = false, differs = false;
    for (size_t i = 0; i < FLEET_KINDS_COUNT; i++) {
        size_t count = fleet_count(fleet, FLEET_KINDS[i]);
        doctor_find(doctor, count > 0 ? FINDING_GOOD : FINDING_BAD, "workers",
                    arena_printf(doctor->arena, "%zu %s lives", count, FLEET_KINDS[i]),
                    count > 0 ? STR_ABSENT
                              : arena_printf(doctor->arena,
                                             "start mcp-oauth-%s, or look at its "
                                             "log",
                                             FLEET_KINDS[i]));
    }
    for (size_t i = 0; i < fleet->len; i++) {
        const struct fleet_worker *worker = &fleet->at[i];
        is_mixed = is_mixed || (i > 0 && !str_equals(worker->release, release));
        release = worker->release;
        if (!str_is_present(worker->keys))
            continue;
        differs = differs || (str_is_present(keys) && !str_equals(worker->keys, keys));
        keys = worker->keys;
    }
    if (is_mixed)
        doctor_find(doctor, FINDING_ADVICE, "workers", STR("they are of several releases"),
                    STR("finish the rolling update; neighbouring releases work together"));
    if (differs)
        doctor_find(doctor, FINDING_ADVICE, "workers", STR("the signers publish different keys"),
                    STR("normal for minutes after a rotation; else give all of them the same "
                        "keys"));
}

/* False when there is nothing to ask, which has been told. */
static struct connection *redis_open(struct doctor *doctor)
{
    struct connection_config config = doctor->config;
    connection_choose_user(&config, SUBCOMMAND_CHANGES);
    struct str problem;
    if (!str_is_present(config.redis_url)) {
        doctor_find(doctor, FINDING_NOT_SEEN, "redis", STR("REDIS_URL was not given"),
                    STR("set REDIS_URL and REDIS_PASSWORD_OPERATOR or REDIS_PASSWORD_READER"));
        return NULL;
    }
    if (!str_is_present(config.redis_password))
        connection_choose_user(&config, SUBCOMMAND_READS);
    struct connection *connection = connection_open_as(&config, doctor->arena, &problem);
    if (connection == NULL)
        doctor_find(doctor, FINDING_BAD, "redis", STR("it cannot be asked"), problem);
    return connection;
}

void doctor_look_at_redis(struct doctor *doctor)
{
    struct connection *connection = redis_open(doctor);
    if (connection == NULL)
        return;
    struct store *store = connection_store(connection);
    for (size_t master = 0; master < store_masters(store); master++) {
        struct asking asking = {0};
        server_facts_get(store, master, connection_is_operator(connection), on_facts, &asking);
        if (!connection_await(connection, &asking.is_done))
            break;
        if (asking.failure == OK)
            facts_judge(doctor, &asking.facts);
        else
            doctor_find(doctor, FINDING_BAD, "redis", STR("it does not say how it is"),
                        STR("print the ACL file anew (mcp-oauth acl), and ask as reader or "
                            "operator"));
    }
    struct fleet fleet;
    if (!connection_is_interrupted(connection) &&
        fleet_read(connection, doctor->arena, &fleet) == OK)
        fleet_judge(doctor, &fleet);
    connection_close(connection);
}

/* --- rights --- */

struct checking {
    struct doctor *doctor;
    enum acl_user user;
    bool is_done;
};

static void on_rights(void *context, enum failure failure, struct strs refused)
{
    struct checking *checking = context;
    struct doctor *doctor = checking->doctor;
    const char *name = acl_user_name(checking->user);
    struct str mend = STR("print the ACL file anew with this release's mcp-oauth acl, and let "
                          "Redis load it: ACL LOAD");
    checking->is_done = true;
    if (failure != OK) {
        doctor_find(doctor, FINDING_BAD, "rights",
                    arena_printf(doctor->arena, "%s could not be asked", name), mend);
    } else if (refused.len == 0) {
        doctor_find(doctor, FINDING_GOOD, "rights",
                    arena_printf(doctor->arena, "%s may do what it must", name), STR_ABSENT);
    } else {
        struct str list = STR("");
        for (size_t i = 0; i < refused.len && i < REFUSED_SHOWN_MAX; i++)
            list = arena_printf(doctor->arena, "%.*s%s%.*s", STR_ARGS(list), i > 0 ? ", " : "",
                                STR_ARGS(refused.at[i]));
        doctor_find(doctor, FINDING_BAD, "rights",
                    arena_printf(doctor->arena, "%s is refused %zu of its commands: %.*s", name,
                                 refused.len, STR_ARGS(list)),
                    mend);
    }
}

static void rights_look(struct doctor *doctor, enum acl_user user,
                        const struct connection_config *config)
{
    struct str problem;
    if (!str_is_present(config->redis_password)) {
        doctor_find(
            doctor, FINDING_NOT_SEEN, "rights",
            arena_printf(doctor->arena, "the password of %s was not given", acl_user_name(user)),
            arena_printf(doctor->arena, "set %s, or give --directory", acl_user_environment(user)));
        return;
    }
    struct connection *connection = connection_open_as(config, doctor->arena, &problem);
    if (connection == NULL) {
        doctor_find(doctor, FINDING_BAD, "rights",
                    arena_printf(doctor->arena, "%s cannot connect", acl_user_name(user)), problem);
        return;
    }
    struct checking checking = {.doctor = doctor, .user = user};
    rights_check_start(connection_store(connection), user, doctor->arena, on_rights, &checking);
    connection_await(connection, &checking.is_done);
    connection_close(connection);
}

void doctor_look_at_rights(struct doctor *doctor)
{
    if (!str_is_present(doctor->config.redis_url))
        return;
    for (enum acl_user user = ACL_REGISTRY; user <= ACL_SIGNER; user++) {
        const struct doctor_process *process = &doctor->processes[user];
        struct connection_config config = doctor->config;
        bool has_own = str_is_present(process->redis_password);
        config.redis_url =
            str_is_present(process->redis_url) ? process->redis_url : config.redis_url;
        config.redis_user = has_own && str_is_present(process->redis_user)
                                ? process->redis_user
                                : str_from_cstr(acl_user_name(user));
        config.redis_password = has_own ? process->redis_password : doctor->passwords[user];
        rights_look(doctor, user, &config);
    }
    const struct {
        enum acl_user user;
        struct str password;
    } people[] = {{ACL_READER, doctor->config.redis_password_reader},
                  {ACL_OPERATOR, doctor->config.redis_password_operator}};
    for (size_t i = 0; i < 2; i++) {
        struct connection_config config = doctor->config;
        config.redis_user = str_from_cstr(acl_user_name(people[i].user));
        config.redis_password = people[i].password;
        rights_look(doctor, people[i].user, &config);
    }
}
