/* Whoever reaches the link's sockets controls this input (see envelope.c), and the edge passes on
 * what its clients wrote: the body of a message. Attacks fields_from_json, fields_to_json and
 * fields_print with the table of every message. */
#include "proto/broker.h"
#include "proto/control.h"
#include "proto/registry.h"
#include "proto/signer.h"
#include "tests/fuzz/fuzz.h"

#include <jansson.h>

enum { RECORD_BYTES_MAX = 1024 };

static const struct fields *const TABLES[] = {
    &HELLO_MESSAGE,
    &WELCOME_MESSAGE,
    &READY_MESSAGE,
    /* registry */
    &AUTHORIZE_REQUEST,
    &AUTHORIZE_REPLY,
    &REGISTER_REQUEST,
    &REGISTER_REPLY,
    &CLIENT_REQUEST,
    &CLIENT_REPLY,
    &CLIENT_UPDATE_REQUEST,
    &CLIENT_UPDATE_REPLY,
    &CLIENT_DELETE_REQUEST,
    &PROTECTED_RESOURCE_REQUEST,
    &PROTECTED_RESOURCE_REPLY,
    &RESOLVE_REQUEST,
    /* broker */
    &LOGIN_REQUEST,
    &CALLBACK_REQUEST,
    &DECIDE_REQUEST,
    &SIGN_IN_REPLY,
    /* signer */
    &EXCHANGE_REQUEST,
    &REFRESH_REQUEST,
    &TOKEN_REPLY,
    &VALIDATE_REQUEST,
    &VALIDATE_REPLY,
    &INTROSPECT_REQUEST,
    &INTROSPECT_REPLY,
    &USERINFO_REQUEST,
    &USERINFO_REPLY,
    &VERIFY_REQUEST,
    &VERIFY_REPLY,
    &REVOKE_REQUEST,
    &CLIENT_REVOKE_REQUEST,
};

union record {
    max_align_t alignment;
    unsigned char bytes[RECORD_BYTES_MAX];
};

/* House style: ret_ parameters are untouched on failure. */
static bool is_untouched(const union record *record)
{
    static union record untouched;
    if (untouched.bytes[0] == 0)
        memset(&untouched, 0x5a, sizeof(untouched));
    return memcmp(record, &untouched, sizeof(untouched)) == 0;
}

static void check_print(const struct fields *fields, const union record *record,
                        struct arena *arena)
{
    struct str text = fields_print(fields, record, arena);
    json_t *json = json_loadb(text.at, text.len, 0, NULL);
    FUZZ_CHECK(json_is_object(json));
    for (size_t i = 0; i < fields->len; i++) {
        json_t *member = json_object_get(json, fields->at[i].name);
        if (fields->at[i].flags & FIELD_SECRET)
            FUZZ_CHECK(member == NULL || strcmp(json_string_value(member), "***") == 0);
    }
    json_decref(json);
}

static void attack(const struct fields *fields, struct str text, struct arena *arena)
{
    union record record, again;
    struct str written, rewritten;
    FUZZ_CHECK(fields->size_bytes <= RECORD_BYTES_MAX);
    memset(&record, 0x5a, sizeof(record));
    if (fields_from_json(fields, text, arena, &record) != OK) {
        FUZZ_CHECK(is_untouched(&record));
        return;
    }
    check_print(fields, &record, arena);
    enum failure failure = fields_to_json(fields, &record, arena, &written);
    if (failure == FAIL_LIMIT_REACHED)
        return;
    FUZZ_CHECK(failure == OK);
    failure = fields_from_json(fields, written, arena, &again);
    if (failure == FAIL_LIMIT_REACHED)
        return;
    FUZZ_CHECK(failure == OK);
    failure = fields_to_json(fields, &again, arena, &rewritten);
    FUZZ_CHECK(failure == OK ? str_equals(written, rewritten) : failure == FAIL_LIMIT_REACHED);
}

void fuzz_one(struct str input, struct arena *arena)
{
    for (size_t i = 0; i < sizeof(TABLES) / sizeof(TABLES[0]); i++)
        attack(TABLES[i], input, arena);
}
