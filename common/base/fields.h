/* Field tables: the members of a struct described once; one loop each encodes, decodes, validates
 * and redacts. Messages, Redis records and configuration all use them.
 *
 *     struct login { struct str session; bool again; };
 *     static const struct field FIELDS[] = {
 *         FIELD(struct login, session, STR, NAME_BYTES_MAX, FIELD_REQUIRED | FIELD_SECRET),
 *         FIELD(struct login, again, BOOL, 0, 0),
 *     };
 *     const struct fields LOGIN = FIELDS_OF(struct login, FIELDS);
 *     TRY(fields_from_json(&LOGIN, text, arena, &login));
 *
 * Decoding zeroes the struct first; an absent text has at == NULL, an absent integer is
 * FIELD_I64_ABSENT (all our integers are >= 0). Unknown members are ignored, so that two releases
 * can talk. Decoded texts live in the arena. */
#ifndef COMMON_BASE_FIELDS_H
#define COMMON_BASE_FIELDS_H

#include "common/base/arena.h"
#include "common/base/failure.h"

enum field_kind {
    FIELD_STR,
    FIELD_I64,  /* int64_t, 0 or more */
    FIELD_BOOL, /* bool; absent is false */
    FIELD_STRS, /* struct strs; absent is empty */
    FIELD_JSON, /* struct str that holds the text of any JSON value */
};

enum field_flags {
    FIELD_REQUIRED = 1,
    FIELD_SECRET = 2, /* printed as *** */
};

#define FIELD_I64_ABSENT INT64_C(-1)

struct field {
    const char *name;
    enum field_kind kind;
    unsigned flags;
    size_t offset;
    size_t max; /* bytes of a text, of each text of a list */
};

struct fields {
    const struct field *at;
    size_t len;
    size_t size_bytes; /* of the struct */
};

#define FIELD(type, member, field_kind, max_bytes, field_flags)                                    \
    {                                                                                              \
        .name = #member, .kind = FIELD_##field_kind, .flags = (field_flags),                       \
        .offset = offsetof(type, member), .max = (max_bytes)                                       \
    }
/* A member of a member, under a name of its own. */
#define FIELD_AT(type, path, field_name, field_kind, max_bytes, field_flags)                       \
    {                                                                                              \
        .name = (field_name), .kind = FIELD_##field_kind, .flags = (field_flags),                  \
        .offset = offsetof(type, path), .max = (max_bytes)                                         \
    }
#define FIELDS_OF(type, table)                                                                     \
    {                                                                                              \
        .at = (table), .len = sizeof(table) / sizeof((table)[0]), .size_bytes = sizeof(type)       \
    }

/* Absent members are left out. FAIL_LIMIT_REACHED when the arena is full, FAIL_MESSAGE_MALFORMED
 * when a text is not UTF-8 (or, in a FIELD_JSON, not JSON). */
enum failure fields_to_json(const struct fields *fields, const void *record, struct arena *arena,
                            struct str *ret_text) MUST_CHECK;
/* FAIL_MESSAGE_MALFORMED for what is not an object, a member of a wrong type, a missing required
 * member or one over its limit. */
enum failure fields_from_json(const struct fields *fields, struct str text, struct arena *arena,
                              void *ret_record) MUST_CHECK;

/* FAIL_PARAMETER_TOO_LONG when a text is longer than its field: for a record that a stranger
 * filled, before it is sent to a reader who would find the whole message malformed. */
enum failure fields_check_lengths(const struct fields *fields, const void *record) MUST_CHECK;

/* A Redis hash: name, value, name, value ... Integers in decimal, true as "1", lists as JSON. */
enum failure fields_to_pairs(const struct fields *fields, const void *record, struct arena *arena,
                             struct strs *ret_pairs) MUST_CHECK;
enum failure fields_from_pairs(const struct fields *fields, struct strs pairs, struct arena *arena,
                               void *ret_record) MUST_CHECK;

/* For logs: JSON with every secret as "***". */
struct str fields_print(const struct fields *fields, const void *record, struct arena *arena);

#endif
