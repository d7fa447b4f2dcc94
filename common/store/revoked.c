/* A grant and its token lie in one slot and are asked with one command, the user in another. */
#include "common/store/revoked.h"
#include "common/store/key.h"

void revoked_add_token(struct store *store, struct str g, int64_t m, int64_t ttl_s,
                       struct arena *arena, int64_t deadline_ms, record_done_cb *on_done,
                       void *context)
{
    struct str words[] = {STR("SET"), key_revoked_token(arena, g, m), STR("1"), STR("EX"),
                          arena_decimal(arena, ttl_s)};
    record_send(store, (struct strs){words, 5}, arena, deadline_ms, on_done, context);
}

void revoked_add_user(struct store *store, struct str user_id, int64_t not_before, int64_t ttl_s,
                      struct arena *arena, int64_t deadline_ms, record_done_cb *on_done,
                      void *context)
{
    struct str words[] = {STR("SET"), key_revoked_user(arena, user_id),
                          arena_decimal(arena, not_before), STR("EX"), arena_decimal(arena, ttl_s)};
    record_send(store, (struct strs){words, 5}, arena, deadline_ms, on_done, context);
}

struct user_read {
    revoked_user_cb *on_user;
    void *context;
};

static void on_user_value(void *context, enum failure failure, const struct store_reply *reply)
{
    const struct user_read *read = context;
    int64_t not_before = 0;
    if (failure == OK && reply->kind == STORE_TEXT && !str_to_i64(reply->text, &not_before))
        failure = FAIL_RECORD_CONFLICT;
    read->on_user(read->context, failure, not_before);
}

void revoked_user_get(struct store *store, struct str user_id, struct arena *arena,
                      int64_t deadline_ms, revoked_user_cb *on_user, void *context)
{
    struct str words[] = {STR("GET"), key_revoked_user(arena, user_id)};
    struct user_read *read = arena_take(arena, sizeof(*read));
    if (read == NULL || !str_is_present(words[1])) {
        on_user(context, FAIL_LIMIT_REACHED, 0);
        return;
    }
    *read = (struct user_read){on_user, context};
    store_send(store, (struct strs){words, 2}, deadline_ms, on_user_value, read);
}

struct revoked_question {
    int64_t issued_at;
    size_t answers_left; /* either may come first: one can fail at once */
    enum failure failure;
    record_done_cb *on_checked;
    void *context;
};

static void question_answer(struct revoked_question *question, enum failure failure)
{
    if (question->failure == OK)
        question->failure = failure;
    if (--question->answers_left == 0)
        question->on_checked(question->context, question->failure);
}

static void on_marks(void *context, enum failure failure, const struct store_reply *reply)
{
    if (failure == OK && (reply->kind != STORE_INTEGER || reply->integer > 0))
        failure = FAIL_TOKEN_REVOKED;
    question_answer(context, failure);
}

static void on_not_before(void *context, enum failure failure, int64_t not_before)
{
    struct revoked_question *question = context;
    if (failure == OK && question->issued_at < not_before)
        failure = FAIL_TOKEN_REVOKED;
    question_answer(question, failure);
}

void revoked_check(struct store *store, const struct revoked_subject *subject, struct arena *arena,
                   int64_t deadline_ms, record_done_cb *on_checked, void *context)
{
    struct str words[] = {STR("EXISTS"), key_revoked(arena, subject->g),
                          key_revoked_token(arena, subject->g, subject->m)};
    struct revoked_question *question = arena_take(arena, sizeof(*question));
    if (question == NULL || !str_is_present(words[1]) || !str_is_present(words[2])) {
        on_checked(context, FAIL_LIMIT_REACHED);
        return;
    }
    *question = (struct revoked_question){
        .issued_at = subject->issued_at,
        .answers_left = 2,
        .on_checked = on_checked,
        .context = context,
    };
    store_send(store, (struct strs){words, 3}, deadline_ms, on_marks, question);
    revoked_user_get(store, subject->user_id, arena, deadline_ms, on_not_before, question);
}
