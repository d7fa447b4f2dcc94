/* mcp:client:{client_id}: created once, read in full or for authentication, extended by use. */
#include "common/store/client.h"
#include "tests/unit/common/store/grant_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/clock.h"

#define CLIENT "mcp:client:{mcp_example.com_1}"

static struct fixture fixture;

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

static struct client_record client_of(void)
{
    static struct str uris[] = {STR_INIT("http://localhost/callback"), STR_INIT("cursor://x/y")};
    return (struct client_record){
        .client_id = STR("mcp_example.com_1"),
        .client_name = STR("Inspector \xc3\xa9"),
        .redirect_uris = {uris, 2},
        .scope = STR("mcp:example.com:tools"),
        .token_endpoint_auth_method = STR("client_secret_post"),
        .client_secret_sha256 = STR("abcd"),
        .registration_access_token_sha256 = STR("ef01"),
        .request_id = FIXTURE_REQUEST_1,
        .created_at = 1700000000,
    };
}

static enum failure create(const struct client_record *record)
{
    struct seen seen = {.is_done = false};
    client_record_create(fixture.store, record, redis_rig_arena(fixture.rig),
                         redis_rig_deadline_ms(), fixture_on_done, &seen);
    return fixture_await(&fixture, &seen);
}

static void on_client(void *context, enum failure failure, const struct client_record *record)
{
    struct seen *seen = context;
    seen->record = record;
    fixture_on_done(seen, failure);
}

static void a_client_is_read_as_it_was_registered_with_its_end(void **state)
{
    (void)state;
    struct seen seen = {.is_done = false};
    const struct client_record written = client_of();
    assert_int_equal(create(&written), OK);
    client_record_get(fixture.store, written.client_id, redis_rig_arena(fixture.rig),
                      redis_rig_deadline_ms(), on_client, &seen);
    assert_int_equal(fixture_await(&fixture, &seen), OK);
    const struct client_record *read = seen.record;
    assert_non_null(read);
    assert_true(str_equals(read->client_name, written.client_name));
    assert_int_equal(read->redirect_uris.len, 2);
    assert_true(str_equals(read->redirect_uris.at[1], STR("cursor://x/y")));
    assert_int_equal(read->created_at, 1700000000);
    assert_in_range(read->expires_at, clock_wall_s() + CLIENT_TTL_S - 5,
                    clock_wall_s() + CLIENT_TTL_S);
}

static void an_unknown_client_is_no_failure_of_the_store(void **state)
{
    (void)state;
    struct seen seen[2] = {{.is_done = false}};
    client_record_get(fixture.store, STR("mcp_any_2"), redis_rig_arena(fixture.rig),
                      redis_rig_deadline_ms(), on_client, &seen[0]);
    client_record_get_authentication(fixture.store, STR("mcp_any_2"), redis_rig_arena(fixture.rig),
                                     redis_rig_deadline_ms(), on_client, &seen[1]);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fixture_await(&fixture, &seen[i]), OK);
        assert_null(seen[i].record);
    }
}

static void authentication_reads_only_what_it_needs(void **state)
{
    (void)state;
    struct seen seen = {.is_done = false};
    const struct client_record written = client_of();
    assert_int_equal(create(&written), OK);
    client_record_get_authentication(fixture.store, written.client_id, redis_rig_arena(fixture.rig),
                                     redis_rig_deadline_ms(), on_client, &seen);
    assert_int_equal(fixture_await(&fixture, &seen), OK);
    const struct client_record *read = seen.record;
    assert_non_null(read);
    assert_true(str_equals(read->client_secret_sha256, written.client_secret_sha256));
    assert_true(str_equals(read->token_endpoint_auth_method, STR("client_secret_post")));
    assert_false(str_is_present(read->client_name));
}

static void a_registration_can_be_repeated_but_not_replaced(void **state)
{
    (void)state;
    struct client_record record = client_of();
    assert_int_equal(create(&record), OK);
    record.created_at++;
    assert_int_equal(create(&record), OK);
    record.client_name = STR("Another");
    assert_int_equal(create(&record), FAIL_RECORD_CONFLICT);
}

static void use_extends_a_client_and_never_creates_one(void **state)
{
    (void)state;
    struct seen seen = {.is_done = false};
    const struct client_record record = client_of();
    assert_int_equal(create(&record), OK);
    redis_rig_ask(fixture.rig, "EXPIRE " CLIENT " 100");
    client_record_extend(fixture.store, record.client_id, redis_rig_arena(fixture.rig),
                         redis_rig_deadline_ms());
    client_record_extend(fixture.store, STR("mcp_any_2"), redis_rig_arena(fixture.rig),
                         redis_rig_deadline_ms());
    client_record_get(fixture.store, STR("mcp_any_2"), redis_rig_arena(fixture.rig),
                      redis_rig_deadline_ms(), on_client, &seen);
    assert_int_equal(fixture_await(&fixture, &seen), OK);
    assert_null(seen.record);
    assert_true(fixture_ask_number(&fixture, "TTL " CLIENT) > CLIENT_TTL_S - 5);
}

static struct str on_updated_digest;

static void on_updated(void *context, enum failure failure, struct str client_secret_sha256)
{
    on_updated_digest = arena_dup(redis_rig_arena(fixture.rig), client_secret_sha256);
    fixture_on_done(context, failure);
}

static enum failure update(const struct client_record *record)
{
    struct seen seen = {.is_done = false};
    client_record_update(fixture.store, record, redis_rig_arena(fixture.rig),
                         redis_rig_deadline_ms(), on_updated, &seen);
    return fixture_await(&fixture, &seen);
}

