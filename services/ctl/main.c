/* mcp-oauth, the command-line tool: its table of subcommands. */
#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "services/ctl/help.h"
#include "services/ctl/invocation.h"

#define JSON_OPTION                                                                                \
    {                                                                                              \
        "--json", NULL, "print JSON for programs"                                                  \
    }

static const struct subcommand ROWS[] = {
    {.name = "acl",
     .run = subcommand_acl_run,
     .help = "print the Redis ACL file for the passwords in the environment",
     .about =
         "The passwords are those in REDIS_PASSWORD_REGISTRY, _BROKER, _SIGNER, _READER and\n"
         "_OPERATOR, or in the files that REDIS_PASSWORD_..._FILE name; REDIS_PASSWORD_REPLICA\n"
         "and _SENTINEL where Redis has replicas, and _EXPORTER for redis_exporter. Only their\n"
         "SHA-256 is printed.",
     .options = {{"--template", NULL, "print it with placeholders in place of the digests"}}},
    {.name = "clients",
     .run = subcommand_clients_run,
     .store = SUBCOMMAND_READS,
     .words = "[list | show CLIENT_ID]",
     .words_max = 2,
     .choices = "list show",
     .help = "who is registered, and until when",
     .about =
         "A client lives for 60 days from its last use. The list walks through all keys and\n"
         "prints clients as it finds them, in no order. No secret is stored, and no digest of\n"
         "one is shown.",
     .options = {JSON_OPTION}},
    {.name = "completion",
     .run = subcommand_completion_run,
     .words = "bash | zsh",
     .words_min = 1,
     .words_max = 1,
     .choices = "bash zsh",
     .help = "print the completions for a shell",
     .about = "source <(mcp-oauth completion bash)"},
    {.name = "curve-keygen",
     .run = subcommand_curve_keygen_run,
     .help = "print a new CURVE key pair: public key, secret key"},
    {.name = "doctor",
     .run = subcommand_doctor_run,
     .store = SUBCOMMAND_READS,
     .help = "look at everything that can be wrong, and say how to mend it",
     .about =
         "It tries every process's configuration by that process's own --check, the servers\n"
         "file, the age of the keys, Redis (release, eviction, persistence, memory, clock),\n"
         "the workers that live, what each Redis user may do, the edge's metadata and keys as\n"
         "a client sees them, and the GitHub credentials. Where it is not told a thing it says\n"
         "so. DIR is what setup-secrets has written: edge.env, registry.env, broker.env,\n"
         "signer.env and redis.env; what stands there may also be in the environment. It\n"
         "changes nothing and reads no private key. Exit status 1 when something is bad.",
     .options = {{"--directory", "DIR", "of the processes' configuration files"},
                 {"--ca-file", "FILE", "PEM certificates to trust, for an edge or GitHub inside"},
                 JSON_OPTION}},
    {.name = "grants",
     .run = subcommand_grants_run,
     .store = SUBCOMMAND_READS,
     .words = "USER",
     .words_min = 1,
     .words_max = 1,
     .help = "what a person has granted, to which clients",
     .about = "USER is GitHub's numeric id, or a login. An id is found at once. A login is looked\n"
              "for in every grant, page by page; one who has no grant is not found by it.",
     .options = {JSON_OPTION}},
    {.name = "health",
     .run = subcommand_health_run,
     .words = "URL",
     .words_min = 1,
     .words_max = 1,
     .help = "GET a URL: exit 0 when the answer is 2xx, else 1",
     .about = "For health checks in containers without a shell: mcp-oauth health\n"
              "http://127.0.0.1:9101/ready. Prints nothing when all is well.",
     .options = {{"--timeout-ms", "N", "how long it waits, 3000 when not given"}}},
    {.name = "keys",
     .run = subcommand_keys_run,
     .store = SUBCOMMAND_READS,
     .help = "what lies in Redis: number, memory and lives of each kind of key",
     .about =
         "On a terminal it looks again and again until Ctrl-C; elsewhere once. Every key's TTL\n"
         "is asked, and what has none but should is red. MEMORY USAGE is asked of every key\n"
         "when there are no more than --weigh, else of every n-th of each kind; the last line\n"
         "says which. SCAN goes page by page and never blocks Redis. Colours can be switched\n"
         "off by NO_COLOR.",
     .options = {{"--once", NULL, "print it once, also on a terminal"},
                 JSON_OPTION,
                 {"--weigh", "N",
                  "ask for the memory of at most about N keys, 10000 when not given"},
                 {"--every", "S", "seconds between two looks, 2 when not given"}}},
    {.name = "keyspace",
     .run = subcommand_keyspace_run,
     .help = "print the table of all Redis keys, as Markdown"},
    {.name = "man", .run = subcommand_man_run, .help = "print the manual page, mcp-oauth.1"},
    {.name = "rehearse",
     .run = subcommand_rehearse_run,
     .words = "URL",
     .words_min = 1,
     .words_max = 1,
     .help = "a client's way through the system, as far as it goes without a person",
     .about =
         "Reads the metadata, registers a client, begins a sign-in up to GitHub's address, has a\n"
         "code refused that nobody was given, and deletes the client: every process and Redis\n"
         "take part. The redirect URI must be one that redirect_hosts allows.",
     .options = {{"--redirect-uri", "URI",
                  "of the client, http://localhost/callback when not given"},
                 {"--ca-file", "FILE", "PEM certificates to trust, for an edge inside"},
                 {"--timeout-ms", "N", "how long each step may take, 10000 when not given"}}},
    {.name = "revoke",
     .run = subcommand_revoke_run,
     .store = SUBCOMMAND_CHANGES,
     .words = "token | grant G | user USER | client CLIENT_ID",
     .words_min = 1,
     .words_max = 2,
     .choices = "token grant user client",
     .help = "end a token, a grant, everything of a person or of a client",
     .about =
         "token: it comes by standard input, because it is a secret. With --base-url or BASE_URL\n"
         "it is posted to the server's /admin/revoke: an access token ends alone, a refresh\n"
         "token with its grant. Without, an access token is revoked in Redis by the number of\n"
         "the grant and of the token that its jti has, unchecked; a refresh token is sealed and\n"
         "needs the server.\n\n"
         "grant: G is the part of jti before the dot, as grants shows it.\n\n"
         "user: USER is GitHub's numeric id, or the login of somebody who has a grant. Whatever\n"
         "was issued to the person before now is refused, and every grant ends.\n\n"
         "client: its registration is deleted and every grant that it was given ends.\n\n"
         "Each is written into the audit stream, with who did it. Repeating it changes nothing.",
     .options = {{"--dry-run", NULL, "say what would be revoked, and change nothing"},
                 {"--base-url", "URL", "of the server that is to revoke a token: BASE_URL"}}},
    {.name = "watch",
     .run = subcommand_watch_run,
     .store = SUBCOMMAND_READS,
     .words = "[audit | keys]",
     .words_max = 1,
     .choices = "audit keys",
     .help = "what happens, as it happens: the audit stream and the events of keys",
     .about =
         "Begins with the last entries of the audit stream and goes on until Ctrl-C, through\n"
         "restarts and failovers of Redis, on every master of a cluster. Events of keys (expired,\n"
         "del, hset ...) come as long as redis.conf has notify-keyspace-events Eghx$. They are "
         "told\n"
         "once, to whoever listens then; the audit stream keeps its entries, and none is left "
         "out.\n"
         "With audit or keys only the one of the two.",
     .options = {{"--json", NULL, "print a JSON object for each, one a line"},
                 {"--last", "N", "begin with the last N audit entries, 10 when not given"}}},
    {.name = "workers",
     .run = subcommand_workers_run,
     .store = SUBCOMMAND_READS,
     .help = "who lives: registries, brokers and signers by their heartbeats",
     .about = "keys is the version of a signer's set of published keys: it is the same everywhere\n"
              "but during a rotation. Edges know no Redis and are not among them.",
     .options = {JSON_OPTION}},
};

