/* Records in Redis: between a struct that a field table describes and a hash.
 *
 *     TRY(record_from_hash(&CODE_RECORD, reply, arena, &record));            HGETALL's reply
 *     struct str words[] = {STR("HMGET"), key, STR("scope"), STR("login")};
 *     store_send(store, (struct strs){words, 4}, deadline_ms, on_reply, context);
 *     TRY(record_from_values(&GRANT_RECORD, names, reply, arena, &record));  HMGET's reply
 *
 * Fields of a newer release stay in Redis untouched and are ignored here. Texts live in the arena.
 */
#ifndef COMMON_STORE_RECORD_H
#define COMMON_STORE_RECORD_H

#include "common/base/fields.h"
#include "common/store/store.h"

/* FAIL_RECORD_MISSING when there is no such hash, FAIL_RECORD_CONFLICT when it cannot be read as
 * the table says, FAIL_LIMIT_REACHED when the arena is full. */
enum failure record_from_hash(const struct fields *fields, const struct store_reply *reply,
                              struct arena *arena, void *ret_record) MUST_CHECK;
/* The same for HMGET names...: a hash without any of these fields is missing. */
enum failure record_from_values(const struct fields *fields, struct strs names,
                                const struct store_reply *reply, struct arena *arena,
                                void *ret_record) MUST_CHECK;

/* One list of words; FAIL_LIMIT_REACHED when the arena is full or a word is absent, which is how a
 * full arena shows itself in a word. */
enum failure record_words(struct arena *arena, struct strs first, struct strs pairs,
                          struct strs *ret_words) MUST_CHECK;

/* For what ends in nothing but a failure. Like every callback of a record it comes later from the
 * loop, but at once, with FAIL_LIMIT_REACHED, when the arena is full. */
typedef void record_done_cb(void *context, enum failure failure);

struct record_create {
    struct str key;
    int64_t ttl_s;
    const struct fields *fields;
    const void *record;
    struct str field_not_compared; /* may differ in an equal record; or empty */
    struct str field_of_use;       /* its presence says that the record has been used; or empty */
};

/* Create-only. OK also for an equal record, FAIL_RECORD_CONFLICT for another one,
 * FAIL_ALREADY_CONNECTED for an equal one that has been used. */
void record_create(struct store *store, const struct record_create *create, struct arena *arena,
                   int64_t deadline_ms, record_done_cb *on_done, void *context);

/* Steps of which only success or failure matters. on_done may be NULL. An absent word fails with
 * FAIL_LIMIT_REACHED. */
void record_send(struct store *store, struct strs words, struct arena *arena, int64_t deadline_ms,
                 record_done_cb *on_done, void *context);
void record_run(struct store *store, const struct store_script *script, struct strs keys,
                struct strs arguments, struct arena *arena, int64_t deadline_ms,
                record_done_cb *on_done, void *context);

#endif
