/* mcp-oauth, the command-line tool: its table of subcommands. */
#include "services/ctl/subcommand.h"

#include "common/base/limits.h"

static const struct subcommand SUBCOMMANDS[] = {
    {"acl", subcommand_acl_run,
     "print the Redis ACL file for the passwords in REDIS_PASSWORD_REGISTRY, _BROKER, _SIGNER,\n"
     "                _READER and _OPERATOR (or in the files of REDIS_PASSWORD_..._FILE);\n"
     "                --template prints it with placeholders"},
    {"curve-keygen", subcommand_curve_keygen_run,
     "print a new CURVE key pair: public key, secret key"},
    {"keyspace", subcommand_keyspace_run, "print the table of all Redis keys, as Markdown"},
};

static int help(void)
{
    puts("mcp-oauth: the operator's tool of the mcp-oauth authorization server\n\n"
         "usage: mcp-oauth SUBCOMMAND [ARGUMENTS]\n");
    for (size_t i = 0; i < sizeof(SUBCOMMANDS) / sizeof(SUBCOMMANDS[0]); i++)
        printf("  %-13s %s\n", SUBCOMMANDS[i].name, SUBCOMMANDS[i].help);
    puts("  --help        print this\n"
         "  --version     print the release");
    return SUBCOMMAND_DONE;
}

static int run(int argc, char **argv, struct arena *arena)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0)
        return help();
    if (strcmp(name, "--version") == 0)
        return subcommand_print(STR("mcp-oauth " MCP_OAUTH_RELEASE "\n"));
    for (size_t i = 0; i < sizeof(SUBCOMMANDS) / sizeof(SUBCOMMANDS[0]); i++)
        if (strcmp(name, SUBCOMMANDS[i].name) == 0)
            return SUBCOMMANDS[i].run(argc - 1, argv + 1, arena);
    if (argc > 1)
        subcommand_complain("there is no subcommand %s; see mcp-oauth --help", name);
    else
        subcommand_complain("a subcommand is missing; see mcp-oauth --help");
    return SUBCOMMAND_MISUSED;
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    if (arena == NULL)
        return subcommand_complain("out of memory");
    int status = run(argc, argv, arena);
    arena_free(arena); /* wipes the passwords */
    return status;
}