const struct subcommands SUBCOMMANDS = {ROWS, sizeof(ROWS) / sizeof(ROWS[0])};

const struct subcommand_option SUBCOMMAND_STORE_OPTIONS[] = {
    {"--config", "FILE", "NAME=value lines, as the workers read them"},
    {"--redis-url", "URL", "where Redis is: REDIS_URL"},
    {"--redis-user", "NAME", "as whom: REDIS_USER"},
};
const size_t SUBCOMMAND_STORE_OPTIONS_LEN =
    sizeof(SUBCOMMAND_STORE_OPTIONS) / sizeof(SUBCOMMAND_STORE_OPTIONS[0]);

static int unknown(const char *name)
{
    subcommand_complain("there is no subcommand %s; see mcp-oauth --help", name);
    return SUBCOMMAND_MISUSED;
}

static int help(int argc, char **argv)
{
    if (argc < 3)
        return help_print();
    const struct subcommand *subcommand = help_find(str_from_cstr(argv[2]));
    return subcommand != NULL ? help_print_of(subcommand) : unknown(argv[2]);
}

static int run(int argc, char **argv, struct arena *arena)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0)
        return help(argc, argv);
    if (strcmp(name, "--version") == 0)
        return subcommand_print(STR("mcp-oauth " MCP_OAUTH_RELEASE "\n"));
    if (argc < 2) {
        subcommand_complain("a subcommand is missing; see mcp-oauth --help");
        return SUBCOMMAND_MISUSED;
    }
    const struct subcommand *subcommand = help_find(str_from_cstr(name));
    if (subcommand == NULL)
        return unknown(name);
    if (argc == 3 && strcmp(argv[2], "--help") == 0)
        return help_print_of(subcommand);
    struct invocation invocation;
    return invocation_read(&invocation, subcommand, argc - 1, argv + 1, arena)
               ? subcommand->run(&invocation)
               : SUBCOMMAND_MISUSED;
}

int main(int argc, char **argv)
{
    memory_guard_libraries();
    struct arena *arena = arena_new(CTL_ARENA_BYTES_MAX);
    if (arena == NULL)
        return subcommand_complain("out of memory");
    int status = run(argc, argv, arena);
    arena_free(arena); /* wipes the passwords */
    return status;
}
