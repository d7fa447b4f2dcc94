/* Every message by its field table: what all of them must do, whatever their members are. Who
 * controls the bytes: the other end of the link. */
#include "common/base/fields.h"
#include "common/base/limits.h"
#include "proto/broker.h"
#include "proto/control.h"
#include "proto/registry.h"
#include "proto/signer.h"
#include "tests/unit/common/base/unit.h"

#include <jansson.h>
#include <string.h>

static const struct {
    const char *name;
    const struct fields *fields;
} MESSAGES[] = {
    {"HELLO", &HELLO_MESSAGE},
    {"WELCOME", &WELCOME_MESSAGE},
    {"READY", &READY_MESSAGE},
    {"authorize request", &AUTHORIZE_REQUEST},
    {"authorize reply", &AUTHORIZE_REPLY},
    {"register request", &REGISTER_REQUEST},
    {"register reply", &REGISTER_REPLY},
    {"client request", &CLIENT_REQUEST},
    {"client reply", &CLIENT_REPLY},
    {"client update request", &CLIENT_UPDATE_REQUEST},
    {"client update reply", &CLIENT_UPDATE_REPLY},
    {"client delete request", &CLIENT_DELETE_REQUEST},
    {"protected resource request", &PROTECTED_RESOURCE_REQUEST},
    {"protected resource reply", &PROTECTED_RESOURCE_REPLY},
    {"login request", &LOGIN_REQUEST},
    {"callback request", &CALLBACK_REQUEST},
    {"decide request", &DECIDE_REQUEST},
    {"sign-in reply", &SIGN_IN_REPLY},
    {"exchange request", &EXCHANGE_REQUEST},
    {"refresh request", &REFRESH_REQUEST},
    {"token reply", &TOKEN_REPLY},
    {"validate request", &VALIDATE_REQUEST},
    {"validate reply", &VALIDATE_REPLY},
    {"introspect request", &INTROSPECT_REQUEST},
    {"introspect reply", &INTROSPECT_REPLY},
    {"userinfo request", &USERINFO_REQUEST},
    {"userinfo reply", &USERINFO_REPLY},
    {"verify request", &VERIFY_REQUEST},
    {"verify reply", &VERIFY_REPLY},
    {"revoke request", &REVOKE_REQUEST},
    {"client_revoke request", &CLIENT_REVOKE_REQUEST},
};

enum { ARENA_BYTES = 16 * 1024 * 1024, RECORD_BYTES_MAX = 1024 };

struct record {
    _Alignas(max_align_t) unsigned char bytes[RECORD_BYTES_MAX];
};

static int setup(void **state)
{
    for (size_t i = 0; i < LENGTH_OF(MESSAGES); i++)
        assert_true(MESSAGES[i].fields->size_bytes <= RECORD_BYTES_MAX);
    *state = arena_new(ARENA_BYTES);
    return *state == NULL;
}

static void *member(const struct field *field, struct record *record)
{
    return record->bytes + field->offset;
}

/* A value that only this field has, so that a swapped offset shows. */
static json_t *value_of(const struct field *field, size_t text_bytes)
{
    char text[HELLO_BYTES_MAX + 1];
    size_t name = strlen(field->name), len = text_bytes > 0 ? text_bytes : name + 2;
    assert_true(len < sizeof(text));
    memset(text, 'v', len);
    if (len >= name)
        memcpy(text, field->name, name);
    switch (field->kind) {
    case FIELD_STR:
        return json_stringn(text, len);
    case FIELD_I64:
        return json_integer((json_int_t)(field->offset + 1));
    case FIELD_BOOL:
        return json_true();
    case FIELD_STRS:
        return json_pack("[s#, s]", text, len, "second");
    case FIELD_JSON:
        return len > 8 && text_bytes > 0 ? json_pack("{s:s#}", "k", text, len - 8)
                                         : json_pack("{s:s}", "k", field->name);
    }
    return NULL;
}

static json_t *full_of(const struct fields *fields)
{
    json_t *object = json_object();
    for (size_t i = 0; i < fields->len; i++)
        json_object_set_new(object, fields->at[i].name, value_of(&fields->at[i], 0));
    return object;
}

static struct str dump(struct arena *arena, json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    struct str copy = arena_dup(arena, str_from_cstr(text));
    free(text);
    assert_true(str_is_present(copy));
    return copy;
}

