/* A client's life is its key's TTL; expires_at is computed from it and never stored, so that using
 * the client is one EXPIRE. */
#include "common/store/client.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/store/key.h"
#include "common/store/record.h"
#include "common/store/store_scripts.h"

static const struct field CLIENT_RECORD_FIELDS[] = {
    FIELD(struct client_record, client_id, STR, CLIENT_ID_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct client_record, client_name, STR, CLIENT_NAME_BYTES_MAX, 0),
    FIELD(struct client_record, redirect_uris, STRS, REDIRECT_URI_BYTES_MAX, 0),
    FIELD(struct client_record, scope, STR, SCOPE_BYTES_MAX, 0),
    FIELD(struct client_record, token_endpoint_auth_method, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct client_record, application_type, STR, NAME_BYTES_MAX, 0),
    FIELD(struct client_record, client_secret_sha256, STR, NAME_BYTES_MAX, FIELD_SECRET),
    FIELD(struct client_record, jwks, STR, JWKS_BYTES_MAX, 0),
    FIELD(struct client_record, jwks_uri, STR, CLIENT_ID_BYTES_MAX, 0),
    FIELD(struct client_record, registration_access_token_sha256, STR, NAME_BYTES_MAX,
          FIELD_SECRET),
    FIELD(struct client_record, request_id, STR, NAME_BYTES_MAX, 0),
    FIELD(struct client_record, created_at, I64, 0, 0),
};
const struct fields CLIENT_RECORD = FIELDS_OF(struct client_record, CLIENT_RECORD_FIELDS);

enum {
    TTL_OF_NO_KEY = -2,
    TTL_ENDLESS = -1,
};

/* Redis answers its two commands in order, but store.h promises no order: either may fail first.
 * The arena is the caller's until both have come. */
struct client_read {
    struct arena *arena;
    struct strs names; /* of HMGET; empty: the whole hash */
    unsigned replies_awaited;
    enum failure failure;
    struct client_record record;
    int64_t ttl_s;
    client_record_cb *on_record;
    void *context;
};

/* The hash was there and its life ended before TTL was asked: there is no such client. */
static enum failure client_read_finish(struct client_read *read)
{
    if (read->ttl_s == TTL_OF_NO_KEY && read->failure == OK)
        return FAIL_RECORD_MISSING;
    if (read->ttl_s >= 0 &&
        __builtin_add_overflow(clock_wall_s(), read->ttl_s, &read->record.expires_at))
        return FAIL_RECORD_CONFLICT;
    return read->failure;
}

static void client_read_answered(struct client_read *read, enum failure failure)
{
    if (read->failure == OK)
        read->failure = failure;
    if (--read->replies_awaited > 0)
        return;
    failure = client_read_finish(read);
    const struct client_record *record = failure == OK ? &read->record : NULL;
    read->on_record(read->context, failure == FAIL_RECORD_MISSING ? OK : failure, record);
}

static void on_client(void *context, enum failure failure, const struct store_reply *reply)
{
    struct client_read *read = context;
    if (failure == OK && read->names.len > 0)
        failure =
            record_from_values(&CLIENT_RECORD, read->names, reply, read->arena, &read->record);
    else if (failure == OK)
        failure = record_from_hash(&CLIENT_RECORD, reply, read->arena, &read->record);
    read->record.expires_at = FIELD_I64_ABSENT;
    client_read_answered(read, failure);
}

static void on_client_ttl(void *context, enum failure failure, const struct store_reply *reply)
{
    struct client_read *read = context;
    if (failure == OK && reply->kind == STORE_INTEGER)
        read->ttl_s = reply->integer;
    client_read_answered(read, failure);
}

static struct client_read *client_read_new(struct arena *arena, client_record_cb *on_record,
                                           void *context)
{
    struct client_read *read = arena_take(arena, sizeof(*read));
    if (read != NULL)
        *read = (struct client_read){.arena = arena,
                                     .replies_awaited = 1,
                                     .ttl_s = TTL_ENDLESS,
                                     .on_record = on_record,
                                     .context = context};
    return read;
}

void client_record_get(struct store *store, struct str client_id, struct arena *arena,
                       int64_t deadline_ms, client_record_cb *on_record, void *context)
{
    struct str key = key_client(arena, client_id);
    struct client_read *read = client_read_new(arena, on_record, context);
    if (read == NULL || !str_is_present(key)) {
        on_record(context, FAIL_LIMIT_REACHED, NULL);
        return;
    }
    struct str words[] = {STR("HGETALL"), key};
    struct str ttl_words[] = {STR("TTL"), key};
    read->replies_awaited = 2;
    store_send(store, (struct strs){words, 2}, deadline_ms, on_client, read);
    store_send(store, (struct strs){ttl_words, 2}, deadline_ms, on_client_ttl, read);
}

void client_record_get_authentication(struct store *store, struct str client_id,
                                      struct arena *arena, int64_t deadline_ms,
                                      client_record_cb *on_record, void *context)
{
    static struct str names[] = {STR_INIT("client_id"), STR_INIT("token_endpoint_auth_method"),
                                 STR_INIT("client_secret_sha256"), STR_INIT("jwks"),
                                 STR_INIT("jwks_uri")};
    struct client_read *read = client_read_new(arena, on_record, context);
    enum { NAMES_COUNT = sizeof(names) / sizeof(names[0]) };
    struct str words[2 + NAMES_COUNT] = {STR("HMGET"), key_client(arena, client_id)};
    if (read == NULL || !str_is_present(words[1])) {
        on_record(context, FAIL_LIMIT_REACHED, NULL);
        return;
    }
    memcpy(words + 2, names, sizeof(names));
    read->names = (struct strs){names, NAMES_COUNT};
    store_send(store, (struct strs){words, 2 + NAMES_COUNT}, deadline_ms, on_client, read);
}

