/* Configuration: one table per service gives environment, file, command line, --help and
 * validation.
 *
 *     struct broker_config { struct str github_client_id; int64_t timeout_ms; };
 *     static const struct option OPTIONS[] = {
 *         {OPTION_AT(struct broker_config, github_client_id), .name = "GITHUB_CLIENT_ID",
 *          .kind = OPTION_STR, .flags = OPTION_REQUIRED, .help = "the GitHub OAuth app's id"},
 *     };
 *     TRY(options_read(&table, &sources, arena, &config, &problem));
 *
 * An option NAME is read, the later winning, from its default, the file of --config (NAME=value
 * lines), the environment (NAME, or the original's name), NAME_FILE there (a path: for secrets
 * mounted as files), and --name=value. A secret is never taken from the command line. Texts live in
 * the arena.
 */
#ifndef COMMON_PROCESS_OPTIONS_H
#define COMMON_PROCESS_OPTIONS_H

#include "common/base/arena.h"
#include "common/base/failure.h"

enum option_kind {
    OPTION_STR,
    OPTION_TEXT, /* struct option_text: for what may change while the process runs */
    OPTION_I64,  /* between min and max */
    OPTION_BOOL, /* true or false */
    OPTION_LIST, /* struct strs, separated by commas or white space */
};

struct option_text {
    struct str text;
    struct str path; /* the file of NAME_FILE that it was read from; absent: none */
};

enum option_flags {
    OPTION_REQUIRED = 1,
    OPTION_SECRET = 2,
    OPTION_PATH = 4,     /* OPTION_STR: a file or directory that start or a reload reads */
    OPTION_ENDPOINT = 8, /* OPTION_STR: a ZeroMQ endpoint that start makes, ipc:// or tcp:// */
};

struct option {
    const char *name;
    const char *also; /* the original project's name for it, or NULL */
    enum option_kind kind;
    unsigned flags;
    const char *fallback; /* the default's text; NULL: absent */
    int64_t min, max;     /* OPTION_I64 */
    const char *help;     /* one line, lower case, with the unit */
    size_t offset;
};

#define OPTION_AT(type, member) .offset = offsetof(type, member)

struct options {
    const struct option *at;
    size_t len;
};

struct option_sources {
    int argc;
    const char *const *argv;
    const char *const *environment; /* like environ */
};

/* On failure *ret_problem is one sentence that says what to change, in the arena. config is a
 * struct of the caller's that the table's offsets describe. */
enum failure options_read(const struct options *options, const struct option_sources *sources,
                          struct arena *arena, void *config, struct str *ret_problem) MUST_CHECK;
/* A --name that no table knows: the first one, or absent. */
struct str options_unknown_argument(const struct options *const *tables, size_t len,
                                    const struct option_sources *sources, struct arena *arena);
/* Adds the paths that a configuration names: those of OPTION_PATH and of OPTION_TEXT, or those of
 * OPTION_ENDPOINT. FAIL_LIMIT_REACHED when the arena is full. */
enum failure options_add_paths(const struct options *options, const void *config,
                               enum option_flags flag, struct arena *arena,
                               struct strs *paths) MUST_CHECK;
void options_print_help(const struct options *options);

#endif
