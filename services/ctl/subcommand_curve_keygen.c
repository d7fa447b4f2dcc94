/* curve-keygen: a new CURVE key pair for one process, public and secret in Z85 on one line. */
#include "services/ctl/subcommand.h"

#include <zmq.h>

int subcommand_curve_keygen_run(int argc, char **argv, struct arena *arena)
{
    enum { Z85_BYTES = 41 }; /* 40 characters and the NUL */
    if (!subcommand_has_no_arguments(argc, argv))
        return SUBCOMMAND_MISUSED;
    char public_key[Z85_BYTES], secret_key[Z85_BYTES];
    if (zmq_curve_keypair(public_key, secret_key) != 0)
        return subcommand_complain("this libzmq was built without CURVE");
    struct str line = arena_printf(arena, "%s %s\n", public_key, secret_key);
    explicit_bzero(secret_key, sizeof(secret_key));
    return subcommand_print(line);
}
