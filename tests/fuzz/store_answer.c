/* Redis controls this input, and with it whoever writes there: other processes of ours, of this
 * release or the next to it, and an operator with redis-cli. Attacks store_reply_convert,
 * store_reply_refusal, store_refusal_row and what every record of common/store makes of a reply.
 *
 * The first character says which operation is asked. Each following line is a reply: `+text`,
 * `:number`, `-REFUSAL text`, `_` for nil, `*N` for a list of the next N; without a line left, nil.
 */
#include "common/store/approval.h"
#include "common/store/assertion.h"
#include "common/store/client.h"
#include "common/store/code.h"
#include "common/store/document.h"
#include "common/store/grant.h"
#include "common/store/grants_index.h"
#include "common/store/rate.h"
#include "common/store/revoked.h"
#include "common/store/session.h"
#include "common/store/store_reply.h"
#include "tests/fuzz/fuzz.h"

#include <hiredis/hiredis.h>

enum { COMMANDS_MAX = 8, NESTING_MAX = 4, ELEMENTS_MAX = 128, DEADLINE_MS = 1000 };

/* ---- a store that has been asked, and is about to answer */

static struct {
    store_reply_cb *on_reply;
    void *context;
} commands[COMMANDS_MAX];
static size_t commands_len;
static int answers; /* of the operation */

static void command_add(store_reply_cb *on_reply, void *context)
{
    FUZZ_CHECK(commands_len < COMMANDS_MAX);
    commands[commands_len].on_reply = on_reply;
    commands[commands_len++].context = context;
}

static void check_words(struct strs words)
{
    for (size_t i = 0; i < words.len; i++)
        FUZZ_CHECK(str_is_present(words.at[i]));
}

void store_send(struct store *store, struct strs words, int64_t deadline_ms,
                store_reply_cb *on_reply, void *context)
{
    FUZZ_CHECK(store == NULL && words.len > 0 && deadline_ms == DEADLINE_MS);
    check_words(words);
    command_add(on_reply, context);
}

void store_run(struct store *store, const struct store_script *script, struct strs keys,
               struct strs arguments, int64_t deadline_ms, store_reply_cb *on_reply, void *context)
{
    FUZZ_CHECK(store == NULL && keys.len > 0 && deadline_ms == DEADLINE_MS && script != NULL);
    check_words(keys);
    check_words(arguments);
    command_add(on_reply, context);
}

void store_send_to(struct store *store, size_t master, struct strs words, int64_t deadline_ms,
                   store_reply_cb *on_reply, void *context)
{
    FUZZ_CHECK(master < store_masters(store));
    store_send(store, words, deadline_ms, on_reply, context);
}

size_t store_masters(const struct store *store)
{
    return store == NULL ? 1 : 0;
}

size_t store_pending(const struct store *store)
{
    return store == NULL ? 0 : 1;
}

bool store_is_ready(const struct store *store)
{
    return store == NULL;
}

/* ---- replies, as hiredis hands them over */

static char *text_dup(struct arena *arena, struct str text, redisReply *reply)
{
    struct str copy = arena_dup(arena, text);
    char *at = arena_take(arena, copy.len + 1);
    if (at == NULL || !str_is_present(copy))
        return NULL;
    memcpy(at, copy.at, copy.len);
    reply->len = copy.len;
    return at;
}

static redisReply *reply_read(struct arena *arena, struct str *lines, unsigned depth)
{
    redisReply *reply = arena_take(arena, sizeof(*reply));
    struct str line = fuzz_line(lines);
    int64_t number = 0;
    if (reply == NULL || line.len == 0)
        return reply;
    struct str rest = str_from(line, 1);
    reply->type = REDIS_REPLY_NIL;
    if (line.at[0] == '+' || line.at[0] == '-') {
        reply->type = line.at[0] == '+' ? REDIS_REPLY_STRING : REDIS_REPLY_ERROR;
        reply->str = text_dup(arena, rest, reply);
        return reply->str != NULL ? reply : NULL;
    }
    bool is_negative = str_starts_with(rest, STR("-"));
    bool is_number = str_to_i64(is_negative ? str_from(rest, 1) : rest, &number);
    if (line.at[0] == ':' && is_number) {
        reply->type = REDIS_REPLY_INTEGER;
        reply->integer = is_negative ? -number : number;
    } else if (line.at[0] == '*' && is_number && number <= ELEMENTS_MAX && depth < NESTING_MAX) {
        reply->type = REDIS_REPLY_ARRAY;
        reply->elements = (size_t)number;
        reply->element = arena_take_array(arena, reply->elements + 1, sizeof(*reply->element));
        for (size_t i = 0; i < reply->elements && reply->element != NULL; i++) {
            reply->element[i] = reply_read(arena, lines, depth + 1);
            if (reply->element[i] == NULL)
                return NULL;
        }
        return reply->element != NULL ? reply : NULL;
    }
    return reply;
}

