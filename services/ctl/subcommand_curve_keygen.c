/* curve-keygen: a new CURVE key pair for one process, public and secret in Z85 on one line. */
#include <string.h>

#include "proto/curve.h"
#include "services/ctl/invocation.h"

int subcommand_curve_keygen_run(const struct invocation *invocation)
{
    char public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES];
    if (curve_keypair_make(public_key, secret_key) != OK)
        return subcommand_complain("this libzmq was built without CURVE");
    struct str line = arena_printf(invocation->arena, "%s %s\n", public_key, secret_key);
    explicit_bzero(secret_key, sizeof(secret_key));
    return subcommand_print(line);
}
