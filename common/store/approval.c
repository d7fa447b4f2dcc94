#include "common/store/approval.h"
#include "common/base/limits.h"
#include "common/store/key.h"
#include "common/store/store_scripts.h"

static const struct field APPROVAL_FIELDS[] = {
    FIELD(struct approval_record, client_id, STR, CLIENT_ID_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct approval_record, scope, STR, SCOPE_BYTES_MAX, 0),
    FIELD(struct approval_record, approved_at, I64, 0, 0),
};
const struct fields APPROVAL_RECORD = FIELDS_OF(struct approval_record, APPROVAL_FIELDS);

struct approval_read {
    approval_cb *on_approval;
    void *context;
};

static void on_exists(void *context, enum failure failure, const struct store_reply *reply)
{
    struct approval_read *read = context;
    read->on_approval(read->context, failure, failure == OK && reply->integer == 1);
}

void approval_get(struct store *store, struct str user_id, struct str h, struct arena *arena,
                  int64_t deadline_ms, approval_cb *on_approval, void *context)
{
    struct str words[] = {STR("EXISTS"), key_approval(arena, user_id, h)};
    struct approval_read *read = arena_take(arena, sizeof(*read));
    if (read == NULL || !str_is_present(words[1])) {
        on_approval(context, FAIL_LIMIT_REACHED, false);
        return;
    }
    *read = (struct approval_read){on_approval, context};
    store_send(store, (struct strs){words, 2}, deadline_ms, on_exists, read);
}

void approval_remember(struct store *store, struct str user_id, struct str h,
                       const struct approval_record *record, struct arena *arena,
                       int64_t deadline_ms)
{
    struct str key = key_approval(arena, user_id, h);
    struct str ttl = arena_decimal(arena, APPROVAL_TTL_S);
    struct strs pairs, arguments;
    if (fields_to_pairs(&APPROVAL_RECORD, record, arena, &pairs) != OK ||
        record_words(arena, (struct strs){&ttl, 1}, pairs, &arguments) != OK)
        return;
    record_run(store, &SCRIPT_APPROVE, (struct strs){&key, 1}, arguments, arena, deadline_ms, NULL,
               NULL);
}
