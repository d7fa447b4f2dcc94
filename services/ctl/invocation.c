#include "services/ctl/invocation.h"

#include <assert.h>

static bool misuse(const struct invocation *invocation, const char *what, struct str argument)
{
    subcommand_complain("%s %s %.*s; see mcp-oauth help %s", invocation->subcommand->name, what,
                        STR_ARGS(argument), invocation->subcommand->name);
    return false;
}

static const struct subcommand_option *option_find(const struct subcommand_option *options,
                                                   size_t len, struct str name)
{
    for (size_t i = 0; i < len && options[i].name != NULL; i++)
        if (str_equals_cstr(name, options[i].name))
            return &options[i];
    return NULL;
}

/* An option, with its argument behind = or in the next word, to which *at then moves. */
static bool option_read(struct invocation *invocation, int argc, char **argv, int *at)
{
    const struct subcommand *subcommand = invocation->subcommand;
    struct str whole = str_from_cstr(argv[*at]), name = whole, value = STR_ABSENT;
    str_cut(whole, '=', &name, &value);
    const struct subcommand_option *own =
        option_find(subcommand->options, SUBCOMMAND_OPTIONS_MAX, name);
    const struct subcommand_option *general =
        subcommand->store != SUBCOMMAND_ALONE
            ? option_find(SUBCOMMAND_STORE_OPTIONS, SUBCOMMAND_STORE_OPTIONS_LEN, name)
            : NULL;
    const struct subcommand_option *option = own != NULL ? own : general;
    if (option == NULL)
        return misuse(invocation, "does not know", name);
    if (option->argument == NULL && str_is_present(value))
        return misuse(invocation, "takes no value for", name);
    if (option->argument != NULL && !str_is_present(value)) {
        if (*at + 1 == argc)
            return misuse(invocation, "wants a value for", name);
        value = str_from_cstr(argv[++*at]);
    }
    if (own != NULL) {
        invocation->given[own - subcommand->options] = str_is_present(value) ? value : STR("");
        return true;
    }
    struct str joined =
        arena_printf(invocation->arena, "%.*s=%.*s", STR_ARGS(name), STR_ARGS(value));
    if (!str_is_present(joined) || invocation->general_len == INVOCATION_GENERAL_MAX)
        return misuse(invocation, "has no room for", name);
    invocation->general[invocation->general_len++] = joined.at;
    return true;
}

bool invocation_read(struct invocation *invocation, const struct subcommand *subcommand, int argc,
                     char **argv, struct arena *arena)
{
    *invocation = (struct invocation){.subcommand = subcommand, .arena = arena};
    invocation->words = (struct strs){invocation->words_at, 0};
    invocation->general[invocation->general_len++] = subcommand->name;
    bool is_open = true; /* options may follow */
    for (int i = 1; i < argc; i++) {
        struct str argument = str_from_cstr(argv[i]);
        if (is_open && str_equals(argument, STR("--"))) {
            is_open = false;
        } else if (is_open && str_starts_with(argument, STR("--"))) {
            if (!option_read(invocation, argc, argv, &i))
                return false;
        } else if (invocation->words.len == subcommand->words_max) {
            return misuse(invocation, "does not know", argument);
        } else {
            invocation->words_at[invocation->words.len++] = argument;
        }
    }
    if (invocation->words.len < subcommand->words_min)
        return misuse(invocation, "wants", str_from_cstr(subcommand->words));
    return true;
}

struct str invocation_get(const struct invocation *invocation, const char *option)
{
    const struct subcommand *subcommand = invocation->subcommand;
    for (size_t i = 0; i < SUBCOMMAND_OPTIONS_MAX && subcommand->options[i].name != NULL; i++)
        if (strcmp(subcommand->options[i].name, option) == 0)
            return invocation->given[i];
    assert(false && "the table has this option");
    return STR_ABSENT;
}

bool invocation_has(const struct invocation *invocation, const char *option)
{
    return str_is_present(invocation_get(invocation, option));
}

bool invocation_get_number(const struct invocation *invocation, const char *option,
                           int64_t fallback, int64_t min, int64_t max, int64_t *ret_number)
{
    struct str given = invocation_get(invocation, option);
    int64_t number = fallback;
    if (str_is_present(given) && (!str_to_i64(given, &number) || number < min || number > max)) {
        subcommand_complain("%s %s must be a number from %lld to %lld",
                            invocation->subcommand->name, option, (long long)min, (long long)max);
        return false;
    }
    *ret_number = number;
    return true;
}