static void command_answer(size_t index, const redisReply *reply, struct store_scratch *scratch)
{
    struct store_reply converted;
    enum failure failure = OK;
    struct str refusal = store_reply_refusal(reply);
    if (str_is_present(refusal))
        failure = store_refusal_row(refusal)->failure;
    else if (!store_reply_convert(reply, scratch, &converted))
        failure = FAIL_LIMIT_REACHED;
    (void)store_refusal_is(refusal, "NOSCRIPT");
    if (commands[index].on_reply != NULL)
        commands[index].on_reply(commands[index].context, failure,
                                 failure == OK ? &converted : NULL);
}

/* ---- whoever waits */

static void on_done(void *context, enum failure failure)
{
    FUZZ_CHECK(context == &answers && failure_row(failure) != NULL);
    answers++;
}

static void on_approval(void *context, enum failure failure, bool is_approved)
{
    FUZZ_CHECK(failure == OK || !is_approved);
    on_done(context, failure);
}

static void on_client(void *context, enum failure failure, const struct client_record *record)
{
    FUZZ_CHECK(failure == OK || record == NULL);
    FUZZ_CHECK(record == NULL || str_is_present(record->client_id));
    FUZZ_CHECK(record == NULL || record->expires_at >= FIELD_I64_ABSENT);
    on_done(context, failure);
}

static void on_updated(void *context, enum failure failure, struct str client_secret_sha256)
{
    FUZZ_CHECK(failure == OK || !str_is_present(client_secret_sha256));
    on_done(context, failure);
}

static void on_code(void *context, enum failure failure, const struct code_record *record)
{
    FUZZ_CHECK(failure == OK || record == NULL);
    FUZZ_CHECK(record == NULL || str_is_present(record->secret_sha256));
    on_done(context, failure);
}

static void on_redeemed(void *context, enum failure failure, int64_t issued_at)
{
    FUZZ_CHECK(failure != OK || issued_at >= 0);
    on_done(context, failure);
}

static void on_document(void *context, enum failure failure, const struct document_record *record)
{
    FUZZ_CHECK(failure == OK || record == NULL);
    on_done(context, failure);
}

static void on_grant(void *context, enum failure failure, const struct grant_record *record)
{
    FUZZ_CHECK(failure == OK || record == NULL);
    FUZZ_CHECK(record == NULL || str_is_present(record->user_id));
    on_done(context, failure);
}

static void on_rotated(void *context, enum failure failure, const struct grant_issue *issue)
{
    FUZZ_CHECK((failure == OK) == (issue != NULL));
    FUZZ_CHECK(issue == NULL || (issue->n >= 0 && issue->m >= 0 && issue->issued_at >= 0));
    on_done(context, failure);
}

static void on_rate(void *context, enum failure failure, int64_t retry_after_s)
{
    FUZZ_CHECK(failure == FAIL_RATE_LIMITED || retry_after_s == 0);
    on_done(context, failure);
}

static void on_user(void *context, enum failure failure, int64_t not_before)
{
    FUZZ_CHECK(not_before >= 0);
    on_done(context, failure);
}

static void on_session(void *context, enum failure failure, const struct session_record *record)
{
    FUZZ_CHECK(failure == OK || record == NULL);
    FUZZ_CHECK(record == NULL || str_is_present(record->client_id));
    on_done(context, failure);
}

static void on_claim(void *context, enum failure failure, enum session_claim claim)
{
    FUZZ_CHECK(failure == OK || claim == SESSION_CLAIM_OUTDATED);
    on_done(context, failure);
}

static void on_attempt(void *context, enum failure failure, int64_t attempt)
{
    FUZZ_CHECK(attempt >= 0 && (failure == OK || attempt == 0));
    on_done(context, failure);
}

static void on_decision(void *context, enum failure failure, bool is_approved)
{
    FUZZ_CHECK(failure == OK || failure == FAIL_ALREADY_CONNECTED || !is_approved);
    on_done(context, failure);
}

/* ---- the operations */

#define G STR("0123456789abcdef0123456789abcdef")

static void ask_of_clients(unsigned which, struct arena *arena)
{
    const struct client_record client = {.client_id = STR("mcp_any_1"),
                                         .token_endpoint_auth_method = STR("none")};
    const struct client_delete deletion = {STR("mcp_any_1"), STR("ab"), STR("1")};
    const struct document_record document = {.url = STR("https://a.example/c")};
    switch (which) {
    case 0:
        client_record_get(NULL, client.client_id, arena, DEADLINE_MS, on_client, &answers);
        break;
    case 1:
        client_record_get_authentication(NULL, client.client_id, arena, DEADLINE_MS, on_client,
                                         &answers);
        break;
    case 2:
        client_record_create(NULL, &client, arena, DEADLINE_MS, on_done, &answers);
        break;
    case 3:
        client_record_update(NULL, &client, arena, DEADLINE_MS, on_updated, &answers);
        break;
    case 4:
        client_record_delete(NULL, &deletion, arena, DEADLINE_MS, on_done, &answers);
        break;
    case 5:
        document_record_get(NULL, document.url, arena, DEADLINE_MS, on_document, &answers);
        break;
    case 6:
        document_record_get_authentication(NULL, document.url, arena, DEADLINE_MS, on_document,
                                           &answers);
        break;
    default:
        document_record_put(NULL, &document, 60, arena, DEADLINE_MS, on_done, &answers);
    }
}

