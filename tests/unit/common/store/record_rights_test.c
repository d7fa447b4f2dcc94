/* The records' own commands and scripts, each by the worker that uses it, under the rights of
 * acl.c: a right that is missing shows here, not in production. */
#include "common/store/acl.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/limits.h"
#include "common/store/audit.h"
#include "common/store/client.h"
#include "common/store/code.h"
#include "common/store/grant.h"
#include "common/store/grants_index.h"
#include "common/store/heartbeat.h"
#include "common/store/rate.h"
#include "common/store/revoked.h"
#include "tests/unit/common/store/acl_rig.h"

#define G      STR("0123456789abcdef0123456789abcdef")
#define USER   STR("583231")
#define CLIENT STR("mcp_example.com_1")

struct rights {
    struct redis_rig *rig;
    struct store *stores[ACL_USERS_COUNT];
};

static int rights_setup(void **state)
{
    struct rights *rights = calloc(1, sizeof(*rights));
    rights->rig = acl_rig_start(ACL_SIGNER, NULL);
    for (enum acl_user user = 0; user <= ACL_SIGNER; user++)
        rights->stores[user] = acl_rig_open(rights->rig, user);
    *state = rights;
    return 0;
}

static int rights_teardown(void **state)
{
    struct rights *rights = *state;
    for (enum acl_user user = 0; user <= ACL_SIGNER; user++)
        store_close(rights->stores[user]);
    redis_rig_stop(rights->rig);
    free(rights);
    return 0;
}

struct seen {
    bool is_done;
    enum failure failure;
};

static void on_done(void *context, enum failure failure)
{
    *(struct seen *)context = (struct seen){true, failure};
}

static void on_code(void *context, enum failure failure, const struct code_record *record)
{
    (void)record;
    on_done(context, failure);
}

static void on_grant(void *context, enum failure failure, const struct grant_record *record)
{
    (void)record;
    on_done(context, failure);
}

static void on_client(void *context, enum failure failure, const struct client_record *record)
{
    (void)record;
    on_done(context, failure);
}

static void on_updated(void *context, enum failure failure, struct str client_secret_sha256)
{
    (void)client_secret_sha256;
    on_done(context, failure);
}

static void on_redeemed(void *context, enum failure failure, int64_t issued_at)
{
    (void)issued_at;
    on_done(context, failure);
}

static void on_rotated(void *context, enum failure failure, const struct grant_issue *issue)
{
    (void)issue;
    on_done(context, failure);
}

static void on_rate(void *context, enum failure failure, int64_t retry_after_s)
{
    (void)retry_after_s;
    on_done(context, failure);
}

/* The call is made with `seen` as its context, and must succeed. */
#define assert_allowed(rights, call)                                                               \
    do {                                                                                           \
        struct seen seen = {0};                                                                    \
        call;                                                                                      \
        redis_rig_await((rights)->rig, &seen.is_done);                                             \
        assert_string_equal(seen.failure == OK ? "ok" : failure_row(seen.failure)->name, "ok");    \
    } while (0)

static void a_client_is_the_registrys_and_the_signer_extends_it(void **state)
{
    struct rights *rights = *state;
    struct arena *arena = redis_rig_arena(rights->rig);
    int64_t deadline_ms = redis_rig_deadline_ms();
    const struct client_record record = {.client_id = CLIENT,
                                         .token_endpoint_auth_method = STR("none"),
                                         .registration_access_token_sha256 = STR("d1"),
                                         .request_id = STR("r1"),
                                         .created_at = 1};
    assert_allowed(rights, client_record_create(rights->stores[ACL_REGISTRY], &record, arena,
                                                deadline_ms, on_done, &seen));
    assert_allowed(rights, client_record_get(rights->stores[ACL_REGISTRY], CLIENT, arena,
                                             deadline_ms, on_client, &seen));
    assert_allowed(rights, client_record_get(rights->stores[ACL_SIGNER], CLIENT, arena, deadline_ms,
                                             on_client, &seen));
    assert_allowed(rights, client_record_update(rights->stores[ACL_REGISTRY], &record, arena,
                                                deadline_ms, on_updated, &seen));
    redis_rig_ask(rights->rig, "EXPIRE mcp:client:{mcp_example.com_1} 100");
    client_record_extend(rights->stores[ACL_SIGNER], CLIENT, arena, deadline_ms);
    assert_allowed(rights, client_record_get(rights->stores[ACL_SIGNER], CLIENT, arena, deadline_ms,
                                             on_client, &seen));
    struct str ttl = redis_rig_ask(rights->rig, "TTL mcp:client:{mcp_example.com_1}");
    assert_true(ttl.len > 3);
    const struct client_delete client = {CLIENT, STR("d1"), STR("r1")};
    assert_allowed(rights, client_record_delete(rights->stores[ACL_REGISTRY], &client, arena,
                                                deadline_ms, on_done, &seen));
}

