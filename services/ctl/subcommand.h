/* One row of the command-line tool's table, and what each subcommand's file offers. A subcommand
 * prints its result on standard output and its complaint, one sentence, on standard error.
 *
 *     static const struct subcommand SUBCOMMANDS[] = {{"acl", acl_run, "the Redis ACL file"}};
 *
 * It answers the exit status: SUBCOMMAND_DONE, SUBCOMMAND_FAILED, or SUBCOMMAND_MISUSED for
 * arguments that it does not know. argv[0] is its own name. */
#ifndef SERVICES_CTL_SUBCOMMAND_H
#define SERVICES_CTL_SUBCOMMAND_H

#include "common/base/arena.h"

enum { SUBCOMMAND_DONE = 0, SUBCOMMAND_FAILED = 1, SUBCOMMAND_MISUSED = 2 };

struct subcommand {
    const char *name;
    int (*run)(int argc, char **argv, struct arena *arena);
    const char *help;
};

int subcommand_acl_run(int argc, char **argv, struct arena *arena);
int subcommand_curve_keygen_run(int argc, char **argv, struct arena *arena);
int subcommand_keyspace_run(int argc, char **argv, struct arena *arena);

/* Writes text to standard output, whole. */
int subcommand_print(struct str text);
int subcommand_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* True when there is no argument behind the name; complains otherwise. */
bool subcommand_has_no_arguments(int argc, char **argv);

#endif
