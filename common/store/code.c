/* What the signer checks it checks on a record that it has read; the script only has to decide what
 * can change meanwhile, which is whether the code has been used and whether the grant is revoked.
 */
#include "common/store/code.h"
#include "common/base/limits.h"
#include "common/store/grant.h"
#include "common/store/key.h"
#include "common/store/store_scripts.h"

static const struct field CODE_RECORD_FIELDS[] = {
    FIELD(struct code_record, secret_sha256, STR, NAME_BYTES_MAX, FIELD_REQUIRED | FIELD_SECRET),
    FIELD(struct code_record, client_id, STR, CLIENT_ID_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct code_record, client_secret_sha256, STR, NAME_BYTES_MAX, FIELD_SECRET),
    FIELD(struct code_record, token_endpoint_auth_method, STR, NAME_BYTES_MAX, 0),
    FIELD(struct code_record, redirect_uri, STR, REDIRECT_URI_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct code_record, redirect_uri_is_explicit, BOOL, 0, 0),
    FIELD(struct code_record, scope, STR, SCOPE_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct code_record, resource, STR, RESOURCE_BYTES_MAX, 0),
    FIELD(struct code_record, user_id, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct code_record, login, STR, GITHUB_LOGIN_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct code_record, email, STR, EMAIL_BYTES_MAX, 0),
    FIELD(struct code_record, rule, STR, RULE_BYTES_MAX, 0),
    FIELD(struct code_record, code_challenge, STR, CODE_CHALLENGE_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct code_record, nonce, STR, NONCE_BYTES_MAX, 0),
    FIELD(struct code_record, traceparent, STR, NAME_BYTES_MAX, 0),
    FIELD(struct code_record, signed_in_at, I64, 0, 0),
    FIELD(struct code_record, created_at, I64, 0, 0),
    FIELD(struct code_record, used_by, STR, NAME_BYTES_MAX, 0),
    FIELD(struct code_record, used_at, I64, 0, 0),
};
const struct fields CODE_RECORD = FIELDS_OF(struct code_record, CODE_RECORD_FIELDS);

void code_record_create(struct store *store, struct str g, const struct code_record *record,
                        struct arena *arena, int64_t deadline_ms, record_done_cb *on_done,
                        void *context)
{
    struct code_record fresh = *record;
    fresh.used_by = STR_ABSENT;
    fresh.used_at = FIELD_I64_ABSENT;
    const struct record_create create = {
        .key = key_code(arena, g),
        .ttl_s = CODE_TTL_S,
        .fields = &CODE_RECORD,
        .record = &fresh,
        .field_not_compared = STR("created_at"),
        .field_of_use = STR("used_by"),
    };
    record_create(store, &create, arena, deadline_ms, on_done, context);
}

struct code_read {
    struct arena *arena;
    struct code_record record;
    code_record_cb *on_record;
    void *context;
};

static void on_code(void *context, enum failure failure, const struct store_reply *reply)
{
    struct code_read *read = context;
    if (failure == OK)
        failure = record_from_hash(&CODE_RECORD, reply, read->arena, &read->record);
    bool is_missing = failure == FAIL_RECORD_MISSING;
    read->on_record(read->context, is_missing ? OK : failure, failure == OK ? &read->record : NULL);
}

void code_record_get(struct store *store, struct str g, struct arena *arena, int64_t deadline_ms,
                     code_record_cb *on_record, void *context)
{
    struct str words[] = {STR("HGETALL"), key_code(arena, g)};
    struct code_read *read = arena_take(arena, sizeof(*read));
    if (read == NULL || !str_is_present(words[1])) {
        on_record(context, FAIL_LIMIT_REACHED, NULL);
        return;
    }
    *read = (struct code_read){.arena = arena, .on_record = on_record, .context = context};
    store_send(store, (struct strs){words, 2}, deadline_ms, on_code, read);
}

struct code_use {
    code_redeemed_cb *on_redeemed;
    void *context;
};

static void on_used(void *context, enum failure failure, const struct store_reply *reply)
{
    const struct code_use *use = context;
    int64_t issued_at = FIELD_I64_ABSENT;
    if (failure == OK && (reply->kind != STORE_LIST || reply->len == 0))
        failure = FAIL_SERVER_ERROR;
    if (failure == OK) {
        if (str_equals(reply->at[0].text, STR("redeemed")) && reply->len == 2)
            issued_at = reply->at[1].integer;
        else if (str_equals(reply->at[0].text, STR("replayed")))
            failure = FAIL_CODE_REPLAYED;
        else
            failure = FAIL_CODE_UNKNOWN;
    }
    use->on_redeemed(use->context, failure, issued_at);
}

/* n, m and the times are the script's. */
static struct grant_record grant_of(const struct code_record *code)
{
    return (struct grant_record){
        .client_id = code->client_id,
        .scope = code->scope,
        .user_id = code->user_id,
        .login = code->login,
        .email = code->email,
        .rule = code->rule,
        .signed_in_at =
            code->signed_in_at != FIELD_I64_ABSENT ? code->signed_in_at : code->created_at,
        .n = FIELD_I64_ABSENT,
        .m = FIELD_I64_ABSENT,
        .issued_at = FIELD_I64_ABSENT,
    };
}

void code_record_redeem(struct store *store, const struct code_redemption *redemption,
                        struct arena *arena, int64_t deadline_ms, code_redeemed_cb *on_redeemed,
                        void *context)
{
    const struct grant_record grant = grant_of(redemption->record);
    struct str keys[] = {key_code(arena, redemption->g), key_refresh(arena, redemption->g),
                         key_revoked(arena, redemption->g)};
    struct str first[] = {redemption->request_id,
                          arena_decimal(arena, redemption->refresh_token_ttl_s),
                          arena_decimal(arena, redemption->grant_end_at),
                          arena_decimal(arena, redemption->revoked_ttl_s)};
    struct code_use *use = arena_take(arena, sizeof(*use));
    struct strs pairs, arguments;
    if (use == NULL || !str_is_present(keys[0]) || !str_is_present(keys[1]) ||
        !str_is_present(keys[2]) || fields_to_pairs(&GRANT_RECORD, &grant, arena, &pairs) != OK ||
        record_words(arena, (struct strs){first, 4}, pairs, &arguments) != OK) {
        on_redeemed(context, FAIL_LIMIT_REACHED, FIELD_I64_ABSENT);
        return;
    }
    *use = (struct code_use){on_redeemed, context};
    store_run(store, &SCRIPT_REDEEM, (struct strs){keys, 3}, arguments, deadline_ms, on_used, use);
}
