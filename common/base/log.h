/* Structured logs: one JSON line per event on standard error.
 *
 *     log_information("ready", LOG_STR("kind", STR("signer")), LOG_I64("workers", 3));
 *     log_warning("store.lost", LOG_STR("request_id", id), LOG_FAILURE(failure));
 *
 * Library code returns errors and does not log; the boundary logs once. A secret never comes here
 * (fields_print redacts). */
#ifndef COMMON_BASE_LOG_H
#define COMMON_BASE_LOG_H

#include "common/base/failure.h"

enum log_level { LOG_DEBUG, LOG_INFORMATION, LOG_WARNING, LOG_ERROR, LOG_LEVELS };

struct log_field {
    const char *name;
    struct str text;
    int64_t number;
    bool is_number;
};

#define LOG_STR(field_name, value)  ((struct log_field){.name = (field_name), .text = (value)})
#define LOG_CSTR(field_name, value) LOG_STR(field_name, str_from_cstr(value))
#define LOG_I64(field_name, value)                                                                 \
    ((struct log_field){.name = (field_name), .number = (int64_t)(value), .is_number = true})
#define LOG_FAILURE(failure) LOG_CSTR("failure", failure_row(failure)->name)

/* Who writes, in every line; the texts are borrowed and live as long as the process. */
void log_init(enum log_level level, struct str process, struct str instance);
bool log_level_from_name(struct str name, enum log_level *ret_level);
const char *log_level_name(enum log_level level);
bool log_is_on(enum log_level level);
/* An absent text leaves its field out. */
void log_event(enum log_level level, const char *event, const struct log_field *fields, size_t len);

extern uint64_t log_lines_counts[LOG_LEVELS]; /* lines written so far; for metrics */

#define LOG_AT(level, event, ...)                                                                  \
    do {                                                                                           \
        if (log_is_on(level)) {                                                                    \
            const struct log_field log_fields[] = {__VA_ARGS__};                                   \
            log_event((level), (event), log_fields, sizeof(log_fields) / sizeof(log_fields[0]));   \
        }                                                                                          \
    } while (0)
#define log_debug(...)       LOG_AT(LOG_DEBUG, __VA_ARGS__)
#define log_information(...) LOG_AT(LOG_INFORMATION, __VA_ARGS__)
#define log_warning(...)     LOG_AT(LOG_WARNING, __VA_ARGS__)
#define log_error(...)       LOG_AT(LOG_ERROR, __VA_ARGS__)

#endif
