/* Reads JSON for the servers file: objects by tables of members, and every problem as one sentence
 * that names the member to change.
 *
 *     static const struct servers_member MEMBERS[] = {
 *         {"name", servers_reader_text, offsetof(struct server, name)},
 *     };
 *     TRY(servers_reader_members(&reader, json, path, MEMBERS, 1, &server));
 *
 * Only servers_file.c uses it. All functions return FAIL_CONFIGURATION_INVALID after having set
 * reader->problem, or FAIL_LIMIT_REACHED when an arena is full. */
#ifndef COMMON_OAUTH_SERVERS_READER_H
#define COMMON_OAUTH_SERVERS_READER_H

#include "common/base/arena.h"
#include "common/base/failure.h"

#include <jansson.h>

struct servers_reader {
    struct arena *arena;         /* of the servers: texts, lists, paths */
    struct arena *problem_arena; /* of the caller */
    struct str problem;
};

struct servers_member {
    const char *name;
    enum failure (*read)(struct servers_reader *reader, json_t *value, struct str path,
                         void *ret_value);
    size_t offset; /* of what read writes */
};

/* Always FAIL_CONFIGURATION_INVALID. */
enum failure servers_reader_report(struct servers_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3))) MUST_CHECK;
struct str servers_reader_text_of(json_t *value); /* of a JSON string, borrowed */
/* path.member; the absent text when the arena is full. */
struct str servers_reader_join(struct servers_reader *reader, struct str path, const char *member);
/* Comments are for people: "_comment", "$schema". */
bool servers_reader_is_comment(const char *name);
enum failure servers_reader_keep(struct servers_reader *reader, struct str text,
                                 struct str *ret_text) MUST_CHECK;

/* An object: each member by its row, comments skipped, all others refused. */
enum failure servers_reader_members(struct servers_reader *reader, json_t *object, struct str path,
                                    const struct servers_member *members, size_t len,
                                    void *record) MUST_CHECK;
/* A list of texts that is_valid accepts; advice says what they must be. */
enum failure servers_reader_list(struct servers_reader *reader, json_t *value, struct str path,
                                 bool (*is_valid)(struct str), const char *advice,
                                 struct strs *ret_list) MUST_CHECK;

/* For tables. */
enum failure servers_reader_text(struct servers_reader *reader, json_t *value, struct str path,
                                 void *ret_str) MUST_CHECK;
enum failure servers_reader_sha256(struct servers_reader *reader, json_t *value, struct str path,
                                   void *ret_str) MUST_CHECK;
/* Seconds, or a text with a unit: 3600, "90m", "24h", "7d"; at most a year. */
enum failure servers_reader_duration(struct servers_reader *reader, json_t *value, struct str path,
                                     void *ret_i64) MUST_CHECK;

#endif
