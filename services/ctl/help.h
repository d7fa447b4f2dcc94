/* What people are told about the table of subcommands: --help, the shell completions, the man page.
 * All three are printed from the table, so that they cannot differ.
 *
 *     return help_print();                  mcp-oauth --help
 *     return help_print_of(subcommand);     mcp-oauth help keys */
#ifndef SERVICES_CTL_HELP_H
#define SERVICES_CTL_HELP_H

#include "services/ctl/subcommand.h"

int help_print(void);
int help_print_of(const struct subcommand *subcommand);
/* NULL when there is none. */
const struct subcommand *help_find(struct str name);

#endif
