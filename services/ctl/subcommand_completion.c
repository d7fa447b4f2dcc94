/* completion: what bash or zsh complete behind mcp-oauth, from the table.
 *
 *     source <(mcp-oauth completion bash) */
#include <stdio.h>
#include <string.h>

#include "services/ctl/invocation.h"

static const struct subcommand *row(size_t i)
{
    return &SUBCOMMANDS.at[i];
}

static bool is_behind_all(const struct subcommand_option *options, size_t len, size_t i)
{
    return i == len || options[i].name == NULL;
}

/* --- bash --- */

static void bash_options(const struct subcommand_option *options, size_t len)
{
    for (size_t i = 0; !is_behind_all(options, len, i); i++)
        printf(" %s", options[i].name);
}

static void bash_print(void)
{
    puts("# Completion of mcp-oauth for bash, printed by mcp-oauth completion bash.\n"
         "_mcp_oauth() {\n"
         "    local current=${COMP_WORDS[COMP_CWORD]} choices='--json --help'");
    printf("    if ((COMP_CWORD == 1)); then\n        choices='");
    for (size_t i = 0; i < SUBCOMMANDS.len; i++)
        printf("%s ", row(i)->name);
    puts("help --help --version'\n"
         "    else\n"
         "        case ${COMP_WORDS[1]} in");
    for (size_t i = 0; i < SUBCOMMANDS.len; i++) {
        printf("            %s) choices='--help", row(i)->name);
        bash_options(row(i)->options, SUBCOMMAND_OPTIONS_MAX);
        if (row(i)->store != SUBCOMMAND_ALONE)
            bash_options(SUBCOMMAND_STORE_OPTIONS, SUBCOMMAND_STORE_OPTIONS_LEN);
        puts("' ;;");
    }
    puts("        esac\n"
         "        if ((COMP_CWORD == 2)); then\n"
         "            case ${COMP_WORDS[1]} in");
    for (size_t i = 0; i < SUBCOMMANDS.len; i++)
        if (row(i)->choices != NULL)
            printf("                %s) choices+=' %s' ;;\n", row(i)->name, row(i)->choices);
    printf("                help) choices='");
    for (size_t i = 0; i < SUBCOMMANDS.len; i++)
        printf("%s ", row(i)->name);
    puts("' ;;\n"
         "            esac\n"
         "        fi\n"
         "    fi\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$choices\" -- \"$current\")\n"
         "}\n"
         "complete -o default -F _mcp_oauth mcp-oauth");
}

/* --- zsh --- */

/* Inside of single quotes, where _arguments and _describe read colons and brackets. */
static void zsh_text(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (*text == ':' || *text == '[' || *text == ']' || *text == '\\')
            printf("\\%c", *text);
        else
            putchar(*text);
}

static void zsh_options(const struct subcommand_option *options, size_t len)
{
    for (size_t i = 0; !is_behind_all(options, len, i); i++) {
        printf(" \\\n                '%s[", options[i].name);
        zsh_text(options[i].help);
        putchar(']');
        if (options[i].argument != NULL)
            printf(":%s:%s", options[i].argument,
                   strcmp(options[i].argument, "FILE") == 0  ? "_files"
                   : strcmp(options[i].argument, "DIR") == 0 ? "_files -/"
                                                             : " ");
        putchar('\'');
    }
}

static void zsh_print(void)
{
    puts("#compdef mcp-oauth\n"
         "# Completion of mcp-oauth for zsh, printed by mcp-oauth completion zsh.\n"
         "_mcp_oauth() {\n"
         "    local -a subcommands\n"
         "    subcommands=(");
    for (size_t i = 0; i < SUBCOMMANDS.len; i++) {
        printf("        '%s:", row(i)->name);
        zsh_text(row(i)->help);
        puts("'");
    }
    puts("        'help:print what there is, or more about one'\n"
         "    )\n"
         "    if (( CURRENT == 2 )); then\n"
         "        _describe subcommand subcommands\n"
         "        return\n"
         "    fi\n"
         "    local subcommand=$words[2]\n"
         "    shift words\n"
         "    (( CURRENT-- ))\n"
         "    case $subcommand in");
    for (size_t i = 0; i < SUBCOMMANDS.len; i++) {
        printf("        %s)\n            _arguments '--help[print more about it]'", row(i)->name);
        zsh_options(row(i)->options, SUBCOMMAND_OPTIONS_MAX);
        if (row(i)->store != SUBCOMMAND_ALONE)
            zsh_options(SUBCOMMAND_STORE_OPTIONS, SUBCOMMAND_STORE_OPTIONS_LEN);
        if (row(i)->choices != NULL)
            printf(" \\\n                '1:what:(%s)'", row(i)->choices);
        puts(" ;;");
    }
    puts("        help) _describe subcommand subcommands ;;\n"
         "    esac\n"
         "}\n"
         "_mcp_oauth \"$@\"");
}

int subcommand_completion_run(const struct invocation *invocation)
{
    struct str shell = invocation->words.at[0];
    if (str_equals(shell, STR("bash"))) {
        bash_print();
    } else if (str_equals(shell, STR("zsh"))) {
        zsh_print();
    } else {
        subcommand_complain("completion knows bash and zsh");
        return SUBCOMMAND_MISUSED;
    }
    return subcommand_print(STR(""));
}
