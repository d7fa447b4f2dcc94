/* What a process gives up for good, in two steps: before it starts a thread or opens anything, and
 * when everything is open and the first request has not come yet.
 *
 *     TRY(sandbox_begin(&(struct sandbox_paths){.read = paths, .socket = sockets}, &problem));
 *     ... start: listen, connect, read keys ...
 *     TRY(sandbox_close(SANDBOX_CONNECTS | SANDBOX_WATCHES_FILES, &problem));
 *
 * Afterwards no process can write a file, run a program, trace another one, gain a right or leave a
 * core dump; it reads its own configuration and what name resolution needs, and makes no new kind
 * of system call. What is refused fails with EPERM, and kills the process when nobody but an
 * intruder asks for it (execve, ptrace ...). Builds with sanitizers have no sandbox: theirs is a
 * tracer. */
#ifndef COMMON_PROCESS_SANDBOX_H
#define COMMON_PROCESS_SANDBOX_H

#include "common/base/failure.h"
#include "common/base/str.h"

/* What a service may do beyond answering on connections that it has. */
enum sandbox_rights {
    SANDBOX_CONNECTS = 1,      /* opens sockets, resolves names */
    SANDBOX_WATCHES_FILES = 2, /* hears that its own files have changed */
};

struct sandbox_paths {
    struct strs read;   /* files and directories that are read again */
    struct strs socket; /* directories in which it makes sockets at its start */
};

/* FAIL_CONFIGURATION_INVALID and one sentence when the kernel has the means and refuses. A kernel
 * without Landlock is told in the log (sandbox.partial); paths are then left to their modes. */
enum failure sandbox_begin(const struct sandbox_paths *paths, struct str *ret_problem) MUST_CHECK;
/* For every thread there is, and every one to come. */
enum failure sandbox_close(unsigned rights, struct str *ret_problem) MUST_CHECK;

#endif
