/* keyspace: the table of every Redis key, for deploy/redis/README.md. */
#include "services/ctl/subcommand.h"

#include "common/store/key.h"

int subcommand_keyspace_run(int argc, char **argv, struct arena *arena)
{
    if (!subcommand_has_no_arguments(argc, argv))
        return SUBCOMMAND_MISUSED;
    return subcommand_print(key_table_print(arena));
}
