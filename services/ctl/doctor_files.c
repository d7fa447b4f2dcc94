/* The servers file as everybody reads it, and how old the keys are; of the keys only the files'
 * ages are looked at. */
#include <sys/stat.h>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/oauth/servers.h"
#include "common/process/file.h"
#include "services/ctl/doctor.h"

enum {
    DAY_S = 24 * 3600,
    KEY_AGE_MAX_DAYS = 365,
};

static void servers_advise(struct doctor *doctor, const struct servers *servers)
{
    doctor_find(doctor, FINDING_GOOD, "servers file",
                arena_printf(doctor->arena, "it names %zu MCP server%s", servers->len,
                             servers->len == 1 ? "" : "s"),
                STR_ABSENT);
    size_t told = 0;
    for (size_t i = 0; i < servers->len; i++) {
        const struct server *server = &servers->at[i];
        if (str_is_present(server->resource) || told++ >= 10)
            continue;
        doctor_find(doctor, FINDING_ADVICE, "servers file",
                    arena_printf(doctor->arena, "%.*s has no resource", STR_ARGS(server->scope)),
                    STR("set its resource to the MCP server's URL, so that tokens are bound to it "
                        "(RFC 8707)"));
    }
}

static void servers_look(struct doctor *doctor, struct str path)
{
    struct str text, problem = STR("it is larger than this program accepts");
    struct servers *servers = NULL;
    struct arena *arena = arena_new(SERVERS_FILE_BYTES_MAX + CTL_ARENA_BYTES_MAX);
    if (arena == NULL)
        return;
    if (file_read(path, SERVERS_FILE_BYTES_MAX, arena, &text) != OK)
        doctor_find(doctor, FINDING_BAD, "servers file",
                    arena_printf(doctor->arena, "%.*s cannot be read", STR_ARGS(path)),
                    STR("let SERVERS_FILE name a file that registry, broker and signer may read"));
    else if (servers_new_from_json(text, arena, &servers, &problem) != OK)
        doctor_find(doctor, FINDING_BAD, "servers file",
                    arena_printf(doctor->arena,
                                 "%.*s is broken; running processes keep the last "
                                 "good one",
                                 STR_ARGS(path)),
                    arena_dup(doctor->arena, problem));
    else
        servers_advise(doctor, servers);
    servers_free(servers);
    arena_free(arena);
}

void doctor_look_at_servers(struct doctor *doctor)
{
    struct str seen[DOCTOR_KINDS_COUNT];
    struct strs paths = {seen, 0};
    for (size_t i = 0; i < DOCTOR_KINDS_COUNT; i++) {
        struct str path = doctor->processes[i].servers_file;
        if (str_is_present(path) && !strs_contain(paths, path))
            seen[paths.len++] = path;
    }
    for (size_t i = 0; i < paths.len; i++)
        servers_look(doctor, paths.at[i]);
    if (paths.len == 0)
        doctor_find(doctor, FINDING_NOT_SEEN, "servers file", STR("SERVERS_FILE was not given"),
                    STR("set SERVERS_FILE, or give --directory"));
}

static void age_tell(struct doctor *doctor, const char *what, struct str path, const char *ring)
{
    struct stat status;
    if (stat(path.at, &status) != 0) {
        doctor_find(doctor, FINDING_BAD, "keys",
                    arena_printf(doctor->arena, "%.*s cannot be looked at", STR_ARGS(path)),
                    STR("let the path name the file that the signer reads"));
        return;
    }
    long long days = (long long)(clock_wall_s() - status.st_mtim.tv_sec) / DAY_S;
    bool is_old = days > KEY_AGE_MAX_DAYS;
    doctor_find(doctor, is_old ? FINDING_ADVICE : FINDING_GOOD, "keys",
                arena_printf(doctor->arena, "the %s last changed %lld day%s ago", what, days,
                             days == 1 ? "" : "s"),
                is_old ? arena_printf(doctor->arena, "rotate: deploy/setup-secrets rotate %s", ring)
                       : STR_ABSENT);
    if ((status.st_mode & (S_IRWXO | S_IWGRP)) != 0 && S_ISREG(status.st_mode))
        doctor_find(doctor, FINDING_BAD, "keys",
                    arena_printf(doctor->arena, "%.*s may be read by everybody", STR_ARGS(path)),
                    arena_printf(doctor->arena, "chmod 0600 %.*s", STR_ARGS(path)));
}

void doctor_look_at_keys(struct doctor *doctor)
{
    bool is_any = false;
    for (size_t i = 0; i < DOCTOR_KINDS_COUNT; i++) {
        const struct doctor_process *process = &doctor->processes[i];
        bool has_own_file = str_is_present(process->file);
        if (!has_own_file && i > 0)
            continue; /* all that comes from the environment is the same */
        const struct {
            struct str path;
            const char *what, *ring;
        } files[] = {
            {process->jwt_private_key_file, "signing keys' file", "signing"},
            {process->jwt_private_key_directory, "signing keys' directory", "signing"},
            {process->refresh_encryption_key_file, "refresh keys' file", "refresh"},
        };
        for (size_t j = 0; j < sizeof(files) / sizeof(files[0]); j++) {
            if (!str_is_present(files[j].path))
                continue;
            is_any = true;
            age_tell(doctor, files[j].what, files[j].path, files[j].ring);
        }
    }
    if (!is_any)
        doctor_find(doctor, FINDING_NOT_SEEN, "keys", STR("no file of keys was named"),
                    STR("give --directory with a signer.env that names JWT_PRIVATE_KEY_FILE"));
}
