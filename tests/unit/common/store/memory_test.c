/* A hash becomes a record and a record a hash while memory runs out: the same record or a clean
 * failure, never one with a member less. */
#include "common/store/approval.h"
#include "common/store/client.h"
#include "common/store/code.h"
#include "common/store/document.h"
#include "common/store/grant.h"
#include "common/store/session.h"
#include "common/store/store_reply.h"
#include "tests/unit/common/base/allocation.h"
#include "tests/unit/common/base/unit.h"

#include <hiredis/hiredis.h>

enum { RECORD_BYTES_MAX = 1024, WORDS_MAX = 128 };

static const struct fields *const TABLES[] = {&APPROVAL_RECORD, &CLIENT_RECORD, &CODE_RECORD,
                                              &DOCUMENT_RECORD, &GRANT_RECORD,  &SESSION_RECORD};

/* Every member has a value, of its kind. */
static struct str value_of(const struct field *field)
{
    switch (field->kind) {
    case FIELD_STRS:
        return STR("[\"https://one.example/cb\",\"https://two.example/cb\"]");
    case FIELD_I64:
        return STR("1700000000");
    case FIELD_BOOL:
        return STR("1");
    case FIELD_STR:
    case FIELD_JSON:
        break;
    }
    return STR("a value of some length");
}

struct hash {
    const struct fields *fields;
    struct store_reply at[WORDS_MAX];
    struct store_reply reply;
};

static void hash_fill(struct hash *hash, const struct fields *fields)
{
    *hash = (struct hash){.fields = fields};
    for (size_t i = 0; i < fields->len; i++) {
        hash->at[2 * i] =
            (struct store_reply){.kind = STORE_TEXT, .text = str_from_cstr(fields->at[i].name)};
        hash->at[2 * i + 1] =
            (struct store_reply){.kind = STORE_TEXT, .text = value_of(&fields->at[i])};
    }
    hash->reply = (struct store_reply){.kind = STORE_LIST, .at = hash->at, .len = 2 * fields->len};
}

static enum failure read_and_write(const struct hash *hash, struct arena *arena)
{
    union {
        max_align_t alignment;
        unsigned char bytes[RECORD_BYTES_MAX];
    } record;
    struct strs pairs;
    TRY(record_from_hash(hash->fields, &hash->reply, arena, &record));
    TRY(fields_to_pairs(hash->fields, &record, arena, &pairs));
    assert_int_equal(pairs.len, hash->reply.len);
    for (size_t i = 0; i < pairs.len; i++)
        assert_true(str_equals(pairs.at[i], hash->at[i].text));
    return OK;
}

static enum failure record_attempt(void *context)
{
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    enum failure failure = arena != NULL ? read_and_write(context, arena) : FAIL_LIMIT_REACHED;
    if (failure != OK)
        assert_failure(failure, FAIL_LIMIT_REACHED, "without memory");
    arena_free(arena);
    return failure;
}

static void a_record_is_whole_or_not_there(void **state)
{
    struct hash hash;
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(TABLES); i++) {
        assert_in_range(TABLES[i]->size_bytes, 1, RECORD_BYTES_MAX);
        assert_in_range(2 * TABLES[i]->len, 1, WORDS_MAX);
        hash_fill(&hash, TABLES[i]);
        assert_true(allocation_fail_each(record_attempt, &hash) > 3);
    }
}

static enum failure conversion_attempt(void *context)
{
    struct store_scratch scratch = {0};
    struct store_reply reply;
    bool is_converted = store_reply_convert(context, &scratch, &reply);
    if (is_converted)
        assert_int_equal(reply.at[0].integer, 7);
    store_scratch_finish(&scratch);
    return is_converted ? OK : FAIL_LIMIT_REACHED;
}

static void a_reply_is_whole_or_not_there(void **state)
{
    redisReply seven = {.type = REDIS_REPLY_INTEGER, .integer = 7};
    redisReply *elements[] = {&seven};
    redisReply list = {.type = REDIS_REPLY_ARRAY, .elements = 1, .element = elements};
    (void)state;
    assert_int_equal(allocation_fail_each(conversion_attempt, &list), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_record_is_whole_or_not_there),
        UNIT_TEST(a_reply_is_whole_or_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
