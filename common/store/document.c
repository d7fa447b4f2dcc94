#include "common/store/document.h"
#include "common/base/limits.h"
#include "common/crypto/digest.h"
#include "common/store/key.h"
#include "common/store/store_scripts.h"

static const struct field DOCUMENT_RECORD_FIELDS[] = {
    FIELD(struct document_record, url, STR, CLIENT_ID_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct document_record, failure, STR, NAME_BYTES_MAX, 0),
    FIELD(struct document_record, text, STR, DOCUMENT_BYTES_MAX, 0),
    FIELD(struct document_record, token_endpoint_auth_method, STR, NAME_BYTES_MAX, 0),
    FIELD(struct document_record, jwks, STR, JWKS_BYTES_MAX, 0),
    FIELD(struct document_record, jwks_uri, STR, CLIENT_ID_BYTES_MAX, 0),
    FIELD(struct document_record, fetched_at, I64, 0, 0),
};
const struct fields DOCUMENT_RECORD = FIELDS_OF(struct document_record, DOCUMENT_RECORD_FIELDS);

static struct str NAMES[] = {
    STR_INIT("url"),  STR_INIT("failure"),  STR_INIT("token_endpoint_auth_method"),
    STR_INIT("jwks"), STR_INIT("jwks_uri"), STR_INIT("fetched_at"),
    STR_INIT("text")};
enum { NAMES_COUNT = sizeof(NAMES) / sizeof(NAMES[0]), NAMES_OF_AUTHENTICATION = NAMES_COUNT - 1 };

struct document_read {
    struct arena *arena;
    struct strs names;
    struct document_record record;
    document_record_cb *on_record;
    void *context;
};

static void on_values(void *context, enum failure failure, const struct store_reply *reply)
{
    struct document_read *read = context;
    if (failure == OK)
        failure =
            record_from_values(&DOCUMENT_RECORD, read->names, reply, read->arena, &read->record);
    bool is_there = failure == OK;
    if (failure == FAIL_RECORD_MISSING)
        failure = OK;
    read->on_record(read->context, failure, is_there ? &read->record : NULL);
}

static struct str document_key(struct arena *arena, struct str url)
{
    struct str h = digest_hex(arena, url);
    return str_is_present(h) ? key_document(arena, h) : STR_ABSENT;
}

static void document_read(struct store *store, struct str url, size_t names_len,
                          struct arena *arena, int64_t deadline_ms, document_record_cb *on_record,
                          void *context)
{
    struct str words[2 + NAMES_COUNT] = {STR("HMGET"), document_key(arena, url)};
    struct document_read *read = arena_take(arena, sizeof(*read));
    if (read == NULL || !str_is_present(words[1])) {
        on_record(context, FAIL_LIMIT_REACHED, NULL);
        return;
    }
    memcpy(words + 2, NAMES, names_len * sizeof(*NAMES));
    *read = (struct document_read){
        .arena = arena, .names = {NAMES, names_len}, .on_record = on_record, .context = context};
    store_send(store, (struct strs){words, 2 + names_len}, deadline_ms, on_values, read);
}

void document_record_get(struct store *store, struct str url, struct arena *arena,
                         int64_t deadline_ms, document_record_cb *on_record, void *context)
{
    document_read(store, url, NAMES_COUNT, arena, deadline_ms, on_record, context);
}

void document_record_get_authentication(struct store *store, struct str url, struct arena *arena,
                                        int64_t deadline_ms, document_record_cb *on_record,
                                        void *context)
{
    document_read(store, url, NAMES_OF_AUTHENTICATION, arena, deadline_ms, on_record, context);
}

void document_record_put(struct store *store, const struct document_record *record, int64_t ttl_s,
                         struct arena *arena, int64_t deadline_ms, record_done_cb *on_done,
                         void *context)
{
    struct str key = document_key(arena, record->url);
    struct str ttl = arena_decimal(arena, ttl_s);
    struct strs pairs, arguments;
    if (!str_is_present(key) || fields_to_pairs(&DOCUMENT_RECORD, record, arena, &pairs) != OK ||
        record_words(arena, (struct strs){&ttl, 1}, pairs, &arguments) != OK) {
        on_done(context, FAIL_LIMIT_REACHED);
        return;
    }
    record_run(store, &SCRIPT_REPLACE, (struct strs){&key, 1}, arguments, arena, deadline_ms,
               on_done, context);
}