static void a_code_is_the_brokers_until_the_signer_redeems_it(void **state)
{
    struct rights *rights = *state;
    struct arena *arena = redis_rig_arena(rights->rig);
    int64_t deadline_ms = redis_rig_deadline_ms();
    const struct code_record record = {.secret_sha256 = STR("00"),
                                       .client_id = CLIENT,
                                       .token_endpoint_auth_method = STR("none"),
                                       .redirect_uri = STR("http://localhost/cb"),
                                       .scope = STR("mcp:example.com:tools"),
                                       .user_id = USER,
                                       .login = STR("octocat"),
                                       .rule = STR("user:octocat"),
                                       .code_challenge = STR("x"),
                                       .signed_in_at = 1,
                                       .created_at = 1};
    struct store *broker = rights->stores[ACL_BROKER], *signer = rights->stores[ACL_SIGNER];
    assert_allowed(
        rights, grants_index_add(broker, USER, G, CODE_TTL_S, arena, deadline_ms, on_done, &seen));
    for (int i = 0; i < 2; i++) /* a repetition reads what it compares */
        assert_allowed(rights,
                       code_record_create(broker, G, &record, arena, deadline_ms, on_done, &seen));
    assert_allowed(rights, code_record_get(signer, G, arena, deadline_ms, on_code, &seen));
    const struct code_redemption redemption = {.g = G,
                                               .request_id = STR("r1"),
                                               .record = &record,
                                               .refresh_token_ttl_s = REFRESH_TOKEN_TTL_S,
                                               .grant_end_at = INT64_C(4000000000),
                                               .revoked_ttl_s = ACCESS_TOKEN_TTL_S};
    assert_allowed(rights,
                   code_record_redeem(signer, &redemption, arena, deadline_ms, on_redeemed, &seen));
    assert_allowed(rights, grant_record_get(signer, G, arena, deadline_ms, on_grant, &seen));
    const struct grant_rotation rotation = {.g = G,
                                            .request_id = STR("r2"),
                                            .n = 1,
                                            .refresh_grace_s = REFRESH_GRACE_S,
                                            .refresh_token_ttl_s = REFRESH_TOKEN_TTL_S,
                                            .grant_end_at = INT64_C(4000000000),
                                            .revoked_ttl_s = ACCESS_TOKEN_TTL_S};
    assert_allowed(rights,
                   grant_record_rotate(signer, &rotation, arena, deadline_ms, on_rotated, &seen));
    assert_allowed(rights,
                   grants_index_add(signer, USER, G, 1000, arena, deadline_ms, on_done, &seen));
    const struct revoked_subject subject = {.g = G, .m = 1, .user_id = USER, .issued_at = 1};
    assert_allowed(rights, revoked_check(signer, &subject, arena, deadline_ms, on_done, &seen));
    assert_allowed(rights, revoked_add_token(signer, G, 1, 60, arena, deadline_ms, on_done, &seen));
    grants_index_prune(signer, USER, arena, deadline_ms);
    grants_index_remove(signer, USER, G, arena, deadline_ms);
    assert_allowed(rights, grant_record_revoke(signer, G, ACCESS_TOKEN_TTL_S, arena, deadline_ms,
                                               on_done, &seen));
    assert_true(str_equals(redis_rig_ask(rights->rig, "EXISTS mcp:grants:{583231}"), STR("0")));
}

static void every_worker_beats_limits_and_audits(void **state)
{
    static const struct rate_limit LIMIT = {.bucket = "test", .count_max = 100, .window_s = 100};
    struct rights *rights = *state;
    for (enum acl_user user = 0; user <= ACL_SIGNER; user++) {
        struct str kind = str_from_cstr(acl_user_name(user));
        struct store *store = rights->stores[user];
        struct heartbeat *heartbeat =
            heartbeat_start(redis_rig_loop(rights->rig), store, kind, STR("0"));
        heartbeat_beat(heartbeat);
        audit_append(store, &(struct audit_entry){.event = AUDIT_ISSUE}, redis_rig_deadline_ms());
        assert_allowed(rights, rate_take(store, &LIMIT, kind, redis_rig_arena(rights->rig),
                                         redis_rig_deadline_ms(), on_rate, &seen));
        assert_true(str_equals_cstr(
            redis_rig_ask(rights->rig, "EXISTS mcp:worker:{%.*s}:0", STR_ARGS(kind)), "1"));
        heartbeat_stop(heartbeat);
        assert_allowed(rights, rate_take(store, &LIMIT, kind, redis_rig_arena(rights->rig),
                                         redis_rig_deadline_ms(), on_rate, &seen));
        assert_true(str_equals_cstr(
            redis_rig_ask(rights->rig, "EXISTS mcp:worker:{%.*s}:0", STR_ARGS(kind)), "0"));
    }
    assert_true(str_equals(redis_rig_ask(rights->rig, "XLEN mcp:audit"), STR("3")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_is_the_registrys_and_the_signer_extends_it),
        cmocka_unit_test(a_code_is_the_brokers_until_the_signer_redeems_it),
        cmocka_unit_test(every_worker_beats_limits_and_audits),
    };
    return cmocka_run_group_tests(tests, rights_setup, rights_teardown);
}
