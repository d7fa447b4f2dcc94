/* A worker may die after its write and before its answer: the same request comes again, and must be
 * told the same (proto/README.md). Registering, changing and deleting a client, each twice. */
#include "tests/unit/services/registry/registry_rig.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <jansson.h>

#define SEED_1 "1111111111111111111111111111111111111111111111111111111111111111"
#define SEED_2 "2222222222222222222222222222222222222222222222222222222222222222"

static struct registry_rig rig;

static int setup(void **state)
{
    (void)state;
    registry_rig_start(&rig);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    registry_rig_stop(&rig);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    redis_rig_ask(rig.redis, "FLUSHALL");
    return 0;
}

/* A member of {"registration": {...}} or {"client": {...}}; absent without one. */
static struct str member(struct task_rig_answer answer, const char *name)
{
    json_t *reply = json_loadb(answer.json.at, answer.json.len, 0, NULL);
    json_t *inner = json_object_iter_value(json_object_iter(reply));
    struct str value =
        arena_dup(rig.arena, str_from_cstr(json_string_value(json_object_get(inner, name))));
    json_decref(reply);
    return value;
}

static void assert_same(struct task_rig_answer one, struct task_rig_answer other)
{
    assert_int_equal(one.failure, OK);
    assert_int_equal(other.failure, OK);
    static const char *const names[] = {"client_id", "client_name", "client_secret",
                                        "registration_access_token", "token_endpoint_auth_method"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_true(str_equals(member(one, names[i]), member(other, names[i])));
}

static struct task_rig_answer send_register(const char *request, const char *method)
{
    struct register_request message = {
        .metadata = arena_printf(rig.arena,
                                 "{\"redirect_uris\":[\"http://localhost/cb\"],"
                                 "\"token_endpoint_auth_method\":\"%s\"}",
                                 method),
        .seed = STR(SEED_1),
    };
    return registry_rig_call(&rig, request, register_handle, &REGISTER_REPLY, &message,
                             sizeof(message));
}

struct registrant {
    struct str client_id;
    struct str registration_access_token;
    struct str client_secret;
};

static struct registrant registrant_new(const char *method)
{
    struct task_rig_answer answer = send_register("r", method);
    assert_int_equal(answer.failure, OK);
    return (struct registrant){member(answer, "client_id"),
                               member(answer, "registration_access_token"),
                               member(answer, "client_secret")};
}

/* client_secret may be absent. */
static struct task_rig_answer send_update(const char *request, const struct registrant *registrant,
                                          const char *method, struct str client_secret)
{
    struct str secret =
        str_is_present(client_secret)
            ? arena_printf(rig.arena, ",\"client_secret\":\"%.*s\"", STR_ARGS(client_secret))
            : STR("");
    struct client_update_request message = {
        .client_id = registrant->client_id,
        .registration_access_token = registrant->registration_access_token,
        .metadata =
            arena_printf(rig.arena,
                         "{\"client_id\":\"%.*s\",\"redirect_uris\":[\"http://localhost/2\"],"
                         "\"token_endpoint_auth_method\":\"%s\"%.*s}",
                         STR_ARGS(registrant->client_id), method, STR_ARGS(secret)),
        .seed = STR(SEED_2),
    };
    return registry_rig_call(&rig, request, client_update_handle, &CLIENT_UPDATE_REPLY, &message,
                             sizeof(message));
}

static struct task_rig_answer send_delete(const char *request, const struct registrant *registrant)
{
    struct client_delete_request message = {
        .client_id = registrant->client_id,
        .registration_access_token = registrant->registration_access_token,
    };
    return registry_rig_call(&rig, request, client_delete_handle, NULL, &message, sizeof(message));
}

static void a_repeated_registration_is_the_same_client(void **state)
{
    (void)state;
    assert_same(send_register("1", "client_secret_post"), send_register("1", "client_secret_post"));
    struct str keys = redis_rig_ask(rig.redis, "KEYS mcp:client:*");
    assert_int_equal(str_index_of(keys, ' '), keys.len); /* one */
}

static void a_repeated_update_tells_the_new_secret_again(void **state)
{
    (void)state;
    const struct registrant registrant = registrant_new("none");
    struct task_rig_answer first = send_update("1", &registrant, "client_secret_post", STR_ABSENT);
    assert_true(str_is_present(member(first, "client_secret")));
    assert_same(first, send_update("1", &registrant, "client_secret_post", STR_ABSENT));
}

/* The update dropped the secret that it names; compared once, it is not compared again. */
static void a_repeated_update_may_name_the_secret_that_it_dropped(void **state)
{
    (void)state;
    const struct registrant registrant = registrant_new("client_secret_post");
    struct task_rig_answer first = send_update("1", &registrant, "none", registrant.client_secret);
    assert_same(first, send_update("1", &registrant, "none", registrant.client_secret));
    assert_int_equal(send_update("2", &registrant, "none", registrant.client_secret).failure,
                     FAIL_CLIENT_SECRET_DIFFERS);
}

static void a_repeated_deletion_succeeds_and_another_is_refused(void **state)
{
    (void)state;
    const struct registrant registrant = registrant_new("none");
    assert_int_equal(send_delete("1", &registrant).failure, OK);
    assert_int_equal(send_delete("1", &registrant).failure, OK);
    assert_int_equal(send_delete("2", &registrant).failure, FAIL_REGISTRATION_TOKEN_INVALID);
    assert_int_equal(send_update("3", &registrant, "none", STR_ABSENT).failure,
                     FAIL_REGISTRATION_TOKEN_INVALID);
}

/* Whatever allocation fails, a client is whole: as it was, or as it was to be. */
static void without_memory_nothing_is_half_done(void **state)
{
    (void)state;
    const struct registrant registrant = registrant_new("none");
    size_t n = 1;
    for (enum failure failure = FAIL_LIMIT_REACHED; failure != OK; n++) {
        assert_true(n < 500);
        rig.fail_at = n;
        failure = send_update("1", &registrant, "client_secret_post", STR_ABSENT).failure;
        rig.fail_at = 0;
        struct str names =
            redis_rig_ask(rig.redis, "HKEYS mcp:client:{%.*s}", STR_ARGS(registrant.client_id));
        struct str method =
            redis_rig_ask(rig.redis, "HGET mcp:client:{%.*s} token_endpoint_auth_method",
                          STR_ARGS(registrant.client_id));
        bool has_secret = memmem(names.at, names.len, "client_secret_sha256", 20) != NULL;
        assert_true(has_secret == !str_equals(method, STR("none")));
        assert_true(failure == OK || failure == FAIL_LIMIT_REACHED);
    }
    assert_true(n > 10);
    n = 1;
    for (enum failure failure = FAIL_LIMIT_REACHED; failure != OK; n++) {
        assert_true(n < 500);
        rig.fail_at = n;
        failure = send_delete("2", &registrant).failure;
        rig.fail_at = 0;
    }
    assert_int_equal(send_delete("3", &registrant).failure, FAIL_REGISTRATION_TOKEN_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_repeated_registration_is_the_same_client, clear),
        cmocka_unit_test_setup(a_repeated_update_tells_the_new_secret_again, clear),
        cmocka_unit_test_setup(a_repeated_update_may_name_the_secret_that_it_dropped, clear),
        cmocka_unit_test_setup(a_repeated_deletion_succeeds_and_another_is_refused, clear),
        cmocka_unit_test_setup(without_memory_nothing_is_half_done, clear),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
