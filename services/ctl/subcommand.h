/* One row of the command-line tool's table, and what each subcommand's file offers. The table
 * (main.c) says everything that --help, the shell completions and the man page tell about a
 * subcommand, and how its arguments are read. A subcommand prints its result on standard output and
 * its complaint, one sentence, on standard error.
 *
 *     {"keys", .run = subcommand_keys_run, .store = SUBCOMMAND_READS,
 *      .help = "what lies in Redis", .options = {{"--once", NULL, "print it once"}}},
 *
 * run answers the exit status: SUBCOMMAND_DONE, SUBCOMMAND_FAILED, or SUBCOMMAND_MISUSED. Adding a
 * subcommand is a row and a file subcommand_<name>.c. */
#ifndef SERVICES_CTL_SUBCOMMAND_H
#define SERVICES_CTL_SUBCOMMAND_H

#include "common/base/arena.h"

enum { SUBCOMMAND_DONE = 0, SUBCOMMAND_FAILED = 1, SUBCOMMAND_MISUSED = 2 };

enum { SUBCOMMAND_OPTIONS_MAX = 8 };

struct invocation;

struct subcommand_option {
    const char *name;     /* "--json" */
    const char *argument; /* "N"; NULL: it takes none */
    const char *help;
};

/* As which Redis user it connects. */
enum subcommand_store { SUBCOMMAND_ALONE, SUBCOMMAND_READS, SUBCOMMAND_CHANGES };

struct subcommand {
    const char *name;
    const char *words; /* its arguments, as usage shows them: "USER", "[bash | zsh]"; or NULL */
    size_t words_min, words_max;
    const char *choices; /* what the first may be, separated by spaces, for completion; or NULL */
    const char *help;    /* a line */
    const char *about;   /* what more there is to know, for the man page; or NULL */
    enum subcommand_store store;
    int (*run)(const struct invocation *invocation);
    struct subcommand_option options[SUBCOMMAND_OPTIONS_MAX];
};

struct subcommands {
    const struct subcommand *at;
    size_t len;
};

extern const struct subcommands SUBCOMMANDS;
/* What every subcommand takes that talks to Redis. */
extern const struct subcommand_option SUBCOMMAND_STORE_OPTIONS[];
extern const size_t SUBCOMMAND_STORE_OPTIONS_LEN;

int subcommand_acl_run(const struct invocation *invocation);
int subcommand_clients_run(const struct invocation *invocation);
int subcommand_completion_run(const struct invocation *invocation);
int subcommand_curve_keygen_run(const struct invocation *invocation);
int subcommand_doctor_run(const struct invocation *invocation);
int subcommand_grants_run(const struct invocation *invocation);
int subcommand_health_run(const struct invocation *invocation);
int subcommand_keys_run(const struct invocation *invocation);
int subcommand_keyspace_run(const struct invocation *invocation);
int subcommand_man_run(const struct invocation *invocation);
int subcommand_rehearse_run(const struct invocation *invocation);
int subcommand_revoke_run(const struct invocation *invocation);
int subcommand_watch_run(const struct invocation *invocation);
int subcommand_workers_run(const struct invocation *invocation);

/* Writes text to standard output, whole. */
int subcommand_print(struct str text);
/* Answers SUBCOMMAND_FAILED. */
int subcommand_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
