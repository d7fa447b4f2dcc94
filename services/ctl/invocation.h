/* What a subcommand was called with, read as its row of the table says.
 *
 *     struct invocation invocation;
 *     if (!invocation_read(&invocation, row, argc, argv, arena)) ...     it has complained
 *     bool is_json = invocation_has(&invocation, "--json");
 *     struct str user = invocation.words.at[0];
 *
 * --name=value and --name value are the same; what stands behind -- is never an option. Texts are
 * argv's. */
#ifndef SERVICES_CTL_INVOCATION_H
#define SERVICES_CTL_INVOCATION_H

#include "services/ctl/subcommand.h"

enum { INVOCATION_WORDS_MAX = 8, INVOCATION_GENERAL_MAX = 8 };

struct invocation {
    const struct subcommand *subcommand;
    struct arena *arena;
    struct strs words; /* the arguments that are no options */
    struct str words_at[INVOCATION_WORDS_MAX];
    struct str given[SUBCOMMAND_OPTIONS_MAX];    /* absent: not given; empty: has no argument */
    const char *general[INVOCATION_GENERAL_MAX]; /* "--redis-url=..." for options_read */
    int general_len;
};

/* argv[0] is the subcommand's name. */
bool invocation_read(struct invocation *invocation, const struct subcommand *subcommand, int argc,
                     char **argv, struct arena *arena);
bool invocation_has(const struct invocation *invocation, const char *option);
/* Absent when it was not given. */
struct str invocation_get(const struct invocation *invocation, const char *option);
/* False, after a complaint, when what was given is no number from min to max. */
bool invocation_get_number(const struct invocation *invocation, const char *option,
                           int64_t fallback, int64_t min, int64_t max, int64_t *ret_number);

#endif
