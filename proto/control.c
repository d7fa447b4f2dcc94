#include "proto/control.h"
#include "common/base/limits.h"

static const struct field HELLO_FIELDS[] = {
    FIELD(struct hello_message, kind, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct hello_message, instance, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct hello_message, release, STR, NAME_BYTES_MAX, 0),
    FIELD(struct hello_message, operations, STRS, NAME_BYTES_MAX, FIELD_REQUIRED),
    FIELD(struct hello_message, keys, JSON, HELLO_BYTES_MAX, 0),
    FIELD(struct hello_message, keys_version, STR, NAME_BYTES_MAX, 0),
};
const struct fields HELLO_MESSAGE = FIELDS_OF(struct hello_message, HELLO_FIELDS);

static const struct field WELCOME_FIELDS[] = {
    FIELD(struct welcome_message, edge, STR, NAME_BYTES_MAX, FIELD_REQUIRED),
};
const struct fields WELCOME_MESSAGE = FIELDS_OF(struct welcome_message, WELCOME_FIELDS);

static const struct field READY_FIELDS[] = {
    FIELD(struct ready_message, credit, I64, 0, FIELD_REQUIRED),
    FIELD(struct ready_message, every_ms, I64, 0, FIELD_REQUIRED),
    FIELD(struct ready_message, keys_version, STR, NAME_BYTES_MAX, 0),
};
const struct fields READY_MESSAGE = FIELDS_OF(struct ready_message, READY_FIELDS);
