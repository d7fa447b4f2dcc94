/* What every process is told, and what it says itself about that: its own --check, so that nothing
 * of its rules is repeated here. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/process/options.h"
#include "common/store/acl.h"
#include "services/ctl/doctor.h"
#include "services/ctl/program.h"

const char *const DOCTOR_KINDS[DOCTOR_KINDS_COUNT] = {
    [ACL_REGISTRY] = "registry",
    [ACL_BROKER] = "broker",
    [ACL_SIGNER] = "signer",
    [DOCTOR_EDGE] = "edge",
};

enum { CHECK_MS_MAX = 15000, ENVIRONMENT_MAX = 512 };

#define TEXT(member, option)                                                                       \
    {                                                                                              \
        OPTION_AT(struct doctor_process, member), .name = (option), .kind = OPTION_STR,            \
                                                  .help = "of the process"                         \
    }
static const struct option PROCESS_OPTIONS[] = {
    TEXT(base_url, "BASE_URL"),
    TEXT(servers_file, "SERVERS_FILE"),
    TEXT(redis_url, "REDIS_URL"),
    TEXT(redis_user, "REDIS_USER"),
    TEXT(redis_password, "REDIS_PASSWORD"),
    TEXT(redis_sentinel_user, "REDIS_SENTINEL_USER"),
    TEXT(redis_sentinel_password, "REDIS_SENTINEL_PASSWORD"),
    TEXT(github_client_id, "GITHUB_CLIENT_ID"),
    TEXT(github_client_secret, "GITHUB_CLIENT_SECRET"),
    TEXT(github_url, "GITHUB_URL"),
    /* Paths only: what lies there is the signer's alone. */
    TEXT(jwt_private_key_file, "JWT_PRIVATE_KEY_FILE"),
    TEXT(jwt_private_key_directory, "JWT_PRIVATE_KEY_DIRECTORY"),
    TEXT(refresh_encryption_key_file, "REFRESH_ENCRYPTION_KEY_FILE"),
};
#undef TEXT

struct passwords {
    struct str at[DOCTOR_PASSWORDS_COUNT];
};
#define PASSWORD(user, option)                                                                     \
    {                                                                                              \
        OPTION_AT(struct passwords, at[user]), .name = (option), .kind = OPTION_STR,               \
                                               .flags = OPTION_SECRET, .help = "of a Redis user"   \
    }
static const struct option PASSWORD_OPTIONS[] = {
    PASSWORD(ACL_REGISTRY, "REDIS_PASSWORD_REGISTRY"),
    PASSWORD(ACL_BROKER, "REDIS_PASSWORD_BROKER"),
    PASSWORD(ACL_SIGNER, "REDIS_PASSWORD_SIGNER"),
    PASSWORD(ACL_READER, "REDIS_PASSWORD_READER"),
    PASSWORD(ACL_OPERATOR, "REDIS_PASSWORD_OPERATOR"),
};
#undef PASSWORD

struct str doctor_first_base_url(const struct doctor *doctor)
{
    for (size_t i = DOCTOR_KINDS_COUNT; i-- > 0;)
        if (str_is_present(doctor->processes[i].base_url))
            return doctor->processes[i].base_url;
    return STR_ABSENT;
}

/* Ours, as whom this program connects, is no process's. */
static bool variable_is_own(const char *variable)
{
    static const char *const OWN[] = {"REDIS_USER=", "REDIS_PASSWORD=", "REDIS_PASSWORD_FILE="};
    for (size_t i = 0; i < sizeof(OWN) / sizeof(OWN[0]); i++)
        if (strncmp(variable, OWN[i], strlen(OWN[i])) == 0)
            return true;
    return false;
}

static void environment_make(char *out[static ENVIRONMENT_MAX])
{
    size_t len = 0;
    for (char **variable = environ; *variable != NULL && len < ENVIRONMENT_MAX - 1; variable++)
        if (!variable_is_own(*variable))
            out[len++] = *variable;
    out[len] = NULL;
}

static bool table_read(struct doctor *doctor, const struct option *at, size_t len, struct str file,
                       char **environment, void *config)
{
    const struct options options = {at, len};
    struct str argument = arena_printf(doctor->arena, "--config=%.*s", STR_ARGS(file));
    const char *argv[] = {"doctor", argument.at};
    const struct option_sources sources = {str_is_present(file) ? 2 : 1, argv,
                                           (const char *const *)environment};
    struct str problem = STR_ABSENT;
    if (options_read(&options, &sources, doctor->arena, config, &problem) == OK)
        return true;
    subcommand_complain("%.*s", STR_ARGS(problem));
    return false;
}

