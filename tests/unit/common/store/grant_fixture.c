#include "tests/unit/common/store/grant_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/clock.h"

void fixture_init(struct fixture *fixture)
{
    fixture->rig = redis_rig_start(NULL);
    fixture->store = redis_rig_open_store(fixture->rig);
}

void fixture_finish(struct fixture *fixture)
{
    redis_rig_stop(fixture->rig);
}

void fixture_clear(struct fixture *fixture)
{
    redis_rig_ask(fixture->rig, "FLUSHALL");
}

struct code_record fixture_code(void)
{
    return (struct code_record){
        .secret_sha256 = STR("5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"),
        .client_id = STR("mcp_example.com_6c2f7f2e-7d3b-4d7e-9a53-0a0c8b1f2d11"),
        .token_endpoint_auth_method = STR("none"),
        .redirect_uri = STR("http://localhost:33418/callback"),
        .redirect_uri_is_explicit = true,
        .scope = STR("mcp:example.com:github-tools email"),
        .user_id = STR("583231"),
        .login = STR("octocat"),
        .email = STR("octocat@example.com"),
        .rule = STR("user:octocat"),
        .code_challenge = STR("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        .signed_in_at = clock_wall_s() - 30,
        .created_at = clock_wall_s(),
    };
}

void fixture_on_done(void *context, enum failure failure)
{
    struct seen *seen = context;
    seen->is_done = true;
    seen->failure = failure;
}

enum failure fixture_await(struct fixture *fixture, struct seen *seen)
{
    redis_rig_await(fixture->rig, &seen->is_done);
    return seen->failure;
}

enum failure fixture_create_code(struct fixture *fixture, const struct code_record *record)
{
    struct seen seen = {.is_done = false};
    code_record_create(fixture->store, FIXTURE_G, record, redis_rig_arena(fixture->rig),
                       redis_rig_deadline_ms(), fixture_on_done, &seen);
    return fixture_await(fixture, &seen);
}

static void on_redeemed(void *context, enum failure failure, int64_t issued_at)
{
    struct seen *seen = context;
    seen->number = issued_at;
    fixture_on_done(seen, failure);
}

enum failure fixture_redeem(struct fixture *fixture, struct str request_id, int64_t *ret_issued_at)
{
    struct seen seen = {.is_done = false};
    const struct code_record record = fixture_code();
    const struct code_redemption redemption = {
        .g = FIXTURE_G,
        .request_id = request_id,
        .record = &record,
        .refresh_token_ttl_s = REFRESH_TOKEN_TTL_S,
        .grant_end_at = record.signed_in_at + GRANT_TTL_S,
        .revoked_ttl_s = ACCESS_TOKEN_TTL_S,
    };
    code_record_redeem(fixture->store, &redemption, redis_rig_arena(fixture->rig),
                       redis_rig_deadline_ms(), on_redeemed, &seen);
    enum failure failure = fixture_await(fixture, &seen);
    if (ret_issued_at != NULL && failure == OK)
        *ret_issued_at = seen.number;
    return failure;
}

void fixture_create_grant(struct fixture *fixture)
{
    const struct code_record record = fixture_code();
    assert_int_equal(fixture_create_code(fixture, &record), OK);
    assert_int_equal(fixture_redeem(fixture, FIXTURE_REQUEST_1, NULL), OK);
}

struct grant_rotation fixture_rotation(int64_t n, struct str request_id)
{
    return (struct grant_rotation){
        .g = FIXTURE_G,
        .request_id = request_id,
        .n = n,
        .refresh_grace_s = REFRESH_GRACE_S,
        .refresh_token_ttl_s = REFRESH_TOKEN_TTL_S,
        .grant_end_at = clock_wall_s() + GRANT_TTL_S,
        .revoked_ttl_s = ACCESS_TOKEN_TTL_S,
    };
}

static void on_rotated(void *context, enum failure failure, const struct grant_issue *issue)
{
    struct seen *seen = context;
    if (issue != NULL)
        seen->issue = *issue;
    assert_int_equal(issue != NULL, failure == OK);
    fixture_on_done(seen, failure);
}

enum failure fixture_rotate(struct fixture *fixture, const struct grant_rotation *rotation,
                            struct grant_issue *ret_issue)
{
    struct seen seen = {.is_done = false};
    grant_record_rotate(fixture->store, rotation, redis_rig_arena(fixture->rig),
                        redis_rig_deadline_ms(), on_rotated, &seen);
    enum failure failure = fixture_await(fixture, &seen);
    if (ret_issue != NULL && failure == OK)
        *ret_issue = seen.issue;
    return failure;
}

int64_t fixture_ask_number(struct fixture *fixture, const char *command)
{
    struct str text = redis_rig_ask(fixture->rig, "%s", command);
    bool is_negative = text.len > 0 && text.at[0] == '-';
    int64_t number = 0;
    if (!str_to_i64(is_negative ? str_from(text, 1) : text, &number))
        fail_msg("Redis says '%.*s' instead of a number", STR_ARGS(text));
    return is_negative ? -number : number;
}
