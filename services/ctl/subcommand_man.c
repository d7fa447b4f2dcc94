/* man: the manual page, from the table; CMake installs what it prints as mcp-oauth.1. */
#include <ctype.h>
#include <stdio.h>

#include "services/ctl/invocation.h"

/* A line that begins with a dot or a quote would be a request, a backslash an escape, and a minus
 * is no hyphen. */
static void roff_text(const char *text)
{
    bool is_line_start = true;
    for (; *text != '\0'; text++) {
        if (is_line_start && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        is_line_start = *text == '\n';
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
}

static void options_print(const struct subcommand_option *options, size_t len)
{
    for (size_t i = 0; i < len && options[i].name != NULL; i++) {
        fputs(".TP\n.B ", stdout);
        roff_text(options[i].name);
        if (options[i].argument != NULL)
            printf(" \\fI%s\\fR", options[i].argument);
        putchar('\n');
        roff_text(options[i].help);
        putchar('\n');
    }
}

static void subcommand_section(const struct subcommand *subcommand)
{
    fputs(".SS ", stdout);
    roff_text(subcommand->name);
    fputs("\n.B mcp\\-oauth ", stdout);
    roff_text(subcommand->name);
    if (subcommand->options[0].name != NULL || subcommand->store != SUBCOMMAND_ALONE)
        fputs(" [\\fIOPTIONS\\fB]", stdout);
    if (subcommand->words != NULL) {
        fputs(" \\fI", stdout);
        roff_text(subcommand->words);
    }
    fputs("\\fR\n.PP\n", stdout);
    putchar(toupper((unsigned char)subcommand->help[0]));
    roff_text(subcommand->help + 1);
    fputs(".\n", stdout);
    if (subcommand->about != NULL) {
        roff_text(subcommand->about);
        putchar('\n');
    }
    options_print(subcommand->options, SUBCOMMAND_OPTIONS_MAX);
}

static const char HEAD[] =
    ".TH MCP\\-OAUTH 1 2026-11-23 \"mcp\\-oauth " MCP_OAUTH_RELEASE "\" \"mcp\\-oauth\"\n"
    ".SH NAME\n"
    "mcp\\-oauth \\- the operator's tool of the mcp\\-oauth authorization server\n"
    ".SH SYNOPSIS\n"
    ".B mcp\\-oauth\n"
    ".I SUBCOMMAND\n"
    ".RI [ ARGUMENTS ]\n"
    ".SH DESCRIPTION\n"
    "Everything that the server keeps lies in Redis and ends by itself.\n"
    ".B mcp\\-oauth\n"
    "shows what lies there and who lives, finds what is wrong, and revokes what must end before "
    "its\n"
    "time. What looks connects as the Redis user reader, what changes something as operator.\n"
    ".SH SUBCOMMANDS\n";

static const char TAIL[] =
    ".SH ENVIRONMENT\n"
    "Each may also be a line of the file that\n"
    ".B \\-\\-config\n"
    "names, and\n"
    ".IR NAME _FILE\n"
    "names a file that holds the value.\n"
    ".TP\n.B REDIS_URL\n"
    "Where Redis is, as the workers are told.\n"
    ".TP\n.BR REDIS_USER \", \" REDIS_PASSWORD\n"
    "As whom. Without them:\n"
    ".TP\n.BR REDIS_PASSWORD_READER \", \" REDIS_PASSWORD_OPERATOR\n"
    "the password of the user that the subcommand needs.\n"
    ".TP\n.BR REDIS_SENTINEL_USER \", \" REDIS_SENTINEL_PASSWORD\n"
    "The same at the Sentinels.\n"
    ".TP\n.B BASE_URL\n"
    "The issuer, for\n"
    ".B doctor\n"
    "and\n"
    ".BR \"revoke token\" .\n"
    ".TP\n.B NO_COLOR\n"
    "Not empty: no colours.\n"
    ".SH EXIT STATUS\n"
    ".TP\n.B 0\n"
    "Done;\n"
    ".B doctor\n"
    "has found nothing bad.\n"
    ".TP\n.B 1\n"
    "Failed; one sentence on standard error says why.\n"
    ".TP\n.B 2\n"
    "Misused: an argument that the subcommand does not know.\n"
    ".SH EXAMPLES\n"
    ".nf\n"
    "mcp\\-oauth keys \\-\\-config redis.env\n"
    "mcp\\-oauth revoke user octocat \\-\\-dry\\-run\n"
    "mcp\\-oauth revoke token \\-\\-base\\-url https://auth.example.com <token\n"
    "mcp\\-oauth doctor \\-\\-directory /etc/mcp\\-oauth\n"
    ".fi\n"
    ".SH SEE ALSO\n"
    ".BR redis\\-cli (1)\n";

int subcommand_man_run(const struct invocation *invocation)
{
    (void)invocation;
    fputs(HEAD, stdout);
    for (size_t i = 0; i < SUBCOMMANDS.len; i++)
        subcommand_section(&SUBCOMMANDS.at[i]);
    puts(".SS Redis\nWhat talks to Redis takes besides:");
    options_print(SUBCOMMAND_STORE_OPTIONS, SUBCOMMAND_STORE_OPTIONS_LEN);
    return subcommand_print(str_from_cstr(TAIL));
}
