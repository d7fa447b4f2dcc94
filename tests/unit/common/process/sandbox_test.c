/* Tests common/process/sandbox.c with what it is made of: each attempt is made by a process of its
 * own that has entered the sandbox. */
#include "common/process/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { KILLED = 256, WORKER = SANDBOX_CONNECTS | SANDBOX_WATCHES_FILES, EDGE = 0 };

static char own[] = "/tmp/mcp-oauth-sandbox-XXXXXX", foreign[] = "/tmp/mcp-oauth-sandbox-XXXXXX";
static char own_file[64], foreign_file[64];

/* 0, errno, or KILLED for a process that the filter ended. */
typedef int attempt_made(void);

static int error_of(long result)
{
    return result < 0 ? errno : 0;
}

static int try_it(attempt_made *attempt, unsigned rights)
{
    struct str paths[] = {str_from_cstr(own_file)}, sockets[] = {str_from_cstr(own_file)}, problem;
    const struct sandbox_paths allowed = {{paths, 1}, {sockets, 1}};
    int status;
    pid_t child = fork();
    if (child == 0) {
        if (sandbox_begin(&allowed, &problem) != OK || sandbox_close(rights, &problem) != OK)
            _exit(255);
        _exit(attempt());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGSYS ? KILLED : -WTERMSIG(status);
    return WEXITSTATUS(status);
}

#define assert_allowed(attempt, rights) assert_int_equal(try_it(attempt, rights), 0)
#define assert_denied(attempt, rights)  assert_int_equal(try_it(attempt, rights), EPERM)

/* ---- files */

static int own_is_read(void)
{
    return error_of(open(own_file, O_RDONLY));
}

static int system_is_read(void)
{
    return error_of(open("/etc/hosts", O_RDONLY));
}

static int foreign_is_read(void)
{
    return error_of(open(foreign_file, O_RDONLY));
}

static int own_is_written(void)
{
    return error_of(open(own_file, O_WRONLY));
}

static int file_is_made(void)
{
    return error_of(open("/tmp/mcp-oauth-sandbox-new", O_RDONLY | O_CREAT, 0600));
}

static int file_is_renamed(void)
{
    return error_of(rename(own_file, foreign_file));
}

static int file_is_watched(void)
{
    int fd = inotify_init1(IN_CLOEXEC);
    return fd < 0 ? errno : error_of(inotify_add_watch(fd, own, IN_CREATE));
}

static void a_process_reads_its_own_files_and_the_systems(void **state)
{
    (void)state;
    assert_allowed(own_is_read, EDGE);
    assert_allowed(own_is_read, WORKER);
    assert_allowed(system_is_read, WORKER);
}

/* Without Landlock the modes decide, and the log says so. */
static void a_process_reads_nothing_else(void **state)
{
    (void)state;
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1)
        skip();
    assert_int_equal(try_it(foreign_is_read, WORKER), EACCES);
}

static void no_process_writes(void **state)
{
    (void)state;
    assert_denied(own_is_written, WORKER);
    assert_denied(file_is_made, WORKER);
    assert_denied(file_is_renamed, WORKER);
}

static void only_who_watches_files_may(void **state)
{
    (void)state;
    assert_allowed(file_is_watched, WORKER);
    assert_denied(file_is_watched, EDGE);
}

/* ---- connections */

static int socket_of(int domain)
{
    return error_of(socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int internet_is_reached(void)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(1)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return errno;
    int error = error_of(connect(fd, (struct sockaddr *)&address, sizeof(address)));
    return error == ECONNREFUSED ? 0 : error;
}

static int unix_is_reached(void)
{
    return socket_of(AF_UNIX);
}

static int packets_are_seen(void)
{
    return error_of(socket(AF_PACKET, SOCK_RAW, 0));
}

static int a_port_is_opened(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return fd < 0 ? errno : error_of(listen(fd, 1));
}

static void only_who_connects_may(void **state)
{
    (void)state;
    assert_allowed(internet_is_reached, WORKER);
    assert_allowed(unix_is_reached, WORKER);
    assert_denied(internet_is_reached, EDGE);
    assert_denied(unix_is_reached, EDGE);
}

static void nobody_listens_anew_or_sees_packets(void **state)
{
    (void)state;
    assert_denied(a_port_is_opened, WORKER);
    assert_denied(packets_are_seen, WORKER);
}

/* ---- code and processes */

static int a_program_is_run(void)
{
    char *const argv[] = {NULL};
    return error_of(execve("/bin/true", argv, argv));
}

static int somebody_is_traced(void)
{
    return error_of(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int a_process_is_made(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return error_of(child);
}

static int memory_is_written_and_run(void)
{
    void *at =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? errno : 0;
}

static int memory_becomes_code(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return error_of(mprotect(at, 4096, PROT_READ | PROT_EXEC));
}

static void *thread_main(void *context)
{
    return context;
}

static int a_thread_is_made(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, thread_main, NULL) != 0 ? EAGAIN
                                                                 : pthread_join(thread, NULL);
}

static void intruders_are_killed(void **state)
{
    (void)state;
    assert_int_equal(try_it(a_program_is_run, WORKER), KILLED);
    assert_int_equal(try_it(somebody_is_traced, WORKER), KILLED);
}

static void no_process_makes_another_or_new_code(void **state)
{
    (void)state;
    assert_denied(a_process_is_made, WORKER);
    assert_denied(memory_is_written_and_run, WORKER);
    assert_denied(memory_becomes_code, WORKER);
    assert_allowed(a_thread_is_made, WORKER);
}

static int everything_is_given_up(void)
{
    static const char *const expected[] = {"NoNewPrivs:\t1\n", "Seccomp:\t2\n",
                                           "CapEff:\t0000000000000000\n",
                                           "CapPrm:\t0000000000000000\n"};
    struct rlimit core;
    static char text[8192];
    int fd = open("/proc/self/status", O_RDONLY);
    if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
        return 1;
    if (fd < 0)
        return errno == EACCES ? 0 : errno; /* Landlock: the flow test looks from outside */
    if (read(fd, text, sizeof(text) - 1) <= 0)
        return 2;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        if (strstr(text, expected[i]) == NULL)
            return 3;
    return 0;
}

static void what_is_given_up_is_gone(void **state)
{
    (void)state;
    assert_allowed(everything_is_given_up, WORKER);
}

/* ---- the folders */

static int folders_make(void **state)
{
    (void)state;
    if (mkdtemp(own) == NULL || mkdtemp(foreign) == NULL)
        return -1;
    snprintf(own_file, sizeof(own_file), "%s/file", own);
    snprintf(foreign_file, sizeof(foreign_file), "%s/file", foreign);
    close(open(own_file, O_CREAT | O_WRONLY, 0600));
    close(open(foreign_file, O_CREAT | O_WRONLY, 0600));
    return 0;
}

static int folders_remove(void **state)
{
    (void)state;
    unlink(own_file);
    unlink(foreign_file);
    rmdir(own);
    rmdir(foreign);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_reads_its_own_files_and_the_systems),
        cmocka_unit_test(a_process_reads_nothing_else),
        cmocka_unit_test(no_process_writes),
        cmocka_unit_test(only_who_watches_files_may),
        cmocka_unit_test(only_who_connects_may),
        cmocka_unit_test(nobody_listens_anew_or_sees_packets),
        cmocka_unit_test(intruders_are_killed),
        cmocka_unit_test(no_process_makes_another_or_new_code),
        cmocka_unit_test(what_is_given_up_is_gone),
    };
    return cmocka_run_group_tests(tests, folders_make, folders_remove);
}
