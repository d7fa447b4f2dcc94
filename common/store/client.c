/* A client's life is its key's TTL; expires_at is computed from it and never stored, so that using
 * the client is one EXPIRE. */
#include "common/store/client.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/store/key.h"
#include "common/store/record.h"

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
    if (read->ttl_s >= 0)
        read->record.expires_at = clock_wall_s() + read->ttl_s;
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
                                 STR_INIT("client_secret_sha256")};
    struct client_read *read = client_read_new(arena, on_record, context);
    struct str words[] = {STR("HMGET"), key_client(arena, client_id), names[0], names[1], names[2]};
    if (read == NULL || !str_is_present(words[1])) {
        on_record(context, FAIL_LIMIT_REACHED, NULL);
        return;
    }
    read->names = (struct strs){names, 3};
    store_send(store, (struct strs){words, 5}, deadline_ms, on_client, read);
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
                          record_integer(arena, CLIENT_TTL_S)};
    record_send(store, (struct strs){words, 3}, arena, deadline_ms, NULL, NULL);
}
