/* keyspace: the table of every Redis key, for deploy/redis/README.md. */
#include "common/store/key.h"
#include "services/ctl/invocation.h"

int subcommand_keyspace_run(const struct invocation *invocation)
{
    return subcommand_print(key_table_print(invocation->arena));
}
