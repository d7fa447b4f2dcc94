#include "services/ctl/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"

struct str program_beside(struct arena *arena, const char *name)
{
    char self[4096];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (len <= 0)
        return STR_ABSENT;
    self[len] = '\0';
    char *slash = strrchr(self, '/');
    if (slash == NULL)
        return STR_ABSENT;
    *slash = '\0';
    struct str path = arena_printf(arena, "%s/%s", self, name);
    return str_is_present(path) && access(path.at, X_OK) == 0 ? path : STR_ABSENT;
}

/* 0 or -1; ret_pid is written with 0. */
static int spawn(const char *path, char *const *arguments, char *const *environment, int out,
                 pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return -1;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return -1;
    }
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
    int status = posix_spawn(ret_pid, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return status == 0 ? 0 : -1;
}

/* Until the program closes its outputs, or the time is over: then it is killed. */
static bool output_read(int fd, int64_t end_ms, char *text, size_t *len)
{
    char rest[1024];
    for (;;) {
        int64_t left_ms = end_ms - clock_monotonic_ms();
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        if (left_ms <= 0 || poll(&waiting, 1, (int)left_ms) <= 0)
            return false;
        bool has_room = *len < PROGRAM_TEXT_BYTES_MAX;
        ssize_t got = has_room ? read(fd, text + *len, PROGRAM_TEXT_BYTES_MAX - *len)
                               : read(fd, rest, sizeof(rest));
        if (got <= 0)
            return got == 0;
        *len += has_room ? (size_t)got : 0;
    }
}

bool program_run(const char *path, char *const *arguments, char *const *environment,
                 int64_t limit_ms, struct arena *arena, struct program_end *ret_end)
{
    int pipes[2];
    pid_t pid;
    size_t len = 0;
    char *text = arena_take(arena, PROGRAM_TEXT_BYTES_MAX);
    if (text == NULL || pipe2(pipes, O_CLOEXEC) != 0)
        return false;
    bool is_started = spawn(path, arguments, environment, pipes[1], &pid) == 0;
    close(pipes[1]);
    bool is_in_time =
        is_started && output_read(pipes[0], clock_monotonic_ms() + limit_ms, text, &len);
    close(pipes[0]);
    if (!is_started)
        return false;
    if (!is_in_time)
        kill(pid, SIGKILL);
    int status = 0;
    waitpid(pid, &status, 0);
    *ret_end = (struct program_end){is_in_time && WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                                    str_from_bytes(text, len)};
    return true;
}
