#include "common/store/keyspace_records.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/store/approval.h"
#include "common/store/client.h"
#include "common/store/keyspace_walk.h"
#include "tests/unit/common/store/redis_rig.h"

enum { RECORDS = 2 * KEYSPACE_PAGE_KEYS + 7 };

struct read {
    bool is_done;
    enum failure failure;
    size_t records;
    bool is_seen[RECORDS];
    size_t with_ttl, without_ttl;
};

static void on_approval(void *context, const struct keyspace_record *read_record)
{
    struct read *read = context;
    const struct approval_record *record = read_record->record;
    int64_t nth;
    assert_int_equal(read_record->parts.family, KEY_FAMILY_APPROVAL);
    assert_true(str_equals(read_record->parts.rest, STR("h")));
    assert_true(str_to_i64(read_record->parts.tag, &nth) && nth < RECORDS);
    assert_int_equal(record->approved_at, nth); /* the hash of this very name */
    assert_non_null(arena_dup(read_record->arena, record->client_id).at);
    read->records++;
    read->is_seen[nth] = true;
    if (read_record->ttl_s == -1)
        read->without_ttl++;
    else if (read_record->ttl_s > 400 && read_record->ttl_s <= 500)
        read->with_ttl++;
}

static void on_client(void *context, const struct keyspace_record *read_record)
{
    struct read *read = context;
    const struct client_record *record = read_record->record;
    assert_true(str_equals(record->client_id, read_record->parts.tag));
    read->records++;
}

static void on_done(void *context, enum failure failure)
{
    struct read *read = context;
    assert_false(read->is_done);
    read->is_done = true;
    read->failure = failure;
}

static void read_all(struct read *read, struct redis_rig *rig, struct store *store,
                     struct keyspace_records_options options)
{
    options.context = read;
    keyspace_records_start(store, &options, on_done, read); /* copies its options */
    options = (struct keyspace_records_options){0};
    redis_rig_await(rig, &read->is_done);
}

static const struct keyspace_records_options approvals = {
    .family = KEY_FAMILY_APPROVAL, .fields = &APPROVAL_RECORD, .on_record = on_approval};

static void every_record_of_the_family_comes_with_the_rest_of_its_life(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    for (int i = 0; i < RECORDS; i++) {
        redis_rig_ask(rig, "HSET mcp:approval:{%d}:h client_id x approved_at %d", i, i);
        if (i % 2 == 0)
            redis_rig_ask(rig, "EXPIRE mcp:approval:{%d}:h 500", i);
    }
    redis_rig_ask(rig, "HSET mcp:code:{1} client_id x");
    redis_rig_ask(rig, "HSET other client_id x");
    struct read read = {0};
    read_all(&read, rig, redis_rig_open_store(rig), approvals);
    assert_int_equal(read.failure, OK);
    for (size_t i = 0; i < RECORDS; i++)
        assert_true(read.is_seen[i]);
    assert_true(read.with_ttl >= (RECORDS + 1) / 2);
    assert_true(read.without_ttl >= RECORDS / 2);
    assert_int_equal(read.with_ttl + read.without_ttl, read.records);
    redis_rig_stop(rig);
}

/* Names with the prefix of clients: a client, what its deletion left, one whose hash the table
 * cannot read, and one that somebody made a text. */
static void what_is_no_record_of_the_table_is_left_out(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    redis_rig_ask(rig, "HSET mcp:client:{a} client_id a client_name A redirect_uris "
                       "[\"https://a.example/cb\"] token_endpoint_auth_method none");
    redis_rig_ask(rig, "SET mcp:client:{b}:deleted 0123 EX 500");
    redis_rig_ask(rig, "HSET mcp:client:{c} client_name C");
    redis_rig_ask(rig, "HSET mcp:client:else client_id else");
    redis_rig_ask(rig, "SET mcp:client:{d} text");
    struct read read = {0};
    read_all(&read, rig, redis_rig_open_store(rig),
             (struct keyspace_records_options){
                 .family = KEY_FAMILY_CLIENT, .fields = &CLIENT_RECORD, .on_record = on_client});
    assert_int_equal(read.failure, OK);
    assert_int_equal(read.records, 1);
    redis_rig_stop(rig);
}

/* Else somebody would take the few that were read for all. */
static void a_question_that_fails_ends_the_reading(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    redis_rig_ask(rig, "HSET mcp:approval:{1}:h client_id x approved_at 1");
    redis_rig_ask(rig, "ACL SETUSER default -hgetall");
    struct read read = {0};
    read_all(&read, rig, redis_rig_open_store(rig), approvals);
    assert_int_equal(read.failure, FAIL_STORE_UNAVAILABLE);
    assert_int_equal(read.records, 0);
    redis_rig_stop(rig);
}

static void an_empty_redis_has_none_and_one_that_is_away_is_told(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    struct read none = {0}, away = {0};
    read_all(&none, rig, store, approvals);
    assert_int_equal(none.failure, OK);
    redis_rig_kill(rig);
    redis_rig_await_ready(rig, store, false);
    read_all(&away, rig, store, approvals);
    assert_int_equal(away.failure, FAIL_STORE_UNAVAILABLE);
    assert_int_equal(none.records + away.records, 0);
    redis_rig_stop(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_of_the_family_comes_with_the_rest_of_its_life),
        cmocka_unit_test(what_is_no_record_of_the_table_is_left_out),
        cmocka_unit_test(a_question_that_fails_ends_the_reading),
        cmocka_unit_test(an_empty_redis_has_none_and_one_that_is_away_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
