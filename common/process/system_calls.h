/* Which system calls a process may still make (seccomp). The table in system_calls.c is the
 * profile.
 *
 *     if (!system_calls_filter(SANDBOX_CONNECTS))
 *         ... this kernel refuses filters ... */
#ifndef COMMON_PROCESS_SYSTEM_CALLS_H
#define COMMON_PROCESS_SYSTEM_CALLS_H

#include <stdbool.h>

/* rights: enum sandbox_rights. For all threads of the process; cannot be taken back. */
bool system_calls_filter(unsigned rights);

#endif
