/* Messages are written and read, and a worker announces itself, while memory runs out: the same
 * message or a clean failure, never one with a member less. */
#include "proto/announcement.h"
#include "proto/broker.h"
#include "proto/control.h"
#include "proto/registry.h"
#include "proto/signer.h"
#include "tests/unit/common/base/allocation.h"
#include "tests/unit/common/base/unit.h"

enum { MESSAGE_STRUCT_BYTES_MAX = 1024 };

static const struct fields *const TABLES[] = {
    &HELLO_MESSAGE, &READY_MESSAGE,         &AUTHORIZE_REQUEST, &REGISTER_REQUEST,
    &CLIENT_REPLY,  &CLIENT_UPDATE_REQUEST, &SIGN_IN_REPLY,     &EXCHANGE_REQUEST,
    &TOKEN_REPLY,   &INTROSPECT_REPLY,      &USERINFO_REPLY,    &VERIFY_REPLY,
};

union message {
    max_align_t alignment;
    unsigned char bytes[MESSAGE_STRUCT_BYTES_MAX];
};

/* Every member has a value, of its kind. */
static void message_fill(const struct fields *fields, union message *message)
{
    static struct str list[] = {STR_INIT("exchange/1"), STR_INIT("refresh/1")};
    memset(message, 0, sizeof(*message));
    for (size_t i = 0; i < fields->len; i++) {
        void *at = message->bytes + fields->at[i].offset;
        switch (fields->at[i].kind) {
        case FIELD_STR:
            *(struct str *)at = STR("text");
            break;
        case FIELD_JSON:
            *(struct str *)at = STR("{\"keys\":[]}");
            break;
        case FIELD_I64:
            *(int64_t *)at = 7;
            break;
        case FIELD_BOOL:
            *(bool *)at = true;
            break;
        case FIELD_STRS:
            *(struct strs *)at = (struct strs){list, 2};
            break;
        }
    }
}

static enum failure write_and_read(const struct fields *fields, struct arena *arena)
{
    union message message, read;
    struct str text, again;
    message_fill(fields, &message);
    TRY(fields_to_json(fields, &message, arena, &text));
    TRY(fields_from_json(fields, text, arena, &read));
    TRY(fields_to_json(fields, &read, arena, &again));
    assert_true(str_equals(text, again));
    for (size_t i = 0; i < fields->len; i++)
        assert_non_null(memmem(text.at, text.len, fields->at[i].name, strlen(fields->at[i].name)));
    return OK;
}

static enum failure message_attempt(void *context)
{
    const struct fields *const *fields = context;
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    enum failure failure = arena != NULL ? write_and_read(*fields, arena) : FAIL_LIMIT_REACHED;
    if (failure != OK)
        assert_failure(failure, FAIL_LIMIT_REACHED, "without memory");
    arena_free(arena);
    return failure;
}

static void a_message_is_whole_or_not_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(TABLES); i++) {
        const struct fields *fields = TABLES[i];
        assert_in_range(fields->size_bytes, 1, MESSAGE_STRUCT_BYTES_MAX);
        assert_true(allocation_fail_each(message_attempt, &fields) > 3);
    }
}

static bool says(struct str hello, const char *text)
{
    return memmem(hello.at, hello.len, text, strlen(text)) != NULL;
}

/* A worker that announces less than it can do would be left out; one without keys, too. */
static enum failure announcement_attempt(void *context)
{
    struct str operations[] = {STR("exchange/1"), STR("refresh/1")};
    struct announcement *self =
        announcement_new(STR("signer"), STR("i"), (struct strs){operations, 2});
    (void)context;
    if (self == NULL)
        return FAIL_LIMIT_REACHED;
    struct str hello = announcement_hello(self);
    assert_true(says(hello, "\"signer\"") && says(hello, "\"exchange/1\"") &&
                says(hello, "\"refresh/1\"") && says(hello, "\"instance\""));
    announcement_set_keys(self, STR("{\"keys\":[1]}"), STR("v"));
    hello = announcement_hello(self);
    bool has_keys = says(hello, "\"keys\":");
    assert_true(has_keys == says(hello, "\"keys_version\":\"4"));
    announcement_free(self);
    return has_keys ? OK : FAIL_LIMIT_REACHED;
}

static void an_announcement_is_whole_or_not_there(void **state)
{
    (void)state;
    assert_true(allocation_fail_each(announcement_attempt, NULL) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_message_is_whole_or_not_there),
        UNIT_TEST(an_announcement_is_whole_or_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
