/* Running out of memory at any point answers once and leaks nothing; what is answered is whole, and
 * the same request succeeds when it is repeated. client_change_test.c has updates and deletions. */
#include "tests/unit/services/registry/registry_rig.h"
#include "common/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SEED       "2222222222222222222222222222222222222222222222222222222222222222"
#define CHALLENGE  "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define REGISTERED "mcp_any_01234567-89ab-4cde-8f01-23456789abcd"

/* More than any operation takes; a test that does not get beyond it says so. */
enum { TAKES_MAX = 200 };

static struct registry_rig rig;

static int setup(void **state)
{
    (void)state;
    registry_rig_start(&rig);
    clock_fix_wall_s(clock_wall_s()); /* a registration tells when it was made */
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    registry_rig_stop(&rig);
    return 0;
}

static struct task_rig_answer authorize(void)
{
    const struct authorize_request message = {
        .response_type = STR("code"),
        .client_id = STR(REGISTERED),
        .scope = STR("mcp:example.com:tools"),
        .code_challenge = STR(CHALLENGE),
        .code_challenge_method = STR("S256"),
        .max_age = FIELD_I64_ABSENT,
        .seed = STR(SEED),
    };
    return registry_rig_call(&rig, "1", authorize_handle, &AUTHORIZE_REPLY, &message,
                             sizeof(message));
}

static struct task_rig_answer do_register(void)
{
    const struct register_request message = {
        .metadata = STR("{\"redirect_uris\":[\"http://localhost/cb\"],\"scope\":\"email\","
                        "\"token_endpoint_auth_method\":\"client_secret_post\"}"),
        .seed = STR(SEED),
    };
    return registry_rig_call(&rig, "2", register_handle, &REGISTER_REPLY, &message,
                             sizeof(message));
}

static struct task_rig_answer read_client(void)
{
    const struct client_request message = {.client_id = STR(REGISTERED)};
    return registry_rig_call(&rig, "3", client_handle, &CLIENT_REPLY, &message, sizeof(message));
}

static struct task_rig_answer describe_resource(void)
{
    const struct protected_resource_request message = {.path = STR("/example.com/tools")};
    return registry_rig_call(&rig, "4", protected_resource_handle, &PROTECTED_RESOURCE_REPLY,
                             &message, sizeof(message));
}

/* An answer is the same, whatever failed, or none. */
static void assert_same_or_none(struct task_rig_answer (*ask)(void))
{
    size_t refused = 0;
    redis_rig_ask(rig.redis, "FLUSHALL");
    redis_rig_ask(rig.redis, "HSET mcp:client:{" REGISTERED "} client_id " REGISTERED
                             " client_name App redirect_uris [\"http://localhost/cb\"]"
                             " token_endpoint_auth_method none");
    struct task_rig_answer right = ask();
    assert_int_equal(right.failure, OK);
    for (size_t n = 1; n <= TAKES_MAX; n++) {
        rig.fail_at = n;
        struct task_rig_answer answer = ask();
        rig.fail_at = 0;
        if (answer.failure == OK)
            assert_true(str_equals(answer.json, right.json));
        else if (answer.failure != FAIL_LIMIT_REACHED && answer.failure != FAIL_OVERLOADED)
            fail_msg("%s", failure_row(answer.failure)->name);
        refused += answer.failure != OK;
        assert_int_equal(ask().failure, OK);
    }
    assert_in_range(refused, 2, TAKES_MAX - 10);
}

static void an_authorization_request_is_answered_wholly_or_not(void **state)
{
    (void)state;
    assert_same_or_none(authorize);
}

static void a_registration_is_answered_wholly_or_not(void **state)
{
    (void)state;
    assert_same_or_none(do_register);
}

static void a_client_is_told_wholly_or_not(void **state)
{
    (void)state;
    assert_same_or_none(read_client);
}

static void a_protected_resource_is_described_wholly_or_not(void **state)
{
    (void)state;
    assert_same_or_none(describe_resource);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_authorization_request_is_answered_wholly_or_not),
        cmocka_unit_test(a_registration_is_answered_wholly_or_not),
        cmocka_unit_test(a_client_is_told_wholly_or_not),
        cmocka_unit_test(a_protected_resource_is_described_wholly_or_not),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
