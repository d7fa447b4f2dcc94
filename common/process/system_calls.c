/* What is not named fails with EPERM, because a library that tries something new must not take the
 * service down; what only an intruder tries kills. Arguments are looked at where the same call does
 * harmless and harmful things. */
#include "common/process/system_calls.h"
#include "common/process/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define EVERYBODY 0u

struct allowance {
    unsigned right; /* EVERYBODY, or an enum sandbox_rights */
    int call;
    unsigned conditions;
    struct scmp_arg_cmp on[2];
};

#define CALL(right, name)                                                                          \
    {                                                                                              \
        (right), SCMP_SYS(name), 0,                                                                \
        {                                                                                          \
            {                                                                                      \
                0                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }
#define CALL_IF(right, name, one)                                                                  \
    {                                                                                              \
        (right), SCMP_SYS(name), 1,                                                                \
        {                                                                                          \
            one                                                                                    \
        }                                                                                          \
    }
#define CALL_IF2(right, name, a, b)                                                                \
    {                                                                                              \
        (right), SCMP_SYS(name), 2,                                                                \
        {                                                                                          \
            a, b                                                                                   \
        }                                                                                          \
    }
#define IS(argument, value)   SCMP_CMP(argument, SCMP_CMP_EQ, (value), 0)
#define HAS(argument, bits)   SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, (bits), (bits))
#define LACKS(argument, bits) SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, (bits), 0)

static const struct allowance ALLOWED[] = {
    /* memory: what is written is never run */
    CALL(EVERYBODY, brk),
    CALL(EVERYBODY, madvise),
    CALL_IF(EVERYBODY, mmap, LACKS(2, PROT_EXEC)),
    CALL_IF2(EVERYBODY, mmap, LACKS(2, PROT_WRITE), LACKS(3, MAP_ANONYMOUS)),
    CALL_IF(EVERYBODY, mprotect, LACKS(2, PROT_EXEC)),
    CALL(EVERYBODY, mlock), /* of keys; the limit on it holds */
    CALL(EVERYBODY, mremap),
    CALL(EVERYBODY, munlock),
    CALL(EVERYBODY, munmap),
    /* threads, never processes */
    CALL_IF(EVERYBODY, clone, HAS(0, CLONE_THREAD)),
    CALL(EVERYBODY, exit),
    CALL(EVERYBODY, exit_group),
    CALL(EVERYBODY, futex),
    CALL(EVERYBODY, getpid),
    CALL(EVERYBODY, gettid),
    CALL_IF(EVERYBODY, prctl, IS(0, PR_SET_NAME)),
    CALL(EVERYBODY, restart_syscall),
    CALL(EVERYBODY, rseq),
    CALL(EVERYBODY, rt_sigaction),
    CALL(EVERYBODY, rt_sigprocmask),
    CALL(EVERYBODY, rt_sigreturn),
    CALL(EVERYBODY, sched_getaffinity),
    CALL(EVERYBODY, sched_getparam),
    CALL(EVERYBODY, sched_getscheduler),
    CALL(EVERYBODY, sched_setscheduler), /* libzmq gives its threads the usual policy */
    CALL(EVERYBODY, sched_yield),
    CALL(EVERYBODY, set_robust_list),
    CALL(EVERYBODY, sigaltstack),
    CALL(EVERYBODY, tgkill), /* abort */
    /* time, chance and limits */
    CALL(EVERYBODY, clock_getres),
    CALL(EVERYBODY, clock_gettime),
    CALL(EVERYBODY, clock_nanosleep),
    CALL(EVERYBODY, getrandom),
    CALL(EVERYBODY, getrusage),
    CALL(EVERYBODY, gettimeofday),
    CALL(EVERYBODY, nanosleep),
    CALL_IF(EVERYBODY, prlimit64, IS(2, 0)),
    CALL(EVERYBODY, sysinfo),
    CALL(EVERYBODY, timerfd_settime),
    CALL(EVERYBODY, uname),
    /* descriptors that there are, and files to read */
    CALL(EVERYBODY, access),
    CALL(EVERYBODY, close),
    CALL(EVERYBODY, dup),
    CALL(EVERYBODY, epoll_create1),
    CALL(EVERYBODY, epoll_ctl),
    CALL(EVERYBODY, epoll_pwait),
    CALL(EVERYBODY, epoll_wait),
    CALL(EVERYBODY, eventfd2),
    CALL(EVERYBODY, faccessat),
    CALL(EVERYBODY, faccessat2),
    CALL(EVERYBODY, fcntl),
    CALL(EVERYBODY, fstat),
    CALL(EVERYBODY, getdents64),
    CALL_IF(EVERYBODY, ioctl, IS(1, FIONBIO)),
    CALL_IF(EVERYBODY, ioctl, IS(1, FIONREAD)),
    CALL(EVERYBODY, lseek),
    CALL(EVERYBODY, newfstatat),
    CALL_IF(EVERYBODY, openat, LACKS(2, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)),
    CALL(EVERYBODY, pipe2),
    CALL(EVERYBODY, poll),
    CALL(EVERYBODY, ppoll),
    CALL(EVERYBODY, pread64),
    CALL(EVERYBODY, read),
    CALL(EVERYBODY, readlink),
    CALL(EVERYBODY, readlinkat),
    CALL(EVERYBODY, readv),
    CALL(EVERYBODY, statx),
    CALL(EVERYBODY, unlink), /* its own ipc endpoints, at the end; Landlock names them */
    CALL(EVERYBODY, write),
    CALL(EVERYBODY, writev),
    /* connections that there are, and those that come */
    CALL(EVERYBODY, accept4),
    CALL(EVERYBODY, getpeername),
    CALL(EVERYBODY, getsockname),
    CALL(EVERYBODY, getsockopt),
    CALL(EVERYBODY, recvfrom),
    CALL(EVERYBODY, recvmsg),
    CALL(EVERYBODY, sendmsg),
    CALL(EVERYBODY, sendto),
    CALL(EVERYBODY, setsockopt),
    CALL(EVERYBODY, shutdown),
    /* connections that it makes, and names that it resolves */
    CALL(SANDBOX_CONNECTS, bind), /* of the resolver's AF_NETLINK socket */
    CALL(SANDBOX_CONNECTS, connect),
    CALL(SANDBOX_CONNECTS, getegid),
    CALL(SANDBOX_CONNECTS, geteuid),
    CALL(SANDBOX_CONNECTS, getgid),
    CALL(SANDBOX_CONNECTS, getuid),
    CALL(SANDBOX_CONNECTS, recvmmsg),
    CALL(SANDBOX_CONNECTS, sendmmsg),
    CALL_IF(SANDBOX_CONNECTS, socket, IS(0, AF_INET)),
    CALL_IF(SANDBOX_CONNECTS, socket, IS(0, AF_INET6)),
    CALL_IF(SANDBOX_CONNECTS, socket, IS(0, AF_NETLINK)),
    CALL_IF(SANDBOX_CONNECTS, socket, IS(0, AF_UNIX)),
    CALL_IF(SANDBOX_CONNECTS, socketpair, IS(0, AF_UNIX)),
    /* files that change */
    CALL(SANDBOX_WATCHES_FILES, inotify_add_watch),
    CALL(SANDBOX_WATCHES_FILES, inotify_init1),
    CALL(SANDBOX_WATCHES_FILES, inotify_rm_watch),
};

static const int DEADLY[] = {
    SCMP_SYS(execve),      SCMP_SYS(execveat),
    SCMP_SYS(ptrace),      SCMP_SYS(fork),
    SCMP_SYS(vfork),       SCMP_SYS(process_vm_readv),
    SCMP_SYS(mount),       SCMP_SYS(process_vm_writev),
    SCMP_SYS(pivot_root),  SCMP_SYS(unshare),
    SCMP_SYS(setns),       SCMP_SYS(bpf),
    SCMP_SYS(init_module), SCMP_SYS(finit_module),
    SCMP_SYS(kexec_load),  SCMP_SYS(keyctl),
    SCMP_SYS(userfaultfd), SCMP_SYS(perf_event_open),
};

static bool rules_add(scmp_filter_ctx filter, unsigned rights)
{
    for (size_t i = 0; i < sizeof(DEADLY) / sizeof(DEADLY[0]); i++)
        if (seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, DEADLY[i], 0) != 0)
            return false;
    for (size_t i = 0; i < sizeof(ALLOWED) / sizeof(ALLOWED[0]); i++) {
        const struct allowance *row = &ALLOWED[i];
        if ((row->right & rights) == row->right &&
            seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, row->call, row->conditions, row->on) !=
                0)
            return false;
    }
    /* Its flags lie in memory, where a filter cannot look: glibc then takes clone. */
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
}

bool system_calls_filter(unsigned rights)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter == NULL)
        return false;
    bool is_loaded = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
                     rules_add(filter, rights) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return is_loaded;
}
