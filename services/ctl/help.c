#include "services/ctl/help.h"

#include <stdio.h>

const struct subcommand *help_find(struct str name)
{
    for (size_t i = 0; i < SUBCOMMANDS.len; i++)
        if (str_equals_cstr(name, SUBCOMMANDS.at[i].name))
            return &SUBCOMMANDS.at[i];
    return NULL;
}

int help_print(void)
{
    puts("mcp-oauth: the operator's tool of the mcp-oauth authorization server\n\n"
         "usage: mcp-oauth SUBCOMMAND [ARGUMENTS]\n");
    for (size_t i = 0; i < SUBCOMMANDS.len; i++)
        printf("  %-13s %s\n", SUBCOMMANDS.at[i].name, SUBCOMMANDS.at[i].help);
    puts(
        "  help          print this; help SUBCOMMAND prints more about one\n"
        "  --version     print the release\n\n"
        "Exit status: 0 done, 1 failed, 2 misused. Those that talk to Redis read REDIS_URL,\n"
        "REDIS_USER and REDIS_PASSWORD, or REDIS_PASSWORD_READER and REDIS_PASSWORD_OPERATOR,\n"
        "from the environment or from --config=FILE; NAME_FILE names a file that holds the value.");
    return SUBCOMMAND_DONE;
}

static void options_print(const struct subcommand_option *options, size_t len)
{
    for (size_t i = 0; i < len && options[i].name != NULL; i++) {
        char usage[64];
        snprintf(usage, sizeof(usage), "%s%s%s", options[i].name,
                 options[i].argument != NULL ? " " : "",
                 options[i].argument != NULL ? options[i].argument : "");
        printf("  %-20s %s\n", usage, options[i].help);
    }
}

int help_print_of(const struct subcommand *subcommand)
{
    bool has_options = subcommand->options[0].name != NULL;
    printf("mcp-oauth %s: %s\n\nusage: mcp-oauth %s%s%s%s\n", subcommand->name, subcommand->help,
           subcommand->name, has_options ? " [OPTIONS]" : "", subcommand->words != NULL ? " " : "",
           subcommand->words != NULL ? subcommand->words : "");
    if (has_options || subcommand->store != SUBCOMMAND_ALONE)
        putchar('\n');
    options_print(subcommand->options, SUBCOMMAND_OPTIONS_MAX);
    if (subcommand->store != SUBCOMMAND_ALONE)
        options_print(SUBCOMMAND_STORE_OPTIONS, SUBCOMMAND_STORE_OPTIONS_LEN);
    if (subcommand->about != NULL)
        printf("\n%s\n", subcommand->about);
    return SUBCOMMAND_DONE;
}