/* RFC 7592 2.2: values replace, omitted ones go. */
static void an_update_replaces_every_field_and_keeps_the_life(void **state)
{
    (void)state;
    struct client_record record = client_of();
    assert_int_equal(create(&record), OK);
    redis_rig_ask(fixture.rig, "EXPIRE " CLIENT " 100");
    redis_rig_ask(fixture.rig, "HSET " CLIENT " of_a_newer_release 1");
    record.client_name = STR("Renamed");
    record.scope = STR_ABSENT;
    record.request_id = FIXTURE_REQUEST_2;
    for (int i = 0; i < 2; i++) { /* and once more: a repeated request */
        assert_int_equal(update(&record), OK);
        assert_redis(&fixture, "Renamed", "HGET " CLIENT " client_name");
        assert_redis(&fixture, "0", "HEXISTS " CLIENT " scope");
        assert_redis(&fixture, "1", "HGET " CLIENT " of_a_newer_release");
        assert_redis(&fixture, "1700000000", "HGET " CLIENT " created_at");
        assert_true(fixture_ask_number(&fixture, "TTL " CLIENT) <= 100);
    }
}

static void a_secret_is_kept_taken_or_dropped_by_an_update(void **state)
{
    (void)state;
    struct client_record record = client_of();
    assert_int_equal(create(&record), OK); /* has abcd */
    record.client_secret_sha256 = STR("9999");
    assert_int_equal(update(&record), OK);
    assert_true(str_equals(on_updated_digest, STR("abcd")));
    assert_redis(&fixture, "abcd", "HGET " CLIENT " client_secret_sha256");
    record.client_secret_sha256 = STR_ABSENT;
    assert_int_equal(update(&record), OK);
    assert_true(str_equals(on_updated_digest, STR("")));
    assert_redis(&fixture, "0", "HEXISTS " CLIENT " client_secret_sha256");
    record.client_secret_sha256 = STR("9999");
    assert_int_equal(update(&record), OK);
    assert_true(str_equals(on_updated_digest, STR("9999")));
    record.client_secret_sha256 = STR("7777");
    assert_int_equal(update(&record), OK);
    assert_true(str_equals(on_updated_digest, STR("9999")));
}

static void an_update_never_creates(void **state)
{
    (void)state;
    const struct client_record record = client_of();
    assert_int_equal(update(&record), FAIL_RECORD_MISSING);
    assert_redis(&fixture, "0", "EXISTS " CLIENT);
}

static enum failure remove_client(struct str digest, struct str request_id)
{
    struct seen seen = {.is_done = false};
    const struct client_delete client = {STR("mcp_example.com_1"), digest, request_id};
    client_record_delete(fixture.store, &client, redis_rig_arena(fixture.rig),
                         redis_rig_deadline_ms(), fixture_on_done, &seen);
    return fixture_await(&fixture, &seen);
}

/* RFC 7592 2.3 */
static void a_client_is_deleted_once_and_the_same_request_succeeds_again(void **state)
{
    (void)state;
    const struct client_record record = client_of();
    assert_int_equal(remove_client(STR("ef01"), FIXTURE_REQUEST_1), FAIL_RECORD_MISSING);
    assert_int_equal(create(&record), OK);
    assert_int_equal(remove_client(STR("ef02"), FIXTURE_REQUEST_2), FAIL_RECORD_MISSING);
    assert_redis(&fixture, "1", "EXISTS " CLIENT);
    assert_int_equal(remove_client(STR("ef01"), FIXTURE_REQUEST_2), OK);
    assert_redis(&fixture, "0", "EXISTS " CLIENT);
    assert_int_equal(remove_client(STR("ef01"), FIXTURE_REQUEST_2), OK);
    assert_int_equal(remove_client(STR("ef01"), FIXTURE_REQUEST_3), FAIL_RECORD_MISSING);
    assert_in_range(fixture_ask_number(&fixture, "TTL " CLIENT ":deleted"), 1,
                    CLIENT_DELETED_TTL_S);
}

static void a_change_without_room_is_told_at_once(void **state)
{
    (void)state;
    const struct client_record record = client_of();
    const struct client_delete client = {record.client_id, STR("ef01"), FIXTURE_REQUEST_1};
    for (size_t n = 1; n <= 4; n++) {
        struct seen seen[2] = {{.is_done = false}};
        arena_fail_at(n);
        client_record_update(fixture.store, &record, redis_rig_arena(fixture.rig),
                             redis_rig_deadline_ms(), on_updated, &seen[0]);
        arena_fail_at(n);
        client_record_delete(fixture.store, &client, redis_rig_arena(fixture.rig),
                             redis_rig_deadline_ms(), fixture_on_done, &seen[1]);
        arena_fail_at(0);
        for (int i = 0; i < 2; i++) {
            assert_true(seen[i].is_done);
            assert_int_equal(seen[i].failure, FAIL_LIMIT_REACHED);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_client_is_read_as_it_was_registered_with_its_end, clear),
        cmocka_unit_test_setup(an_unknown_client_is_no_failure_of_the_store, clear),
        cmocka_unit_test_setup(authentication_reads_only_what_it_needs, clear),
        cmocka_unit_test_setup(a_registration_can_be_repeated_but_not_replaced, clear),
        cmocka_unit_test_setup(use_extends_a_client_and_never_creates_one, clear),
        cmocka_unit_test_setup(an_update_replaces_every_field_and_keeps_the_life, clear),
        cmocka_unit_test_setup(a_secret_is_kept_taken_or_dropped_by_an_update, clear),
        cmocka_unit_test_setup(an_update_never_creates, clear),
        cmocka_unit_test_setup(a_client_is_deleted_once_and_the_same_request_succeeds_again, clear),
        cmocka_unit_test_setup(a_change_without_room_is_told_at_once, clear),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
