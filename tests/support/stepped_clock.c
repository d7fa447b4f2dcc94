/* LD_PRELOAD: the wall clock of a process, ahead by what a file says, for tests of clocks that step
 * (clock.mjs). STEPPED_CLOCK_FILE holds the seconds as a native 64-bit integer; it is mapped once,
 * so that a step needs neither a system call nor a path, which a sandbox would refuse. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *ahead_s;

__attribute__((constructor)) static void map(void)
{
    const char *path = getenv("STEPPED_CLOCK_FILE");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *at = fd >= 0 ? mmap(NULL, sizeof(*ahead_s), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (fd >= 0)
        close(fd);
    if (at != MAP_FAILED)
        ahead_s = at;
}

int clock_gettime(clockid_t id, struct timespec *ret_now)
{
    int result = (int)syscall(SYS_clock_gettime, id, ret_now);
    if (result == 0 && ahead_s != NULL && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        ret_now->tv_sec += *ahead_s;
    return result;
}

int gettimeofday(struct timeval *restrict ret_now, void *restrict zone)
{
    struct timespec now;
    int result = clock_gettime(CLOCK_REALTIME, &now);
    (void)zone;
    if (result == 0)
        *ret_now = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return result;
}

time_t time(time_t *ret_now)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    if (ret_now != NULL)
        *ret_now = now.tv_sec;
    return now.tv_sec;
}
