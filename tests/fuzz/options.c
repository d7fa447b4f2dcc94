/* The operator controls this input: lines of the environment or, behind a line `--`, of the command
 * line; behind a line `==` what every file contains that is named there. Attacks options_read and
 * options_unknown_argument. A slip must be told in one sentence and never be run with. */
#include "common/process/options.h"
#include "common/process/file.h"
#include "tests/fuzz/fuzz.h"

enum { LINES_MAX = 64 };

struct config {
    struct str name;
    struct option_text text;
    int64_t number;
    bool flag;
    struct strs list;
    struct str secret;
};

static const struct option OPTIONS[] = {
    {OPTION_AT(struct config, name), .name = "NAME", .also = "OLD_NAME", .kind = OPTION_STR,
     .flags = OPTION_REQUIRED, .help = "a name"},
    {OPTION_AT(struct config, text), .name = "TEXT", .kind = OPTION_TEXT, .flags = OPTION_SECRET,
     .help = "a text"},
    {OPTION_AT(struct config, number), .name = "NUMBER", .kind = OPTION_I64, .fallback = "7",
     .min = 1, .max = 1000, .help = "a number"},
    {OPTION_AT(struct config, flag), .name = "FLAG", .kind = OPTION_BOOL, .fallback = "false",
     .help = "true or false"},
    {OPTION_AT(struct config, list), .name = "LIST", .kind = OPTION_LIST, .help = "words"},
    {OPTION_AT(struct config, secret), .name = "SECRET", .kind = OPTION_STR, .flags = OPTION_SECRET,
     .help = "a secret"},
};
static const struct options TABLE = {OPTIONS, sizeof(OPTIONS) / sizeof(OPTIONS[0])};

static struct str file_text;

enum failure file_read(struct str path, size_t bytes_max, struct arena *arena, struct str *ret_text)
{
    struct str text = arena_dup(arena, file_text);
    if (str_ends_with(path, STR("missing")) || file_text.len > bytes_max || !str_is_present(text))
        return FAIL_CONFIGURATION_INVALID;
    *ret_text = text;
    return OK;
}

static void check_config(const struct config *config)
{
    FUZZ_CHECK(!str_is_empty(config->name));
    FUZZ_CHECK(str_index_of(config->name, '\0') == config->name.len);
    FUZZ_CHECK(config->number >= 1 && config->number <= 1000);
    for (size_t i = 0; i < config->list.len; i++)
        FUZZ_CHECK(config->list.at[i].len > 0 &&
                   str_index_of(config->list.at[i], ',') == config->list.at[i].len);
    FUZZ_CHECK(!str_is_present(config->text.path) || !str_is_empty(config->text.text));
}

/* A secret is never taken from the command line (house style, rule 18). */
static bool is_secret_argument(struct str argument)
{
    return str_starts_with(argument, STR("--SECRET=")) || str_starts_with(argument, STR("--TEXT="));
}

void fuzz_one(struct str input, struct arena *arena)
{
    const char *environment[LINES_MAX + 1] = {NULL}, *argv[LINES_MAX + 1] = {"program"};
    const struct options *tables[] = {&TABLE};
    struct config config = {.number = 0};
    struct str problem = STR_ABSENT;
    int argc = 1, variables = 0;
    bool is_argument = false, has_secret_argument = false;
    file_text = STR("");
    while (str_is_present(input) && argc < LINES_MAX && variables < LINES_MAX) {
        struct str line = fuzz_line(&input);
        if (str_equals(line, STR("=="))) {
            file_text = str_is_present(input) ? input : STR("");
            break;
        }
        const char *text = arena_dup_cstr(arena, line);
        if (text == NULL)
            return;
        if (str_equals(line, STR("--")))
            is_argument = true;
        else if (is_argument)
            argv[argc++] = text;
        else
            environment[variables++] = text;
        has_secret_argument = has_secret_argument || (is_argument && is_secret_argument(line));
    }
    const struct option_sources sources = {argc, argv, environment};
    (void)options_unknown_argument(tables, 1, &sources, arena);
    enum failure failure = options_read(&TABLE, &sources, arena, &config, &problem);
    FUZZ_CHECK(failure == OK ? !str_is_present(problem) : !str_is_empty(problem));
    if (failure == OK)
        check_config(&config);
    FUZZ_CHECK(failure != OK || !has_secret_argument);
}
