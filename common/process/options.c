/* One pass per source, the weakest first; a later one overwrites. Every problem names the option,
 * so that the operator knows what to change. */
#include "common/process/options.h"
#include "common/process/file.h"

#include <stdio.h>
#include <string.h>

enum { OPTION_FILE_BYTES_MAX = 1024 * 1024 };
#define TOO_LARGE STR("the configuration is larger than this program accepts")

/* Whose value it is decides what it may be: the command line may not hold a secret. */
struct reading {
    const struct options *options;
    struct arena *arena;
    char *config;
    bool *is_set;
    struct str path; /* of the NAME_FILE that is being read */
    struct str problem;
};

static enum failure refuse(struct reading *reading, const struct option *option, const char *what)
{
    reading->problem = arena_printf(reading->arena, "%s %s (%s)", option->name, what, option->help);
    return FAIL_CONFIGURATION_INVALID;
}

static bool is_separator(char c)
{
    return c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static enum failure list_read(struct reading *reading, struct str text, struct strs *ret_list)
{
    struct strs list = {.at = arena_take_array(reading->arena, text.len / 2 + 1, sizeof(*list.at))};
    if (list.at == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t at = 0; at < text.len;) {
        size_t end = at;
        while (end < text.len && !is_separator(text.at[end]))
            end++;
        if (end > at)
            list.at[list.len++] = str_from_bytes(text.at + at, end - at);
        at = end + 1;
    }
    *ret_list = list;
    return OK;
}

/* An empty value counts as absent, as templates and empty secrets leave it. */
static enum failure value_set(struct reading *reading, const struct option *option,
                              struct str value)
{
    void *at = reading->config + option->offset;
    if (value.len == 0)
        return OK;
    /* Paths, URLs and keys end at a NUL: not the whole value would be used. */
    if (memchr(value.at, '\0', value.len) != NULL)
        return refuse(reading, option, "holds a NUL byte");
    struct str text = arena_dup(reading->arena, value);
    if (!str_is_present(text))
        return FAIL_LIMIT_REACHED;
    reading->is_set[option - reading->options->at] = true;
    switch (option->kind) {
    case OPTION_STR:
        *(struct str *)at = text;
        return OK;
    case OPTION_TEXT:
        *(struct option_text *)at = (struct option_text){.text = text, .path = reading->path};
        return OK;
    case OPTION_I64:
        if (!str_to_i64(text, at) || *(int64_t *)at < option->min || *(int64_t *)at > option->max) {
            char what[128];
            snprintf(what, sizeof(what), "must be a number between %lld and %lld",
                     (long long)option->min, (long long)option->max);
            return refuse(reading, option, what);
        }
        return OK;
    case OPTION_BOOL:
        if (!str_equals(text, STR("true")) && !str_equals(text, STR("false")))
            return refuse(reading, option, "must be true or false");
        *(bool *)at = str_equals(text, STR("true"));
        return OK;
    case OPTION_LIST:
        return list_read(reading, text, at);
    }
    return FAIL_CONFIGURATION_INVALID;
}

static const struct option *option_of(const struct options *options, struct str name)
{
    for (size_t i = 0; i < options->len; i++)
        if (str_equals_cstr(name, options->at[i].name) ||
            (options->at[i].also != NULL && str_equals_cstr(name, options->at[i].also)))
            return &options->at[i];
    return NULL;
}

static struct str trim_end(struct str text)
{
    while (text.len > 0 && (text.at[text.len - 1] == '\n' || text.at[text.len - 1] == '\r'))
        text.len--;
    return text;
}

static enum failure value_file_read(struct reading *reading, const struct option *option,
                                    struct str path)
{
    struct str text;
    if (file_read(path, OPTION_FILE_BYTES_MAX, reading->arena, &text) != OK) {
        reading->problem = arena_printf(reading->arena, "%s_FILE names %.*s, which cannot be read",
                                        option->name, STR_ARGS(path));
        return FAIL_CONFIGURATION_INVALID;
    }
    reading->path = arena_dup(reading->arena, path);
    if (!str_is_present(reading->path))
        return FAIL_LIMIT_REACHED;
    enum failure failure = value_set(reading, option, trim_end(text));
    reading->path = STR_ABSENT;
    return failure;
}

enum assignment_forms { FORM_VALUE = 1, FORM_FILE = 2 };

/* NAME=value, and NAME_FILE=path, of whichever options this table has. */
static enum failure assignment_read(struct reading *reading, struct str line, unsigned forms)
{
    struct str name, value;
    if (!str_cut(line, '=', &name, &value) || value.len == 0)
        return OK;
    const struct option *option = option_of(reading->options, name);
    if (option != NULL)
        return forms & FORM_VALUE ? value_set(reading, option, value) : OK;
    if (!(forms & FORM_FILE) || !str_ends_with(name, STR("_FILE")))
        return OK;
    option = option_of(reading->options, str_first(name, name.len - strlen("_FILE")));
    return option != NULL ? value_file_read(reading, option, value) : OK;
}

static struct str unquote(struct str value)
{
    bool is_quoted = value.len >= 2 && (value.at[0] == '"' || value.at[0] == '\'') &&
                     value.at[value.len - 1] == value.at[0];
    return is_quoted ? str_from_bytes(value.at + 1, value.len - 2) : value;
}

static enum failure config_file_read(struct reading *reading, struct str path)
{
    struct str text, line, name, value;
    if (file_read(path, OPTION_FILE_BYTES_MAX, reading->arena, &text) != OK) {
        reading->problem = arena_printf(reading->arena, "--config names %.*s, which cannot be read",
                                        STR_ARGS(path));
        return FAIL_CONFIGURATION_INVALID;
    }
    while (text.len > 0) {
        line = text;
        text = str_cut(text, '\n', &line, &text) ? text : STR("");
        line = trim_end(line);
        if (line.len == 0 || line.at[0] == '#' || !str_cut(line, '=', &name, &value))
            continue;
        value = unquote(value);
        struct str assignment =
            arena_printf(reading->arena, "%.*s=%.*s", STR_ARGS(name), STR_ARGS(value));
        if (!str_is_present(assignment))
            return FAIL_LIMIT_REACHED;
        TRY(assignment_read(reading, assignment, FORM_VALUE | FORM_FILE));
    }
    return OK;
}

/* --github-url=x names GITHUB_URL. */
static struct str argument_name(struct arena *arena, struct str argument)
{
    struct str name = arena_dup(arena, str_from(argument, 2));
    char *at = arena_take(arena, name.len + 1);
    if (at == NULL || !str_is_present(name))
        return STR_ABSENT;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        at[i] = c == '-' ? '_' : c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return str_from_bytes(at, name.len);
}

static enum failure argument_read(struct reading *reading, struct str argument)
{
    struct str left, value;
    if (!str_starts_with(argument, STR("--")) || !str_cut(argument, '=', &left, &value))
        return OK;
    struct str name = argument_name(reading->arena, left);
    if (!str_is_present(name))
        return FAIL_LIMIT_REACHED;
    const struct option *option = option_of(reading->options, name);
    if (option == NULL && str_ends_with(name, STR("_FILE"))) {
        option = option_of(reading->options, str_first(name, name.len - strlen("_FILE")));
        return option != NULL ? value_file_read(reading, option, value) : OK;
    }
    if (option == NULL)
        return OK;
    if (option->flags & OPTION_SECRET)
        return refuse(
            reading, option,
            "is a secret and never taken from the command line: set it in the environment "
            "or name a file with its _FILE form");
    return value_set(reading, option, value);
}

static enum failure sources_read(struct reading *reading, const struct option_sources *sources)
{
    const struct options *options = reading->options;
    for (size_t i = 0; i < options->len; i++)
        if (options->at[i].fallback != NULL)
            TRY(value_set(reading, &options->at[i], str_from_cstr(options->at[i].fallback)));
    for (int i = 1; i < sources->argc; i++) {
        struct str argument = str_from_cstr(sources->argv[i]);
        if (str_starts_with(argument, STR("--config=")))
            TRY(config_file_read(reading, str_from(argument, strlen("--config="))));
    }
    /* Who mounts a file may still carry the value: the environment has no order, the forms have. */
    for (unsigned form = FORM_VALUE; form <= FORM_FILE; form++)
        for (const char *const *variable = sources->environment;
             variable != NULL && *variable != NULL; variable++)
            TRY(assignment_read(reading, str_from_cstr(*variable), form));
    for (int i = 1; i < sources->argc; i++)
        TRY(argument_read(reading, str_from_cstr(sources->argv[i])));
    for (size_t i = 0; i < options->len; i++)
        if (options->at[i].flags & OPTION_REQUIRED && !reading->is_set[i])
            return refuse(reading, &options->at[i], "is missing");
    return OK;
}

enum failure options_read(const struct options *options, const struct option_sources *sources,
                          struct arena *arena, void *config, struct str *ret_problem)
{
    struct reading reading = {
        .options = options,
        .arena = arena,
        .config = config,
        .is_set = arena_take_array(arena, options->len + 1, sizeof(bool)),
        .problem = TOO_LARGE,
    };
    enum failure failure =
        reading.is_set != NULL ? sources_read(&reading, sources) : FAIL_LIMIT_REACHED;
    if (failure != OK) /* an arena that is full has no room for a sentence either */
        *ret_problem = str_is_present(reading.problem) ? reading.problem : TOO_LARGE;
    return failure;
}

static bool is_general(struct str argument)
{
    return str_equals(argument, STR("--help")) || str_equals(argument, STR("--version")) ||
           str_equals(argument, STR("--check")) || str_starts_with(argument, STR("--config="));
}

struct str options_unknown_argument(const struct options *const *tables, size_t len,
                                    const struct option_sources *sources, struct arena *arena)
{
    for (int i = 1; i < sources->argc; i++) {
        struct str argument = str_from_cstr(sources->argv[i]), left = argument, value;
        bool is_known = is_general(argument);
        bool is_assignment =
            str_starts_with(argument, STR("--")) && str_cut(argument, '=', &left, &value);
        struct str name = is_assignment ? argument_name(arena, left) : STR_ABSENT;
        if (str_ends_with(name, STR("_FILE")) && len > 0)
            for (size_t t = 0; t < len && !is_known; t++)
                is_known = option_of(tables[t], str_first(name, name.len - strlen("_FILE")));
        for (size_t t = 0; t < len && is_assignment && !is_known; t++)
            is_known = option_of(tables[t], name) != NULL;
        if (!is_known)
            return argument;
    }
    return STR_ABSENT;
}

static struct str path_of(const struct option *option, const void *config, enum option_flags flag)
{
    const char *at = (const char *)config + option->offset;
    struct str text, scheme = STR("ipc://");
    if (flag == OPTION_PATH && option->kind == OPTION_TEXT)
        return ((const struct option_text *)(const void *)at)->path;
    if (!(option->flags & flag))
        return STR_ABSENT;
    text = *(const struct str *)(const void *)at;
    if (flag != OPTION_ENDPOINT)
        return text;
    return str_starts_with(text, scheme) ? str_from(text, scheme.len) : STR_ABSENT;
}

enum failure options_add_paths(const struct options *options, const void *config,
                               enum option_flags flag, struct arena *arena, struct strs *paths)
{
    struct strs all = {.at =
                           arena_take_array(arena, paths->len + options->len + 1, sizeof(*all.at))};
    if (all.at == NULL)
        return FAIL_LIMIT_REACHED;
    for (; all.len < paths->len; all.len++)
        all.at[all.len] = paths->at[all.len];
    for (size_t i = 0; i < options->len; i++) {
        struct str path = path_of(&options->at[i], config, flag);
        if (!str_is_empty(path))
            all.at[all.len++] = path;
    }
    *paths = all;
    return OK;
}

void options_print_help(const struct options *options)
{
    for (size_t i = 0; i < options->len; i++) {
        const struct option *option = &options->at[i];
        printf("  %-26s %s%s%s%s%s%s%s\n", option->name, option->help,
               option->fallback ? "; default " : "", option->fallback ? option->fallback : "",
               option->flags & OPTION_REQUIRED ? "; required" : "",
               option->flags & OPTION_SECRET ? "; secret" : "", option->also ? "; also " : "",
               option->also ? option->also : "");
    }
}
