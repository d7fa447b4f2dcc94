/* Whoever writes to Redis controls this input: other processes of ours, of this release or the next
 * to it, and an operator with redis-cli. Lines are a hash: name, value, name, value; "(nil)" is
 * Redis's nil. Attacks record_from_hash, record_from_values and fields_from_pairs. */
#include "common/store/record.h"
#include "common/store/approval.h"
#include "common/store/client.h"
#include "common/store/code.h"
#include "common/store/document.h"
#include "common/store/grant.h"
#include "common/store/heartbeat.h"
#include "common/store/session.h"
#include "tests/fuzz/fuzz.h"

enum { RECORD_BYTES_MAX = 1024, LINES_MAX = 128, NAMES_MAX = 64 };

static const struct fields *const TABLES[] = {&APPROVAL_RECORD, &CLIENT_RECORD, &CODE_RECORD,
                                              &DOCUMENT_RECORD, &GRANT_RECORD,  &HEARTBEAT_RECORD,
                                              &SESSION_RECORD};

union record {
    max_align_t alignment;
    unsigned char bytes[RECORD_BYTES_MAX];
};

static void check_pairs(const struct fields *fields, const union record *record,
                        struct arena *arena)
{
    union record again;
    struct strs pairs, rewritten;
    if (fields_to_pairs(fields, record, arena, &pairs) != OK ||
        fields_from_pairs(fields, pairs, arena, &again) != OK ||
        fields_to_pairs(fields, &again, arena, &rewritten) != OK) {
        FUZZ_CHECK(false && "a record that was read can be written and read");
        return;
    }
    FUZZ_CHECK(pairs.len == rewritten.len);
    for (size_t i = 0; i < pairs.len; i++)
        FUZZ_CHECK(str_equals(pairs.at[i], rewritten.at[i]));
}

static void attack(const struct fields *fields, const struct store_reply *reply,
                   struct arena *arena)
{
    union record record;
    struct str names[NAMES_MAX];
    struct store_reply values = *reply;
    FUZZ_CHECK(fields->size_bytes <= RECORD_BYTES_MAX && fields->len <= NAMES_MAX);
    if (record_from_hash(fields, reply, arena, &record) == OK)
        check_pairs(fields, &record, arena);
    for (size_t i = 0; i < fields->len; i++)
        names[i] = str_from_cstr(fields->at[i].name);
    values.len = values.len < fields->len ? values.len : fields->len;
    if (record_from_values(fields, (struct strs){names, values.len}, &values, arena, &record) == OK)
        check_pairs(fields, &record, arena);
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct store_reply lines[LINES_MAX], reply = {.kind = STORE_LIST, .at = lines};
    while (reply.len < LINES_MAX && str_is_present(input)) {
        struct str line = fuzz_line(&input);
        lines[reply.len++] = str_equals(line, STR("(nil)"))
                                 ? (struct store_reply){.kind = STORE_NIL}
                                 : (struct store_reply){.kind = STORE_TEXT, .text = line};
    }
    for (size_t i = 0; i < sizeof(TABLES) / sizeof(TABLES[0]); i++)
        attack(TABLES[i], &reply, arena);
}
