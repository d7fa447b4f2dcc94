/* A hash comes as name, value, name, value; HMGET's values come in the order of the names and nil
 * where there is none. Both become the pairs that the field table reads. */
#include "common/store/record.h"
#include "common/store/store_scripts.h"

static enum failure record_from_pairs(const struct fields *fields, struct strs pairs,
                                      struct arena *arena, void *ret_record)
{
    if (pairs.len == 0)
        return FAIL_RECORD_MISSING;
    enum failure failure = fields_from_pairs(fields, pairs, arena, ret_record);
    return failure == FAIL_MESSAGE_MALFORMED ? FAIL_RECORD_CONFLICT : failure;
}

enum failure record_from_hash(const struct fields *fields, const struct store_reply *reply,
                              struct arena *arena, void *ret_record)
{
    if (reply->kind != STORE_LIST)
        return FAIL_RECORD_CONFLICT;
    struct strs pairs = {.at = arena_take_array(arena, reply->len + 1, sizeof(*pairs.at)),
                         .len = reply->len};
    if (pairs.at == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < pairs.len; i++)
        pairs.at[i] = reply->at[i].text;
    return record_from_pairs(fields, pairs, arena, ret_record);
}

enum failure record_from_values(const struct fields *fields, struct strs names,
                                const struct store_reply *reply, struct arena *arena,
                                void *ret_record)
{
    if (reply->kind != STORE_LIST || reply->len != names.len)
        return FAIL_RECORD_CONFLICT;
    struct strs pairs = {.at = arena_take_array(arena, 2 * names.len, sizeof(*pairs.at))};
    if (pairs.at == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < names.len; i++) {
        if (reply->at[i].kind != STORE_TEXT)
            continue;
        pairs.at[pairs.len++] = names.at[i];
        pairs.at[pairs.len++] = reply->at[i].text;
    }
    return record_from_pairs(fields, pairs, arena, ret_record);
}

enum failure record_words(struct arena *arena, struct strs first, struct strs pairs,
                          struct strs *ret_words)
{
    struct strs words = {.at =
                             arena_take_array(arena, first.len + pairs.len + 1, sizeof(*words.at))};
    if (words.at == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t i = 0; i < first.len; i++)
        words.at[words.len++] = first.at[i];
    for (size_t i = 0; i < pairs.len; i++)
        words.at[words.len++] = pairs.at[i];
    for (size_t i = 0; i < words.len; i++)
        if (!str_is_present(words.at[i]))
            return FAIL_LIMIT_REACHED;
    *ret_words = words;
    return OK;
}

struct record_step {
    record_done_cb *on_done;
    void *context;
};

static void on_step_done(void *context, enum failure failure, const struct store_reply *reply)
{
    const struct record_step *step = context;
    (void)reply;
    step->on_done(step->context, failure);
}

/* False, and the caller has been told, when a word is missing or the arena is full. *ret_step is
 * NULL when nobody waits. */
static bool step_begin(struct strs words, struct strs more, struct arena *arena,
                       record_done_cb *on_done, void *context, struct record_step **ret_step)
{
    bool is_complete = true;
    struct record_step *step = NULL;
    for (size_t i = 0; i < words.len; i++)
        is_complete = is_complete && str_is_present(words.at[i]);
    for (size_t i = 0; i < more.len; i++)
        is_complete = is_complete && str_is_present(more.at[i]);
    if (is_complete && on_done != NULL) {
        step = arena_take(arena, sizeof(*step));
        if (step != NULL)
            *step = (struct record_step){on_done, context};
        is_complete = step != NULL;
    }
    if (!is_complete && on_done != NULL)
        on_done(context, FAIL_LIMIT_REACHED);
    *ret_step = step;
    return is_complete;
}

void record_send(struct store *store, struct strs words, struct arena *arena, int64_t deadline_ms,
                 record_done_cb *on_done, void *context)
{
    struct record_step *step;
    if (step_begin(words, (struct strs){NULL, 0}, arena, on_done, context, &step))
        store_send(store, words, deadline_ms, step != NULL ? on_step_done : NULL, step);
}

void record_run(struct store *store, const struct store_script *script, struct strs keys,
                struct strs arguments, struct arena *arena, int64_t deadline_ms,
                record_done_cb *on_done, void *context)
{
    struct record_step *step;
    if (step_begin(keys, arguments, arena, on_done, context, &step))
        store_run(store, script, keys, arguments, deadline_ms, step != NULL ? on_step_done : NULL,
                  step);
}

static void on_created(void *context, enum failure failure, const struct store_reply *reply)
{
    const struct record_step *creation = context;
    if (failure == OK) {
        if (str_equals(reply->text, STR("conflict")))
            failure = FAIL_RECORD_CONFLICT;
        else if (str_equals(reply->text, STR("used")))
            failure = FAIL_ALREADY_CONNECTED;
    }
    creation->on_done(creation->context, failure);
}

void record_create(struct store *store, const struct record_create *create, struct arena *arena,
                   int64_t deadline_ms, record_done_cb *on_done, void *context)
{
    struct str first[] = {arena_decimal(arena, create->ttl_s), create->field_not_compared,
                          create->field_of_use};
    struct record_step *creation = arena_take(arena, sizeof(*creation));
    struct strs pairs, arguments;
    struct str key = create->key;
    if (creation == NULL || !str_is_present(key) ||
        fields_to_pairs(create->fields, create->record, arena, &pairs) != OK ||
        record_words(arena, (struct strs){first, 3}, pairs, &arguments) != OK) {
        on_done(context, FAIL_LIMIT_REACHED);
        return;
    }
    *creation = (struct record_step){on_done, context};
    store_run(store, &SCRIPT_CREATE, (struct strs){&key, 1}, arguments, deadline_ms, on_created,
              creation);
}
