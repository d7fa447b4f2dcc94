/* Three questions travel together; the last answer calls. A clock is compared by the middle of its
 * question's way. */
#include "common/store/server_facts.h"

#include <stdio.h>

#include "common/base/clock.h"

enum { FACTS_MS = 3000 };

struct facts_read {
    struct server_facts facts;
    size_t answers_left;
    enum failure failure;
    server_facts_cb *on_facts;
    void *context;
};

struct str server_facts_find(struct str info, const char *name)
{
    struct str line, found, value;
    while (info.len > 0) {
        line = info;
        info = str_cut(info, '\n', &line, &info) ? info : STR("");
        if (line.len > 0 && line.at[line.len - 1] == '\r')
            line.len--;
        if (str_cut(line, ':', &found, &value) && str_equals_cstr(found, name))
            return value;
    }
    return STR_ABSENT;
}

static void text_take(char out[static SERVER_FACT_BYTES_MAX], struct str text)
{
    snprintf(out, SERVER_FACT_BYTES_MAX, "%.*s", STR_ARGS(text));
}

static int64_t number_of(struct str info, const char *name, int64_t fallback)
{
    int64_t number;
    return str_to_i64(server_facts_find(info, name), &number) ? number : fallback;
}

static void answered(struct facts_read *read, enum failure failure)
{
    if (read->failure == OK)
        read->failure = failure;
    if (--read->answers_left > 0)
        return;
    read->on_facts(read->context, read->failure, read->failure == OK ? &read->facts : NULL);
    free(read);
}

static void on_info(void *context, enum failure failure, const struct store_reply *reply)
{
    struct facts_read *read = context;
    struct server_facts *facts = &read->facts;
    if (failure == OK && reply->kind == STORE_TEXT) {
        struct str info = reply->text;
        text_take(facts->version, server_facts_find(info, "redis_version"));
        text_take(facts->maxmemory_policy, server_facts_find(info, "maxmemory_policy"));
        facts->used_memory_bytes = number_of(info, "used_memory", 0);
        facts->maxmemory_bytes = number_of(info, "maxmemory", 0);
        facts->is_aof_enabled = number_of(info, "aof_enabled", 0) == 1;
        facts->is_aof_good =
            str_equals(server_facts_find(info, "aof_last_write_status"), STR("ok"));
        facts->rdb_saves = number_of(info, "rdb_saves", -1);
        facts->replicas = number_of(info, "connected_slaves", 0);
        facts->evicted_keys = number_of(info, "evicted_keys", 0);
    }
    answered(read, failure);
}

static void on_time(void *context, enum failure failure, const struct store_reply *reply)
{
    struct facts_read *read = context;
    int64_t s, us;
    read->facts.answered_us = clock_wall_ms() * 1000;
    if (failure == OK && reply->kind == STORE_LIST && reply->len == 2 &&
        str_to_i64(reply->at[0].text, &s) && str_to_i64(reply->at[1].text, &us))
        read->facts.time_us = s * 1000000 + us;
    answered(read, failure);
}

/* CONFIG GET a b: [name, value, ...]. Refused is not known, and no failure. */
static void on_config(void *context, enum failure failure, const struct store_reply *reply)
{
    struct facts_read *read = context;
    read->facts.is_config_known = failure == OK && reply->kind == STORE_LIST && reply->len > 0;
    for (size_t i = 0; read->facts.is_config_known && i + 1 < reply->len; i += 2) {
        if (str_equals(reply->at[i].text, STR("notify-keyspace-events")))
            text_take(read->facts.notify_keyspace_events, reply->at[i + 1].text);
        if (str_equals(reply->at[i].text, STR("appendfsync")))
            text_take(read->facts.appendfsync, reply->at[i + 1].text);
    }
    answered(read, OK);
}

void server_facts_get(struct store *store, size_t master, bool asks_config,
                      server_facts_cb *on_facts, void *context)
{
    struct facts_read *read = calloc(1, sizeof(*read));
    if (read == NULL) {
        on_facts(context, FAIL_LIMIT_REACHED, NULL);
        return;
    }
    *read = (struct facts_read){
        .answers_left = asks_config ? 3 : 2, .on_facts = on_facts, .context = context};
    read->facts.asked_us = clock_wall_ms() * 1000;
    struct str info[] = {STR("INFO")}, time[] = {STR("TIME")};
    struct str config[] = {STR("CONFIG"), STR("GET"), STR("notify-keyspace-events"),
                           STR("appendfsync")};
    int64_t deadline_ms = clock_monotonic_ms() + FACTS_MS;
    store_send_to(store, master, (struct strs){time, 1}, deadline_ms, on_time, read);
    store_send_to(store, master, (struct strs){info, 1}, deadline_ms, on_info, read);
    if (asks_config)
        store_send_to(store, master, (struct strs){config, 4}, deadline_ms, on_config, read);
}
