/* Whichever command to Redis fails, executed or not, alone or with all that follow: the operation
 * answers store_unavailable or what it would have answered, and the same request again succeeds
 * with the same result. What the operations leave behind is whole. */
#include "tests/unit/common/store/store_failure.h"
#include "tests/unit/services/registry/registry_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "tests/unit/common/net/web_stub.h"

#define SEED_1    "1111111111111111111111111111111111111111111111111111111111111111"
#define SEED_2    "2222222222222222222222222222222222222222222222222222222222222222"
#define ADDRESS   "192.0.2.1"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

static struct registry_rig rig;
static struct web_stub *stub;
static struct str private_host, ca_file, document_url;

static int setup(void **state)
{
    struct str problem = STR("");
    (void)state;
    registry_rig_start(&rig);
    stub = web_stub_new(rig.folder);
    private_host = arena_printf(rig.arena, "127.0.0.1:%d", web_stub_port(stub));
    ca_file = arena_printf(rig.arena, "%s/certificate.pem", rig.folder);
    document_url = arena_printf(rig.arena, "https://%.*s/client", STR_ARGS(private_host));
    struct str keys_url = arena_printf(rig.arena, "https://%.*s/keys", STR_ARGS(private_host));
    web_stub_serve(stub, "/keys",
                   "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"a\",\"y\":\"b\"}]}");
    web_stub_serve(stub, "/client",
                   arena_printf(rig.arena,
                                "{\"client_id\":\"%.*s\",\"client_name\":\"App\","
                                "\"redirect_uris\":[\"http://localhost/cb\"],"
                                "\"token_endpoint_auth_method\":\"private_key_jwt\","
                                "\"jwks_uri\":\"%.*s\"}",
                                STR_ARGS(document_url), STR_ARGS(keys_url))
                       .at);
    rig.config.document_private_hosts = (struct strs){&private_host, 1};
    rig.config.document_ca_file = ca_file;
    rig.config.rate_register_per_hour = rig.config.rate_register_per_day_all =
        rig.config.rate_authorize_per_minute = 1000000;
    registry_close();
    if (registry_open(redis_rig_loop(rig.redis), &rig.config, STR("https://auth.example.com"),
                      rig.arena, &problem) != OK)
        fail_msg("%.*s", STR_ARGS(problem));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(ca_file.at);
    registry_rig_stop(&rig);
    web_stub_free(stub);
    return 0;
}

/* ---- the operations */

struct registrant {
    struct str client_id;
    struct str token;
};

static struct task_rig_answer send_register(const struct registrant *nobody)
{
    const struct register_request message = {
        .metadata = STR("{\"redirect_uris\":[\"http://localhost/cb\"],"
                        "\"token_endpoint_auth_method\":\"client_secret_post\"}"),
        .seed = STR(SEED_1),
        .address = STR(ADDRESS),
    };
    (void)nobody;
    return registry_rig_call(&rig, "1", register_handle, &REGISTER_REPLY, &message,
                             sizeof(message));
}

static struct task_rig_answer send_client(const struct registrant *registrant)
{
    const struct client_request message = {.client_id = registrant->client_id,
                                           .registration_access_token = registrant->token};
    return registry_rig_call(&rig, "2", client_handle, &CLIENT_REPLY, &message, sizeof(message));
}

/* The first one gives up the secret, the second gets a new one. */
static struct task_rig_answer send_update(const struct registrant *registrant)
{
    const struct client_update_request message = {
        .client_id = registrant->client_id,
        .registration_access_token = registrant->token,
        .metadata = arena_printf(rig.arena,
                                 "{\"client_id\":\"%.*s\","
                                 "\"redirect_uris\":[\"http://localhost/2\"],"
                                 "\"token_endpoint_auth_method\":\"none\"}",
                                 STR_ARGS(registrant->client_id)),
        .seed = STR(SEED_2),
        .address = STR(ADDRESS),
    };
    return registry_rig_call(&rig, "3", client_update_handle, &CLIENT_UPDATE_REPLY, &message,
                             sizeof(message));
}

static struct task_rig_answer send_delete(const struct registrant *registrant)
{
    const struct client_delete_request message = {
        .client_id = registrant->client_id,
        .registration_access_token = registrant->token,
        .address = STR(ADDRESS),
    };
    return registry_rig_call(&rig, "4", client_delete_handle, NULL, &message, sizeof(message));
}

static struct task_rig_answer authorize(struct str client_id)
{
    const struct authorize_request message = {
        .response_type = STR("code"),
        .client_id = client_id,
        .redirect_uri = STR("http://localhost/cb"),
        .scope = STR("mcp:example.com:tools"),
        .code_challenge = STR(CHALLENGE),
        .code_challenge_method = STR("S256"),
        .max_age = FIELD_I64_ABSENT,
        .seed = STR(SEED_2),
        .address = STR(ADDRESS),
    };
    return registry_rig_call(&rig, "5", authorize_handle, &AUTHORIZE_REPLY, &message,
                             sizeof(message));
}

static struct task_rig_answer send_authorize(const struct registrant *registrant)
{
    return authorize(registrant->client_id);
}

