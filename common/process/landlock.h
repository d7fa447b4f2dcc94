/* Which paths a process may still reach (Landlock, Linux 5.13). Rights are given by directory, so
 * that files which are replaced in one step (editors, ConfigMaps) are found again.
 *
 *     int ruleset = landlock_open();
 *     if (ruleset >= 0 && landlock_allow(ruleset, "/etc", LANDLOCK_READ))
 *         landlock_enforce(ruleset);
 */
#ifndef COMMON_PROCESS_LANDLOCK_H
#define COMMON_PROCESS_LANDLOCK_H

#include <stdbool.h>

enum landlock_use { LANDLOCK_READ, LANDLOCK_MAKE_SOCKETS };

/* -1 when this kernel has none. */
int landlock_open(void);
/* A path that is not there is allowed nothing, and that is true too. */
bool landlock_allow(int ruleset, const char *path, enum landlock_use use);
/* From now on, for this thread and all that it starts. Closes the ruleset. */
bool landlock_enforce(int ruleset);

#endif
