/* curve-keygen: a new CURVE key pair for one process, public and secret in Z85 on one line. */
#include "proto/curve.h"
#include "services/ctl/subcommand.h"

int subcommand_curve_keygen_run(int argc, char **argv, struct arena *arena)
{
    if (!subcommand_has_no_arguments(argc, argv))
        return SUBCOMMAND_MISUSED;
    char public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES];
    if (curve_keypair_make(public_key, secret_key) != OK)
        return subcommand_complain("this libzmq was built without CURVE");
    struct str line = arena_printf(arena, "%s %s\n", public_key, secret_key);
    explicit_bzero(secret_key, sizeof(secret_key));
    return subcommand_print(line);
}