void client_record_create(struct store *store, const struct client_record *record,
                          struct arena *arena, int64_t deadline_ms, client_done_cb *on_done,
                          void *context)
{
    const struct record_create create = {
        .key = key_client(arena, record->client_id),
        .ttl_s = CLIENT_TTL_S,
        .fields = &CLIENT_RECORD,
        .record = record,
        .field_not_compared = STR("created_at"),
        .field_of_use = STR(""),
    };
    record_create(store, &create, arena, deadline_ms, on_done, context);
}

void client_record_extend(struct store *store, struct str client_id, struct arena *arena,
                          int64_t deadline_ms)
{
    struct str words[] = {STR("EXPIRE"), key_client(arena, client_id),
                          arena_decimal(arena, CLIENT_TTL_S)};
    record_send(store, (struct strs){words, 3}, arena, deadline_ms, NULL, NULL);
}

/* A change */

struct client_change {
    client_updated_cb *on_updated;
    client_done_cb *on_done;
    void *context;
};

static struct client_change *client_change_new(struct arena *arena, void *context)
{
    struct client_change *change = arena_take(arena, sizeof(*change));
    if (change != NULL)
        *change = (struct client_change){.context = context};
    return change;
}

static void on_client_updated(void *context, enum failure failure, const struct store_reply *reply)
{
    const struct client_change *change = context;
    if (failure == OK && reply->kind != STORE_TEXT)
        failure = FAIL_RECORD_MISSING;
    change->on_updated(change->context, failure, failure == OK ? reply->text : STR_ABSENT);
}

/* How many fields of CLIENT_RECORD are not among the pairs, and their names. */
static enum failure absent_names(struct arena *arena, struct strs pairs, struct strs *ret_words)
{
    struct strs words = {.at = arena_take_array(arena, CLIENT_RECORD.len + 1, sizeof(*words.at)),
                         .len = 1};
    if (words.at == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < CLIENT_RECORD.len; i++) {
        struct str name = str_from_cstr(CLIENT_RECORD.at[i].name);
        bool is_there = false;
        for (size_t j = 0; j < pairs.len; j += 2)
            is_there = is_there || str_equals(pairs.at[j], name);
        if (!is_there)
            words.at[words.len++] = name;
    }
    words.at[0] = arena_decimal(arena, (int64_t)words.len - 1);
    *ret_words = words;
    return OK;
}

void client_record_update(struct store *store, const struct client_record *record,
                          struct arena *arena, int64_t deadline_ms, client_updated_cb *on_updated,
                          void *context)
{
    struct client_change *change = client_change_new(arena, context);
    struct str key = key_client(arena, record->client_id);
    struct strs pairs, names, arguments;
    if (change == NULL || !str_is_present(key) ||
        fields_to_pairs(&CLIENT_RECORD, record, arena, &pairs) != OK ||
        absent_names(arena, pairs, &names) != OK ||
        record_words(arena, names, pairs, &arguments) != OK) {
        on_updated(context, FAIL_LIMIT_REACHED, STR_ABSENT);
        return;
    }
    change->on_updated = on_updated;
    store_run(store, &SCRIPT_CLIENT_UPDATE, (struct strs){&key, 1}, arguments, deadline_ms,
              on_client_updated, change);
}

static void on_client_deleted(void *context, enum failure failure, const struct store_reply *reply)
{
    const struct client_change *change = context;
    if (failure == OK && !str_equals(reply->text, STR("deleted")))
        failure = FAIL_RECORD_MISSING;
    change->on_done(change->context, failure);
}

void client_record_delete(struct store *store, const struct client_delete *client,
                          struct arena *arena, int64_t deadline_ms, client_done_cb *on_done,
                          void *context)
{
    struct client_change *change = client_change_new(arena, context);
    struct str keys[] = {key_client(arena, client->client_id),
                         key_client_deleted(arena, client->client_id)};
    struct str arguments[] = {client->registration_access_token_sha256, client->request_id,
                              arena_decimal(arena, CLIENT_DELETED_TTL_S)};
    if (change == NULL || !str_is_present(keys[0]) || !str_is_present(keys[1]) ||
        !str_is_present(arguments[0]) || !str_is_present(arguments[2])) {
        on_done(context, FAIL_LIMIT_REACHED);
        return;
    }
    change->on_done = on_done;
    store_run(store, &SCRIPT_CLIENT_DELETE, (struct strs){keys, 2}, (struct strs){arguments, 3},
              deadline_ms, on_client_deleted, change);
}

void client_record_remove(struct store *store, struct str client_id, struct arena *arena,
                          int64_t deadline_ms, client_done_cb *on_done, void *context)
{
    struct str words[] = {STR("DEL"), key_client(arena, client_id)};
    record_send(store, (struct strs){words, 2}, arena, deadline_ms, on_done, context);
}
