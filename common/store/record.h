/* Records in Redis: between a struct that a field table describes and a hash.
 *
 *     TRY(record_from_hash(&CODE_RECORD, reply, arena, &record));            HGETALL's reply
 *     struct str words[] = {STR("HMGET"), key, STR("scope"), STR("login")};
 *     store_send(store, (struct strs){words, 4}, deadline_ms, on_reply, context);
 *     TRY(record_from_values(&GRANT_RECORD, names, reply, arena, &record));  HMGET's reply
 *
 * Fields of a newer release stay in Redis untouched and are ignored here. Texts live in the arena. */
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

/* An integer as Redis takes it; the absent text when the arena is full. */
struct str record_integer(struct arena *arena, int64_t value);

/* For what ends in nothing but a failure. */
typedef void record_done_cb(void *context, enum failure failure);

#endif