static struct str file_of(const struct doctor *doctor, const char *name)
{
    if (!str_is_present(doctor->directory))
        return STR_ABSENT;
    struct str path = arena_printf(doctor->arena, "%.*s/%s.env", STR_ARGS(doctor->directory), name);
    return str_is_present(path) && access(path.at, R_OK) == 0 ? path : STR_ABSENT;
}

static bool processes_read(struct doctor *doctor, char **environment)
{
    for (size_t i = 0; i < DOCTOR_KINDS_COUNT; i++) {
        struct doctor_process *process = &doctor->processes[i];
        struct str file = file_of(doctor, DOCTOR_KINDS[i]);
        if (!table_read(doctor, PROCESS_OPTIONS,
                        sizeof(PROCESS_OPTIONS) / sizeof(PROCESS_OPTIONS[0]), file, environment,
                        process))
            return false;
        process->file = file;
    }
    return true;
}

bool doctor_read_configuration(struct doctor *doctor)
{
    char *environment[ENVIRONMENT_MAX];
    struct passwords passwords = {0};
    struct connection_config *config = &doctor->config;
    environment_make(environment);
    if (!connection_read_config(doctor->invocation, config) ||
        !processes_read(doctor, environment) ||
        !table_read(doctor, PASSWORD_OPTIONS,
                    sizeof(PASSWORD_OPTIONS) / sizeof(PASSWORD_OPTIONS[0]),
                    file_of(doctor, "redis"), environment, &passwords))
        return false;
    memcpy(doctor->passwords, passwords.at, sizeof(doctor->passwords));
    config->redis_password_reader = passwords.at[ACL_READER];
    config->redis_password_operator = passwords.at[ACL_OPERATOR];
    for (size_t i = 0; i < DOCTOR_KINDS_COUNT && !str_is_present(config->redis_url); i++)
        config->redis_url = doctor->processes[i].redis_url;
    return true;
}

/* The last line that is no log line, without the program's name. */
static struct str sentence_of(struct str text)
{
    struct str sentence = STR("it ended without a word"), line, behind;
    while (text.len > 0) {
        line = text;
        text = str_cut(text, '\n', &line, &text) ? text : STR("");
        if (line.len > 0 && line.at[0] != '{')
            sentence = line;
    }
    return str_starts_with(sentence, STR("mcp-oauth-")) && str_cut(sentence, ' ', &line, &behind)
               ? behind
               : sentence;
}

static void process_check(struct doctor *doctor, const char *kind, struct str file,
                          char **environment)
{
    char name[32], config[4096];
    snprintf(name, sizeof(name), "mcp-oauth-%s", kind);
    snprintf(config, sizeof(config), "--config=%.*s", STR_ARGS(file));
    char check[] = "--check";
    char *arguments[] = {name, config, check, NULL};
    struct str path = program_beside(doctor->arena, name);
    struct program_end end;
    if (!str_is_present(path) ||
        !program_run(path.at, arguments, environment, CHECK_MS_MAX, doctor->arena, &end)) {
        doctor_find(
            doctor, FINDING_NOT_SEEN, "configuration",
            arena_printf(doctor->arena, "%s: the program %s is not beside this one", kind, name),
            STR("run doctor where the programs are installed"));
        return;
    }
    if (end.status == 0)
        doctor_find(doctor, FINDING_GOOD, "configuration",
                    arena_printf(doctor->arena, "%s: every option is good", kind), STR_ABSENT);
    else
        doctor_find(doctor, FINDING_BAD, "configuration",
                    arena_printf(doctor->arena, "%s would not start", kind), sentence_of(end.text));
}

void doctor_look_at_processes(struct doctor *doctor)
{
    char *environment[ENVIRONMENT_MAX];
    environment_make(environment);
    bool is_any = false;
    for (size_t i = 0; i < DOCTOR_KINDS_COUNT; i++) {
        if (!str_is_present(doctor->processes[i].file))
            continue;
        is_any = true;
        process_check(doctor, DOCTOR_KINDS[i], doctor->processes[i].file, environment);
    }
    if (!is_any)
        doctor_find(doctor, FINDING_NOT_SEEN, "configuration",
                    STR("no process's options were given"),
                    STR("give --directory DIR with edge.env, registry.env, broker.env and "
                        "signer.env, as setup-secrets writes them"));
}