static enum failure read_json(const struct fields *fields, struct arena *arena, json_t *object,
                              struct record *ret_record)
{
    return fields_from_json(fields, dump(arena, object), arena, ret_record->bytes);
}

static void a_full_message_survives_the_wire(void **state)
{
    for (size_t i = 0; i < LENGTH_OF(MESSAGES); i++) {
        const struct fields *fields = MESSAGES[i].fields;
        struct record record;
        struct str again;
        json_t *object = full_of(fields);
        assert_failure(read_json(fields, *state, object, &record), OK, MESSAGES[i].name);
        assert_failure(fields_to_json(fields, record.bytes, *state, &again), OK, MESSAGES[i].name);
        json_t *back = json_loadb(again.at, again.len, 0, NULL);
        if (!json_equal(object, back))
            fail_msg("%s came back as %.*s", MESSAGES[i].name, STR_ARGS(again));
        json_decref(back);
        json_decref(object);
    }
}

static void a_message_with_only_what_is_required_survives(void **state)
{
    for (size_t i = 0; i < LENGTH_OF(MESSAGES); i++) {
        const struct fields *fields = MESSAGES[i].fields;
        struct record record;
        struct str again;
        json_t *object = json_object();
        for (size_t j = 0; j < fields->len; j++)
            if (fields->at[j].flags & FIELD_REQUIRED)
                json_object_set_new(object, fields->at[j].name, value_of(&fields->at[j], 0));
        assert_failure(read_json(fields, *state, object, &record), OK, MESSAGES[i].name);
        assert_failure(fields_to_json(fields, record.bytes, *state, &again), OK, MESSAGES[i].name);
        json_t *back = json_loadb(again.at, again.len, 0, NULL);
        for (size_t j = 0; j < fields->len; j++) { /* false is what an absent flag means */
            const struct field *field = &fields->at[j];
            if (field->kind == FIELD_BOOL && !*(bool *)member(field, &record))
                json_object_del(back, field->name);
            if (field->kind == FIELD_I64 && !(field->flags & FIELD_REQUIRED))
                assert_int_equal(*(int64_t *)member(field, &record), FIELD_I64_ABSENT);
        }
        if (!json_equal(object, back))
            fail_msg("%s came back as %.*s", MESSAGES[i].name, STR_ARGS(again));
        json_decref(back);
        json_decref(object);
    }
}

/* proto/README.md: a body that its table refuses is message_malformed. */
static void a_message_without_a_required_member_is_refused(void **state)
{
    size_t refused = 0;
    for (size_t i = 0; i < LENGTH_OF(MESSAGES); i++) {
        const struct fields *fields = MESSAGES[i].fields;
        for (size_t j = 0; j < fields->len; j++) {
            struct record record;
            json_t *object = full_of(fields);
            bool is_required = fields->at[j].flags & FIELD_REQUIRED;
            json_object_del(object, fields->at[j].name);
            assert_failure(read_json(fields, *state, object, &record),
                           is_required ? FAIL_MESSAGE_MALFORMED : OK, fields->at[j].name);
            refused += is_required;
            json_decref(object);
        }
    }
    assert_true(refused >= 15);
}

static void a_member_over_its_limit_is_refused(void **state)
{
    for (size_t i = 0; i < LENGTH_OF(MESSAGES); i++) {
        const struct fields *fields = MESSAGES[i].fields;
        for (size_t j = 0; j < fields->len; j++) {
            const struct field *field = &fields->at[j];
            struct record record;
            if (field->kind == FIELD_I64 || field->kind == FIELD_BOOL)
                continue;
            json_t *object = full_of(fields);
            if (field->max < HELLO_BYTES_MAX) {
                json_object_set_new(object, field->name, value_of(field, field->max));
                assert_failure(read_json(fields, *state, object, &record), OK, field->name);
                json_object_set_new(object, field->name, value_of(field, field->max + 1));
            } else { /* the largest of all: one byte more than the rig's text holds */
                json_t *list = json_array();
                for (size_t k = 0; k < field->max / 2 + 1; k++)
                    json_array_append_new(list, json_integer(1));
                json_object_set_new(object, field->name, list);
            }
            assert_failure(read_json(fields, *state, object, &record), FAIL_MESSAGE_MALFORMED,
                           field->name);
            json_decref(object);
        }
    }
}