static struct task_rig_answer send_authorize_of_document(const struct registrant *nobody)
{
    (void)nobody;
    return authorize(document_url);
}

static struct task_rig_answer send_resolve(const struct registrant *nobody)
{
    const struct resolve_request message = {.client_id = document_url};
    (void)nobody;
    return registry_rig_call(&rig, "6", resolve_handle, NULL, &message, sizeof(message));
}

/* ---- the failures */

static struct str member(struct str text, const char *name)
{
    json_t *reply = json_loadb(text.at, text.len, 0, NULL);
    json_t *inner = json_object_iter_value(json_object_iter(reply));
    struct str value =
        arena_dup(rig.arena, str_from_cstr(json_string_value(json_object_get(inner, name))));
    json_decref(reply);
    return value;
}

static struct registrant registrant_new(void)
{
    struct task_rig_answer answer = send_register(NULL);
    assert_int_equal(answer.failure, OK);
    return (struct registrant){member(answer.json, "client_id"),
                               member(answer.json, "registration_access_token")};
}

/* Whatever fails, a client is one of both: with a secret and its method, or without. */
static void assert_client_is_whole(struct str client_id)
{
    struct str method = redis_rig_ask(
        rig.redis, "HGET mcp:client:{%.*s} token_endpoint_auth_method", STR_ARGS(client_id));
    struct str has_secret = redis_rig_ask(
        rig.redis, "HEXISTS mcp:client:{%.*s} client_secret_sha256", STR_ARGS(client_id));
    if (str_is_present(method))
        assert_int_equal(str_equals(has_secret, STR("1")),
                         str_equals(method, STR("client_secret_post")));
    struct str ttl = redis_rig_ask(rig.redis, "TTL mcp:client:{%.*s}", STR_ARGS(client_id));
    assert_false(str_equals(ttl, STR("-1"))); /* nothing is kept for ever */
}

/* Times may differ by the seconds that passed between the two. */
static void assert_same_but_for_time(struct str first, struct str again)
{
    enum { TIME_DIGITS = 10, PASSED_S_MAX = 60 };
    size_t i = 0;
    assert_int_equal(first.len, again.len);
    while (i < first.len) {
        int64_t one, other;
        if (i + TIME_DIGITS <= first.len &&
            str_to_i64(str_first(str_from(first, i), TIME_DIGITS), &one) &&
            str_to_i64(str_first(str_from(again, i), TIME_DIGITS), &other)) {
            assert_in_range(other - one, 0, PASSED_S_MAX);
            i += TIME_DIGITS;
        } else {
            assert_int_equal(first.at[i], again.at[i]);
            i++;
        }
    }
}

struct operation_case {
    struct task_rig_answer (*send)(const struct registrant *registrant);
    size_t commands_min;
};

static void repeat(const struct operation_case *operation)
{
    struct store_failure failure = {0};
    while (store_failure_next(&failure)) {
        redis_rig_ask(rig.redis, "FLUSHALL");
        const struct registrant registrant = registrant_new();
        if (operation->send == send_register) /* from nothing */
            redis_rig_ask(rig.redis, "FLUSHALL");
        store_failure_arm(&failure);
        struct task_rig_answer first = operation->send(&registrant);
        store_failure_disarm(&failure);
        if (!failure.has_happened || first.failure != FAIL_STORE_UNAVAILABLE)
            assert_int_equal(first.failure, OK);
        assert_client_is_whole(registrant.client_id);
        struct task_rig_answer again = operation->send(&registrant);
        assert_int_equal(again.failure, OK);
        if (first.failure == OK && str_is_present(first.json))
            assert_same_but_for_time(first.json, again.json);
        assert_client_is_whole(registrant.client_id);
    }
    assert_true(failure.count >= 4 * operation->commands_min);
}

#define TEST_OF(name, operation, commands)                                                         \
    static void name(void **state)                                                                 \
    {                                                                                              \
        const struct operation_case of = {operation, commands};                                    \
        (void)state;                                                                               \
        repeat(&of);                                                                               \
    }

TEST_OF(a_registration_can_be_repeated, send_register, 4)
TEST_OF(a_client_can_be_read_again, send_client, 2)
TEST_OF(an_update_can_be_repeated, send_update, 4)
TEST_OF(a_deletion_can_be_repeated, send_delete, 4)
TEST_OF(an_authorization_request_can_be_repeated, send_authorize, 4)
TEST_OF(an_authorization_request_of_a_document_can_be_repeated, send_authorize_of_document, 5)
TEST_OF(a_fetch_for_the_token_endpoint_can_be_repeated, send_resolve, 6)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_registration_can_be_repeated),
        cmocka_unit_test(a_client_can_be_read_again),
        cmocka_unit_test(an_update_can_be_repeated),
        cmocka_unit_test(a_deletion_can_be_repeated),
        cmocka_unit_test(an_authorization_request_can_be_repeated),
        cmocka_unit_test(an_authorization_request_of_a_document_can_be_repeated),
        cmocka_unit_test(a_fetch_for_the_token_endpoint_can_be_repeated),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
