#include "common/process/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum failure file_read(struct str path, size_t max_bytes, struct arena *arena, struct str *ret_text)
{
    const char *name = arena_dup_cstr(arena, path);
    /* O_NONBLOCK: opening a pipe would wait for its writer, before it can be refused. */
    int fd = name != NULL ? open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    struct stat status;
    if (fd < 0)
        return FAIL_CONFIGURATION_INVALID;
    bool is_usable =
        fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && (uint64_t)status.st_size <= max_bytes;
    size_t size_bytes = is_usable ? (size_t)status.st_size : 0, len = 0;
    char *at = is_usable ? arena_take(arena, size_bytes + 1) : NULL;
    while (at != NULL && len < size_bytes) {
        ssize_t got = read(fd, at + len, size_bytes - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    close(fd);
    if (at == NULL)
        return FAIL_CONFIGURATION_INVALID;
    *ret_text = str_from_bytes(at, len);
    return OK;
}
