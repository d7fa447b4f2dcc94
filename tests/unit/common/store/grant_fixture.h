/* One code record and the waiting for callbacks, for the tests of codes, grants and revocations. */
#ifndef TESTS_UNIT_COMMON_STORE_GRANT_FIXTURE_H
#define TESTS_UNIT_COMMON_STORE_GRANT_FIXTURE_H

#include "common/base/limits.h"
#include "common/store/code.h"
#include "common/store/grant.h"
#include "tests/unit/common/store/redis_rig.h"

#define FIXTURE_G         STR("0123456789abcdef0123456789abcdef")
#define FIXTURE_REQUEST_1 STR("11111111111111111111111111111111")
#define FIXTURE_REQUEST_2 STR("22222222222222222222222222222222")
#define FIXTURE_REQUEST_3 STR("33333333333333333333333333333333")

struct fixture {
    struct redis_rig *rig;
    struct store *store;
};

/* What a callback has told. */
struct seen {
    bool is_done;
    enum failure failure;
    int64_t number;
    struct grant_issue issue;
    const void *record;
};

void fixture_init(struct fixture *fixture);
void fixture_finish(struct fixture *fixture);
/* Everything in Redis is gone. */
void fixture_clear(struct fixture *fixture);

struct code_record fixture_code(void);
enum failure fixture_create_code(struct fixture *fixture, const struct code_record *record);
/* Of FIXTURE_G, as fixture_code says; *ret_issued_at may be NULL. */
enum failure fixture_redeem(struct fixture *fixture, struct str request_id, int64_t *ret_issued_at);
/* Creates and redeems the code by FIXTURE_REQUEST_1. */
void fixture_create_grant(struct fixture *fixture);

struct grant_rotation fixture_rotation(int64_t n, struct str request_id);
enum failure fixture_rotate(struct fixture *fixture, const struct grant_rotation *rotation,
                            struct grant_issue *ret_issue);

/* A record_done_cb; context is a struct seen. */
void fixture_on_done(void *context, enum failure failure);
enum failure fixture_await(struct fixture *fixture, struct seen *seen);

/* Texts of Redis's answers. */
#define assert_redis(fixture, expected, ...)                                                       \
    do {                                                                                           \
        struct str redis_says = redis_rig_ask((fixture)->rig, __VA_ARGS__);                        \
        if (!str_equals_cstr(redis_says, (expected)))                                              \
            fail_msg("Redis says '%.*s' instead of '%s'", STR_ARGS(redis_says), (expected));       \
    } while (0)
int64_t fixture_ask_number(struct fixture *fixture, const char *command);

#endif
