/* glibc has no functions for it. */
#include "common/process/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of Linux 6.2, newer than Debian's headers. */
static const uint64_t ACCESS_FS_TRUNCATE = UINT64_C(1) << 14;

/* Everything that the oldest Landlock knows, and what later ones added for files. */
static uint64_t handled_of(long abi)
{
    uint64_t handled = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
    if (abi >= 2)
        handled |= LANDLOCK_ACCESS_FS_REFER;
    if (abi >= 3)
        handled |= ACCESS_FS_TRUNCATE;
    return handled;
}

int landlock_open(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1)
        return -1;
    const struct landlock_ruleset_attr attr = {.handled_access_fs = handled_of(abi)};
    return (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
}

bool landlock_allow(int ruleset, const char *path, enum landlock_use use)
{
    static const uint64_t access[] = {
        [LANDLOCK_READ] = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
        [LANDLOCK_MAKE_SOCKETS] = LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE,
    };
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == EACCES;
    const struct landlock_path_beneath_attr attr = {.allowed_access = access[use], .parent_fd = fd};
    long result = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &attr, 0);
    close(fd);
    return result == 0;
}

bool landlock_enforce(int ruleset)
{
    long result = syscall(SYS_landlock_restrict_self, ruleset, 0);
    close(ruleset);
    return result == 0;
}
