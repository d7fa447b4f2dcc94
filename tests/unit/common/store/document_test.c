/* mcp:document:{h} against a real Redis. */
#include "tests/unit/common/store/grant_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/crypto/digest.h"
#include "common/store/document.h"
#include "common/store/key.h"

#define URL STR("https://app.example.com/client.json")

static struct fixture fixture;

struct document_seen {
    struct seen seen;
    bool is_there;
    struct document_record record;
};

static int setup(void **state)
{
    (void)state;
    fixture_init(&fixture);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_finish(&fixture);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    fixture_clear(&fixture);
    return 0;
}

static void on_document(void *context, enum failure failure, const struct document_record *record)
{
    struct document_seen *document = context;
    document->is_there = record != NULL;
    if (record != NULL)
        document->record = *record;
    fixture_on_done(&document->seen, failure);
}

static void put(const struct document_record *record, int64_t ttl_s)
{
    struct seen seen = {.is_done = false};
    document_record_put(fixture.store, record, ttl_s, redis_rig_arena(fixture.rig),
                        redis_rig_deadline_ms(), fixture_on_done, &seen);
    assert_int_equal(fixture_await(&fixture, &seen), OK);
}

static struct document_seen get(bool only_authentication)
{
    struct document_seen document = {.is_there = false};
    (only_authentication ? document_record_get_authentication
                         : document_record_get)(fixture.store, URL, redis_rig_arena(fixture.rig),
                                                redis_rig_deadline_ms(), on_document, &document);
    assert_int_equal(fixture_await(&fixture, &document.seen), OK);
    return document;
}

static const struct document_record FETCHED = {
    .url = STR_INIT("https://app.example.com/client.json"),
    .text = STR_INIT("{\"client_id\":\"https://app.example.com/client.json\"}"),
    .token_endpoint_auth_method = STR_INIT("private_key_jwt"),
    .jwks_uri = STR_INIT("https://app.example.com/jwks.json"),
    .fetched_at = 1700000000,
};

static void a_document_is_what_was_put(void **state)
{
    (void)state;
    assert_false(get(false).is_there);
    put(&FETCHED, 300);
    const struct document_seen whole = get(false), part = get(true);
    assert_true(whole.is_there && part.is_there);
    assert_true(str_equals(whole.record.text, FETCHED.text));
    assert_false(str_is_present(part.record.text));
    assert_true(str_equals(part.record.jwks_uri, FETCHED.jwks_uri));
    assert_true(str_equals(part.record.token_endpoint_auth_method, STR("private_key_jwt")));
    assert_int_equal(part.record.fetched_at, FETCHED.fetched_at);
}

static void what_was_put_before_is_gone_whole(void **state)
{
    (void)state;
    const struct document_record failed = {
        .url = URL, .failure = STR("document_unavailable"), .fetched_at = 1700000300};
    put(&FETCHED, 300);
    put(&failed, 60);
    const struct document_seen document = get(false);
    assert_true(str_equals(document.record.failure, STR("document_unavailable")));
    assert_false(str_is_present(document.record.text));
    assert_false(str_is_present(document.record.jwks_uri));
}

static void it_lives_as_long_as_it_was_given(void **state)
{
    (void)state;
    put(&FETCHED, 300);
    struct arena *arena = redis_rig_arena(fixture.rig);
    struct str key = key_document(arena, digest_hex(arena, URL));
    char command[160];
    snprintf(command, sizeof(command), "TTL %.*s", STR_ARGS(key));
    int64_t ttl_s = fixture_ask_number(&fixture, command);
    assert_true(ttl_s > 295 && ttl_s <= 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_document_is_what_was_put, clear),
        cmocka_unit_test_setup(what_was_put_before_is_gone_whole, clear),
        cmocka_unit_test_setup(it_lives_as_long_as_it_was_given, clear),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