static void ask_of_grants(unsigned which, struct arena *arena)
{
    const struct code_record code = {.secret_sha256 = STR("ab"),
                                     .client_id = STR("c"),
                                     .redirect_uri = STR("https://a.example"),
                                     .scope = STR("mcp:a:b"),
                                     .user_id = STR("1"),
                                     .login = STR("l"),
                                     .code_challenge = STR("x")};
    const struct code_redemption redemption = {.g = G, .request_id = STR("1"), .record = &code};
    const struct grant_rotation rotation = {.g = G, .request_id = STR("1"), .n = 1};
    const struct revoked_subject subject = {.g = G, .m = 1, .user_id = STR("1"), .issued_at = 5};
    switch (which) {
    case 0:
        code_record_get(NULL, G, arena, DEADLINE_MS, on_code, &answers);
        break;
    case 1:
        code_record_create(NULL, G, &code, arena, DEADLINE_MS, on_done, &answers);
        break;
    case 2:
        code_record_redeem(NULL, &redemption, arena, DEADLINE_MS, on_redeemed, &answers);
        break;
    case 3:
        grant_record_get(NULL, G, arena, DEADLINE_MS, on_grant, &answers);
        break;
    case 4:
        grant_record_rotate(NULL, &rotation, arena, DEADLINE_MS, on_rotated, &answers);
        break;
    case 5:
        grant_record_revoke(NULL, G, 60, arena, DEADLINE_MS, on_done, &answers);
        break;
    case 6:
        revoked_check(NULL, &subject, arena, DEADLINE_MS, on_done, &answers);
        break;
    default:
        revoked_user_get(NULL, STR("1"), arena, DEADLINE_MS, on_user, &answers);
    }
}

static void ask_of_sessions(unsigned which, struct arena *arena)
{
    const struct session_record session = {.client_id = STR("c"), .user_id = STR("1")};
    switch (which) {
    case 0:
        session_record_get(NULL, G, arena, DEADLINE_MS, on_session, &answers);
        break;
    case 1:
        session_record_create(NULL, G, &session, arena, DEADLINE_MS, on_done, &answers);
        break;
    case 2:
        session_record_claim(NULL, G, STR("1"), 1, arena, DEADLINE_MS, on_claim, &answers);
        break;
    case 3:
        session_record_sign_in(NULL, G, STR("1"), &session, arena, DEADLINE_MS, on_done, &answers);
        break;
    case 4:
        session_record_again(NULL, G, 1, arena, DEADLINE_MS, on_attempt, &answers);
        break;
    case 5:
        session_record_decide(NULL, G, STR("approve"), 1, arena, DEADLINE_MS, on_decision,
                              &answers);
        break;
    default:
        session_record_consent(NULL, G, STR("approve"), arena, DEADLINE_MS, on_decision, &answers);
    }
}

static void ask_of_others(unsigned which, struct arena *arena)
{
    const struct assertion_use use = {STR("c"), STR("j"), STR("1"), 60};
    const struct rate_limit limit = {"register", 10, 60};
    switch (which) {
    case 0:
        approval_get(NULL, STR("1"), STR("ab"), arena, DEADLINE_MS, on_approval, &answers);
        break;
    case 1:
        assertion_use(NULL, &use, arena, DEADLINE_MS, on_done, &answers);
        break;
    case 2:
        rate_take(NULL, &limit, STR("192.0.2.1"), arena, DEADLINE_MS, on_rate, &answers);
        break;
    default:
        grants_index_add(NULL, STR("1"), G, 60, arena, DEADLINE_MS, on_done, &answers);
    }
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct store_scratch scratch = {0};
    if (input.len == 0)
        return;
    unsigned which = (unsigned char)input.at[0] % 32u;
    void (*const ask[])(unsigned, struct arena *) = {ask_of_clients, ask_of_grants, ask_of_sessions,
                                                     ask_of_others};
    struct str lines = str_from(input, 2);
    commands_len = 0;
    answers = 0;
    ask[which / 8](which % 8, arena);
    FUZZ_CHECK(commands_len > 0 && answers == 0);
    for (size_t i = 0; i < commands_len; i++) {
        const redisReply *reply = reply_read(arena, &lines, 0);
        if (reply == NULL)
            break; /* the arena is full */
        command_answer(i, reply, &scratch);
        FUZZ_CHECK(answers == (i + 1 == commands_len));
    }
    store_scratch_finish(&scratch);
}
