/* Landlock and capabilities belong to threads, and ZeroMQ starts some: so both come before start.
 * Only what start itself needs is kept until sandbox_close: a port below 1024, locked memory. */
#include "common/process/sandbox.h"
#include "common/base/log.h"
#include "common/process/landlock.h"
#include "common/process/system_calls.h"

#include <limits.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What resolving names and verifying certificates read. */
static const char *const SYSTEM_PATHS[] = {"/etc", "/usr", "/lib", "/lib64",
                                           "/run/systemd/resolve"};

static const uint64_t CAPABILITIES_TO_START =
    UINT64_C(1) << CAP_NET_BIND_SERVICE | UINT64_C(1) << CAP_IPC_LOCK;

/* Never gains any; failure means that there are fewer already. */
static void capabilities_keep(uint64_t kept)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
        if (!(kept >> capability & 1))
            prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    if (syscall(SYS_capget, &header, data) != 0)
        return;
    for (unsigned i = 0; i < 2; i++) {
        data[i].permitted &= (uint32_t)(kept >> 32 * i);
        data[i].effective &= data[i].permitted;
        data[i].inheritable = 0;
    }
    syscall(SYS_capset, &header, data);
}

/* The directory in which a file is replaced; a directory stands for itself too. */
static bool directory_allow(int ruleset, char *path, enum landlock_use use)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode) && !landlock_allow(ruleset, path, use))
        return false;
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        return landlock_allow(ruleset, ".", use);
    slash[slash == path ? 1 : 0] = '\0';
    return landlock_allow(ruleset, path, use);
}

/* Where it is named, and where its links lead now. */
static bool path_allow(int ruleset, struct str path, enum landlock_use use)
{
    char named[PATH_MAX], resolved[PATH_MAX];
    if (path.len == 0 || path.len >= sizeof(named))
        return true;
    memcpy(named, path.at, path.len);
    named[path.len] = '\0';
    if (realpath(named, resolved) != NULL && !directory_allow(ruleset, resolved, use))
        return false;
    return directory_allow(ruleset, named, use);
}

static bool paths_enforce(const struct sandbox_paths *paths)
{
    int ruleset = landlock_open();
    bool is_allowed = true;
    if (ruleset < 0) {
        log_warning("sandbox.partial", LOG_STR("advice", STR("this kernel has no Landlock: paths "
                                                             "are left to their modes")));
        return true;
    }
    for (size_t i = 0; i < sizeof(SYSTEM_PATHS) / sizeof(SYSTEM_PATHS[0]); i++)
        is_allowed = is_allowed && landlock_allow(ruleset, SYSTEM_PATHS[i], LANDLOCK_READ);
    for (size_t i = 0; i < paths->read.len; i++)
        is_allowed = is_allowed && path_allow(ruleset, paths->read.at[i], LANDLOCK_READ);
    for (size_t i = 0; i < paths->socket.len; i++)
        is_allowed = is_allowed && path_allow(ruleset, paths->socket.at[i], LANDLOCK_MAKE_SOCKETS);
    return landlock_enforce(ruleset) && is_allowed;
}

enum failure sandbox_begin(const struct sandbox_paths *paths, struct str *ret_problem)
{
    const struct rlimit none = {0, 0};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        setrlimit(RLIMIT_CORE, &none) != 0 || !paths_enforce(paths)) {
        *ret_problem = STR("SANDBOX: this kernel refuses to take rights away; set SANDBOX=false to "
                           "run without it");
        return FAIL_CONFIGURATION_INVALID;
    }
    capabilities_keep(CAPABILITIES_TO_START);
    return OK;
}

enum failure sandbox_close(unsigned rights, struct str *ret_problem)
{
    capabilities_keep(0);
    if (system_calls_filter(rights))
        return OK;
    *ret_problem = STR("SANDBOX: this kernel refuses a filter of system calls; set SANDBOX=false "
                       "to run without it");
    return FAIL_CONFIGURATION_INVALID;
}