static void a_member_of_another_type_is_refused(void **state)
{
    for (size_t i = 0; i < LENGTH_OF(MESSAGES); i++) {
        const struct fields *fields = MESSAGES[i].fields;
        for (size_t j = 0; j < fields->len; j++) {
            const struct field *field = &fields->at[j];
            struct record record;
            if (field->kind == FIELD_JSON)
                continue;
            json_t *object = full_of(fields);
            json_object_set_new(object, field->name, json_object());
            assert_failure(read_json(fields, *state, object, &record), FAIL_MESSAGE_MALFORMED,
                           field->name);
            json_decref(object);
        }
    }
}

/* DESIGN 2: "Unknown fields are ignored (rolling updates)". */
static void a_member_of_a_newer_release_is_ignored(void **state)
{
    for (size_t i = 0; i < LENGTH_OF(MESSAGES); i++) {
        struct record record, with_more;
        json_t *object = full_of(MESSAGES[i].fields);
        assert_ok(read_json(MESSAGES[i].fields, *state, object, &record));
        json_object_set_new(object, "of_a_newer_release", json_pack("[{s:i}]", "x", 1));
        assert_failure(read_json(MESSAGES[i].fields, *state, object, &with_more), OK,
                       MESSAGES[i].name);
        json_decref(object);
    }
}

static void secrets_are_not_printed(void **state)
{
    size_t secrets = 0;
    for (size_t i = 0; i < LENGTH_OF(MESSAGES); i++) {
        const struct fields *fields = MESSAGES[i].fields;
        struct record record;
        json_t *object = full_of(fields);
        assert_ok(read_json(fields, *state, object, &record));
        struct str text = fields_print(fields, record.bytes, *state);
        json_t *printed = json_loadb(text.at, text.len, 0, NULL);
        assert_non_null(printed);
        for (size_t j = 0; j < fields->len; j++) {
            const struct field *field = &fields->at[j];
            const char *shown = json_string_value(json_object_get(printed, field->name));
            bool is_secret = field->flags & FIELD_SECRET;
            if (is_secret != (shown != NULL && strcmp(shown, "***") == 0))
                fail_msg("%s: %s is printed as %s", MESSAGES[i].name, field->name, shown);
            secrets += is_secret;
        }
        json_decref(printed);
        json_decref(object);
    }
    assert_true(secrets >= 20);
}

/* proto/README.md names them with a star. */
static void what_must_never_be_logged_is_marked_secret(void **state)
{
    static const char *const secrets[] = {"seed",
                                          "browser",
                                          "code",
                                          "code_verifier",
                                          "client_secret",
                                          "refresh_token",
                                          "access_token",
                                          "id_token",
                                          "csrf_token",
                                          "token",
                                          "registration",
                                          "client",
                                          "registration_access_token"};
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(MESSAGES); i++)
        for (size_t j = 0; j < MESSAGES[i].fields->len; j++)
            for (size_t k = 0; k < LENGTH_OF(secrets); k++) {
                const struct field *field = &MESSAGES[i].fields->at[j];
                if (strcmp(field->name, secrets[k]) == 0 && !(field->flags & FIELD_SECRET))
                    fail_msg("%s: %s", MESSAGES[i].name, field->name);
            }
}

/* The edge sends whatever fits one HTTP request; a message must hold it. */
static void the_largest_bodies_fit_one_message(void **state)
{
    (void)state;
    assert_true(REGISTER_REQUEST.at[0].max >= HTTP_BODY_BYTES_MAX);
    assert_true(REGISTER_REQUEST.at[0].max + 4 * NAME_BYTES_MAX < MESSAGE_BYTES_MAX);
}

#define MESSAGE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, unit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESSAGE_TEST(a_full_message_survives_the_wire),
        MESSAGE_TEST(a_message_with_only_what_is_required_survives),
        MESSAGE_TEST(a_message_without_a_required_member_is_refused),
        MESSAGE_TEST(a_member_over_its_limit_is_refused),
        MESSAGE_TEST(a_member_of_another_type_is_refused),
        MESSAGE_TEST(a_member_of_a_newer_release_is_ignored),
        MESSAGE_TEST(secrets_are_not_printed),
        MESSAGE_TEST(what_must_never_be_logged_is_marked_secret),
        MESSAGE_TEST(the_largest_bodies_fit_one_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
