/* Reading takes only what the checks need; the counters are the script's business. */
#include "common/store/grant.h"
#include "common/base/limits.h"
#include "common/store/key.h"
#include "common/store/store_scripts.h"

static const struct field GRANT_RECORD_FIELDS[] = {
    FIELD(struct grant_record, client_id, STR, CLIENT_ID_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct grant_record, scope, STR, SCOPE_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct grant_record, user_id, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct grant_record, login, STR, GITHUB_LOGIN_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct grant_record, email, STR, EMAIL_BYTES_MAX, 0),
    FIELD(struct grant_record, rule, STR, RULE_BYTES_MAX, 0),
    FIELD(struct grant_record, signed_in_at, I64, 0, 0),
    FIELD(struct grant_record, n, I64, 0, 0),
    FIELD(struct grant_record, m, I64, 0, 0),
    FIELD(struct grant_record, issued_at, I64, 0, 0),
    FIELD(struct grant_record, rotated_at, STR, NAME_BYTES_MAX, 0),
    FIELD(struct grant_record, request_id, STR, NAME_BYTES_MAX, 0),
};
const struct fields GRANT_RECORD = FIELDS_OF(struct grant_record, GRANT_RECORD_FIELDS);

struct grant_read {
    struct arena *arena;
    struct grant_record record;
    grant_record_cb *on_record;
    void *context;
};

static void on_grant(void *context, enum failure failure, const struct store_reply *reply)
{
    struct grant_read *read = context;
    if (failure == OK)
        failure = record_from_hash(&GRANT_RECORD, reply, read->arena, &read->record);
    bool is_missing = failure == FAIL_RECORD_MISSING;
    read->on_record(read->context, is_missing ? OK : failure, failure == OK ? &read->record : NULL);
}

void grant_record_get(struct store *store, struct str g, struct arena *arena, int64_t deadline_ms,
                      grant_record_cb *on_record, void *context)
{
    struct str words[] = {STR("HGETALL"), key_refresh(arena, g)};
    struct grant_read *read = arena_take(arena, sizeof(*read));
    if (read == NULL || !str_is_present(words[1])) {
        on_record(context, FAIL_LIMIT_REACHED, NULL);
        return;
    }
    *read = (struct grant_read){.arena = arena, .on_record = on_record, .context = context};
    store_send(store, (struct strs){words, 2}, deadline_ms, on_grant, read);
}

struct grant_use {
    grant_rotated_cb *on_rotated;
    void *context;
};

static const struct {
    const char *word; /* the first of what rotate.lua answers */
    enum failure failure;
    bool is_adopted;
} ROTATE_ANSWERS[] = {
    {"issued", OK, false},
    {"adopted", OK, true},
    {"replayed", FAIL_REFRESH_TOKEN_REPLAYED, false},
    {"superseded", FAIL_REFRESH_TOKEN_SUPERSEDED, false},
    {"missing", FAIL_REFRESH_TOKEN_INVALID, false},
};

static enum failure issue_from_reply(const struct store_reply *reply, struct grant_issue *ret_issue)
{
    if (reply->kind != STORE_LIST || reply->len == 0)
        return FAIL_SERVER_ERROR;
    for (size_t i = 0; i < sizeof(ROTATE_ANSWERS) / sizeof(ROTATE_ANSWERS[0]); i++) {
        if (!str_equals_cstr(reply->at[0].text, ROTATE_ANSWERS[i].word))
            continue;
        TRY(ROTATE_ANSWERS[i].failure);
        if (reply->len != 5)
            return FAIL_SERVER_ERROR;
        for (size_t k = 1; k < reply->len; k++)
            if (reply->at[k].integer < 0)
                return FAIL_SERVER_ERROR; /* a record that somebody has spoilt */
        *ret_issue = (struct grant_issue){
            .n = reply->at[1].integer,
            .m = reply->at[2].integer,
            .issued_at = reply->at[3].integer,
            .rotated_at = reply->at[4].integer,
            .is_adopted = ROTATE_ANSWERS[i].is_adopted,
        };
        return OK;
    }
    return FAIL_SERVER_ERROR;
}

static void on_rotated_reply(void *context, enum failure failure, const struct store_reply *reply)
{
    const struct grant_use *use = context;
    struct grant_issue issue;
    if (failure == OK)
        failure = issue_from_reply(reply, &issue);
    use->on_rotated(use->context, failure, failure == OK ? &issue : NULL);
}

void grant_record_rotate(struct store *store, const struct grant_rotation *rotation,
                         struct arena *arena, int64_t deadline_ms, grant_rotated_cb *on_rotated,
                         void *context)
{
    struct str keys[] = {key_refresh(arena, rotation->g), key_revoked(arena, rotation->g)};
    struct str first[] = {
        arena_decimal(arena, rotation->n),
        rotation->request_id,
        arena_decimal(arena, rotation->refresh_grace_s),
        arena_decimal(arena, rotation->refresh_token_ttl_s),
        arena_decimal(arena, rotation->grant_end_at),
        arena_decimal(arena, rotation->revoked_ttl_s),
        arena_decimal(arena, GRANT_ROTATIONS_MAX),
    };
    struct grant_use *use = arena_take(arena, sizeof(*use));
    struct strs arguments;
    if (use == NULL || !str_is_present(keys[0]) || !str_is_present(keys[1]) ||
        record_words(arena, (struct strs){first, 7}, (struct strs){NULL, 0}, &arguments) != OK) {
        on_rotated(context, FAIL_LIMIT_REACHED, NULL);
        return;
    }
    *use = (struct grant_use){on_rotated, context};
    store_run(store, &SCRIPT_ROTATE, (struct strs){keys, 2}, arguments, deadline_ms,
              on_rotated_reply, use);
}

void grant_record_revoke(struct store *store, struct str g, int64_t revoked_ttl_s,
                         struct arena *arena, int64_t deadline_ms, record_done_cb *on_done,
                         void *context)
{
    struct str keys[] = {key_refresh(arena, g), key_revoked(arena, g)};
    struct str ttl = arena_decimal(arena, revoked_ttl_s);
    record_run(store, &SCRIPT_REVOKE, (struct strs){keys, 2}, (struct strs){&ttl, 1}, arena,
               deadline_ms, on_done, context);
}
