/* A session moves forward by small scripts, each of which may be repeated, because the edge repeats
 * the request of a broker that died, and the store a script whose answer was lost. Only a claim
 * tells the two apart, by its mark: the same broker goes on, another one cannot. */
#include "common/store/session.h"

#include <inttypes.h>

#include "common/base/limits.h"
#include "common/base/random.h"
#include "common/store/key.h"
#include "common/store/record.h"
#include "common/store/store_scripts.h"

#define MEMBER(member, kind, max, flags) FIELD(struct session_record, member, kind, max, flags)
static const struct field SESSION_FIELDS[] = {
    MEMBER(request_id, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    MEMBER(browser_sha256, STR, NAME_BYTES_MAX, FIELD_REQUIRED | FIELD_SECRET),
    MEMBER(client_id, STR, CLIENT_ID_BYTES_MAX, FIELD_REQUIRED),
    MEMBER(client_name, STR, CLIENT_NAME_BYTES_MAX, 0),
    MEMBER(client_fingerprint, STR, NAME_BYTES_MAX, 0),
    MEMBER(client_secret_sha256, STR, NAME_BYTES_MAX, FIELD_SECRET),
    MEMBER(token_endpoint_auth_method, STR, NAME_BYTES_MAX, 0),
    MEMBER(redirect_uri, STR, REDIRECT_URI_BYTES_MAX, FIELD_REQUIRED),
    MEMBER(redirect_uri_is_explicit, BOOL, 0, 0),
    MEMBER(scope, STR, SCOPE_BYTES_MAX, FIELD_REQUIRED),
    MEMBER(resource, STR, RESOURCE_BYTES_MAX, 0),
    MEMBER(state, STR, STATE_BYTES_MAX, 0),
    MEMBER(code_challenge, STR, CODE_CHALLENGE_BYTES_MAX, FIELD_REQUIRED),
    MEMBER(nonce, STR, NONCE_BYTES_MAX, 0),
    MEMBER(prompt, STR, NAME_BYTES_MAX, 0),
    MEMBER(login_hint, STR, LOGIN_HINT_BYTES_MAX, 0),
    MEMBER(traceparent, STR, NAME_BYTES_MAX, 0),
    MEMBER(created_at, I64, 0, 0),
    MEMBER(consent, STR, NAME_BYTES_MAX, 0),
    MEMBER(attempt, I64, 0, FIELD_REQUIRED),
    MEMBER(claim, STR, NAME_BYTES_MAX, 0),
    MEMBER(claim_until, I64, 0, 0),
    MEMBER(user_id, STR, NAME_BYTES_MAX, 0),
    MEMBER(login, STR, GITHUB_LOGIN_BYTES_MAX, 0),
    MEMBER(email, STR, EMAIL_BYTES_MAX, 0),
    MEMBER(rule, STR, RULE_BYTES_MAX, 0),
    MEMBER(denial, STR, DENIAL_BYTES_MAX, 0),
    MEMBER(help_url, STR, PAGE_TEXT_BYTES_MAX, 0),
    MEMBER(signed_in_at, I64, 0, 0),
    MEMBER(decision, STR, NAME_BYTES_MAX, 0),
};
const struct fields SESSION_RECORD = FIELDS_OF(struct session_record, SESSION_FIELDS);

/* What session_record_sign_in stores. */
static const struct field SIGN_IN_FIELDS[] = {
    MEMBER(user_id, STR, NAME_BYTES_MAX, 0),  MEMBER(login, STR, GITHUB_LOGIN_BYTES_MAX, 0),
    MEMBER(email, STR, EMAIL_BYTES_MAX, 0),   MEMBER(rule, STR, RULE_BYTES_MAX, 0),
    MEMBER(denial, STR, DENIAL_BYTES_MAX, 0), MEMBER(help_url, STR, PAGE_TEXT_BYTES_MAX, 0),
    MEMBER(signed_in_at, I64, 0, 0),
};
static const struct fields SIGN_IN = FIELDS_OF(struct session_record, SIGN_IN_FIELDS);
#undef MEMBER

void session_record_create(struct store *store, struct str s, const struct session_record *record,
                           struct arena *arena, int64_t deadline_ms, session_done_cb *on_done,
                           void *context)
{
    const struct record_create create = {
        .key = key_session(arena, s),
        .ttl_s = SESSION_TTL_S,
        .fields = &SESSION_RECORD,
        .record = record,
        .field_not_compared = STR("created_at"),
        .field_of_use = STR(""),
    };
    record_create(store, &create, arena, deadline_ms, on_done, context);
}

/* One step on its way; which callback counts is known by the function that made it. */
struct step {
    struct arena *arena;
    session_record_cb *on_record;
    session_claim_cb *on_claim;
    session_done_cb *on_done;
    session_attempt_cb *on_attempt;
    session_decision_cb *on_decision;
    void *context;
};

static struct step *step_new(struct arena *arena, void *context)
{
    struct step *step = arena_take(arena, sizeof(*step));
    if (step != NULL)
        *step = (struct step){.arena = arena, .context = context};
    return step;
}

static void on_get(void *context, enum failure failure, const struct store_reply *reply)
{
    struct step *step = context;
    struct session_record *record = arena_take(step->arena, sizeof(*record));
    if (failure == OK && record == NULL)
        failure = FAIL_LIMIT_REACHED;
    if (failure == OK)
        failure = record_from_hash(&SESSION_RECORD, reply, step->arena, record);
    bool is_missing = failure == FAIL_RECORD_MISSING;
    step->on_record(step->context, is_missing ? OK : failure, failure == OK ? record : NULL);
}

void session_record_get(struct store *store, struct str s, struct arena *arena, int64_t deadline_ms,
                        session_record_cb *on_record, void *context)
{
    struct str words[] = {STR("HGETALL"), key_session(arena, s)};
    struct step *step = step_new(arena, context);
    if (step == NULL || !str_is_present(words[1])) {
        on_record(context, FAIL_LIMIT_REACHED, NULL);
        return;
    }
    step->on_record = on_record;
    store_send(store, (struct strs){words, 2}, deadline_ms, on_get, step);
}

static bool run(struct store *store, const struct store_script *script, struct str s,
                struct strs arguments, struct arena *arena, int64_t deadline_ms,
                store_reply_cb *on_reply, struct step *step)
{
    struct str key = key_session(arena, s);
    for (size_t i = 0; i < arguments.len; i++)
        if (!str_is_present(arguments.at[i]))
            return false;
    if (step == NULL || !str_is_present(key))
        return false;
    store_run(store, script, (struct strs){&key, 1}, arguments, deadline_ms, on_reply, step);
    return true;
}

static void on_claim_reply(void *context, enum failure failure, const struct store_reply *reply)
{
    static const struct {
        const char *word;
        enum session_claim claim;
    } ANSWERS[] = {
        {"yours", SESSION_CLAIM_YOURS},       {"signed_in", SESSION_CLAIM_SIGNED_IN},
        {"claimed", SESSION_CLAIM_OTHERS},    {"abandoned", SESSION_CLAIM_ABANDONED},
        {"outdated", SESSION_CLAIM_OUTDATED},
    };
    struct step *step = context;
    enum session_claim claim = SESSION_CLAIM_OUTDATED;
    if (failure == OK) {
        failure = FAIL_SESSION_UNKNOWN;
        for (size_t i = 0; i < sizeof(ANSWERS) / sizeof(ANSWERS[0]); i++) {
            if (str_equals_cstr(reply->text, ANSWERS[i].word)) {
                claim = ANSWERS[i].claim;
                failure = OK;
            }
        }
    }
    step->on_claim(step->context, failure, claim);
}

void session_record_claim(struct store *store, struct str s, struct str request_id, int64_t attempt,
                          struct arena *arena, int64_t deadline_ms, session_claim_cb *on_claim,
                          void *context)
{
    uint64_t mark;
    random_fill(&mark, sizeof(mark));
    struct str arguments[] = {request_id, arena_decimal(arena, SESSION_CLAIM_S),
                              arena_decimal(arena, attempt), arena_printf(arena, "%" PRIx64, mark)};
    struct step *step = step_new(arena, context);
    if (step != NULL)
        step->on_claim = on_claim;
    if (!run(store, &SCRIPT_SESSION_CLAIM, s, (struct strs){arguments, 4}, arena, deadline_ms,
             on_claim_reply, step))
        on_claim(context, FAIL_LIMIT_REACHED, SESSION_CLAIM_OUTDATED);
}

static void on_sign_in_reply(void *context, enum failure failure, const struct store_reply *reply)
{
    struct step *step = context;
    if (failure == OK && !str_equals(reply->text, STR("signed_in")))
        failure = FAIL_SESSION_UNKNOWN;
    step->on_done(step->context, failure);
}

void session_record_sign_in(struct store *store, struct str s, struct str request_id,
                            const struct session_record *record, struct arena *arena,
                            int64_t deadline_ms, session_done_cb *on_done, void *context)
{
    struct strs pairs, arguments;
    struct step *step = step_new(arena, context);
    if (step != NULL)
        step->on_done = on_done;
    if (fields_to_pairs(&SIGN_IN, record, arena, &pairs) != OK ||
        record_words(arena, (struct strs){&request_id, 1}, pairs, &arguments) != OK ||
        !run(store, &SCRIPT_SESSION_SIGN_IN, s, arguments, arena, deadline_ms, on_sign_in_reply,
             step))
        on_done(context, FAIL_LIMIT_REACHED);
}

static void on_again_reply(void *context, enum failure failure, const struct store_reply *reply)
{
    struct step *step = context;
    if (failure == OK && (reply->kind != STORE_INTEGER || reply->integer < 0))
        failure = FAIL_SESSION_UNKNOWN;
    step->on_attempt(step->context, failure, failure == OK ? reply->integer : 0);
}

void session_record_again(struct store *store, struct str s, int64_t attempt, struct arena *arena,
                          int64_t deadline_ms, session_attempt_cb *on_attempt, void *context)
{
    struct str argument = arena_decimal(arena, attempt);
    struct step *step = step_new(arena, context);
    if (step != NULL)
        step->on_attempt = on_attempt;
    if (!run(store, &SCRIPT_SESSION_AGAIN, s, (struct strs){&argument, 1}, arena, deadline_ms,
             on_again_reply, step))
        on_attempt(context, FAIL_LIMIT_REACHED, 0);
}

static void on_decide_reply(void *context, enum failure failure, const struct store_reply *reply)
{
    struct step *step = context;
    if (failure == OK && (reply->kind != STORE_LIST || reply->len != 2))
        failure = FAIL_SERVER_ERROR;
    bool is_approved = failure == OK && str_equals(reply->at[0].text, STR("approve"));
    if (failure == OK && !is_approved && !str_equals(reply->at[0].text, STR("deny")))
        failure = FAIL_SESSION_UNKNOWN;
    if (is_approved && reply->at[1].integer >= CODE_TTL_S)
        failure = FAIL_ALREADY_CONNECTED;
    step->on_decision(step->context, failure, is_approved);
}

void session_record_decide(struct store *store, struct str s, struct str decision, int64_t attempt,
                           struct arena *arena, int64_t deadline_ms,
                           session_decision_cb *on_decision, void *context)
{
    struct str arguments[] = {decision, arena_decimal(arena, attempt)};
    struct step *step = step_new(arena, context);
    if (step != NULL)
        step->on_decision = on_decision;
    if (!run(store, &SCRIPT_SESSION_DECIDE, s, (struct strs){arguments, 2}, arena, deadline_ms,
             on_decide_reply, step))
        on_decision(context, FAIL_LIMIT_REACHED, false);
}

static void on_consent_reply(void *context, enum failure failure, const struct store_reply *reply)
{
    struct step *step = context;
    bool is_approved = failure == OK && str_equals(reply->text, STR("approve"));
    if (failure == OK && !is_approved && !str_equals(reply->text, STR("deny")))
        failure = FAIL_SESSION_UNKNOWN;
    step->on_decision(step->context, failure, is_approved);
}

void session_record_consent(struct store *store, struct str s, struct str decision,
                            struct arena *arena, int64_t deadline_ms,
                            session_decision_cb *on_decision, void *context)
{
    struct step *step = step_new(arena, context);
    if (step != NULL)
        step->on_decision = on_decision;
    if (!run(store, &SCRIPT_SESSION_CONSENT, s, (struct strs){&decision, 1}, arena, deadline_ms,
             on_consent_reply, step))
        on_decision(context, FAIL_LIMIT_REACHED, false);
}
