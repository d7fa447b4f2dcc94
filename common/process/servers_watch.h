/* The servers file, read at the start and again whenever it changes. A broken new version is
 * reported and the old one stays.
 *
 *     struct servers_watch *watch;
 *     TRY(servers_watch_open(loop, path, arena, &watch, &problem));
 *     const struct server *server = servers_find_scope(servers_watch_get(watch), scope);
 *     servers_watch_close(watch);
 *
 * What servers_watch_get gives is borrowed until the loop turns: ask again after every wait.
 * Processes read the file at different moments, so a refusal that comes from a young file is no
 * proof. */
#ifndef COMMON_PROCESS_SERVERS_WATCH_H
#define COMMON_PROCESS_SERVERS_WATCH_H

#include "common/oauth/servers.h"
#include "common/process/loop.h"

enum { SERVERS_WATCH_YOUNG_S = 3 * 60 };

struct servers_watch;

/* FAIL_CONFIGURATION_INVALID with one sentence in *ret_problem (in the arena, or a literal) when
 * the file cannot be read, is broken, or cannot be watched. */
enum failure servers_watch_open(struct loop *loop, struct str path, struct arena *arena,
                                struct servers_watch **ret_watch,
                                struct str *ret_problem) MUST_CHECK;
void servers_watch_close(struct servers_watch *watch); /* accepts NULL */

const struct servers *servers_watch_get(const struct servers_watch *watch);
/* The file was written less than SERVERS_WATCH_YOUNG_S ago, by its modification time. */
bool servers_watch_is_young(const struct servers_watch *watch);
/* Somebody decided by a newer file than this one, less than SERVERS_WATCH_YOUNG_S ago: what was
 * granted then and is refused by this file is refused for its age. FIELD_I64_ABSENT: nobody did. */
bool servers_watch_is_behind(const struct servers_watch *watch, int64_t granted_at);
/* Reads it now; servers_watch_open has it done at every change. For SIGHUP. */
void servers_watch_reload(struct servers_watch *watch);

/* Called after each change that was taken, for the audit; may be NULL. */
typedef void servers_change_cb(void *context);
void servers_watch_on_change(struct servers_watch *watch, servers_change_cb *on_change,
                             void *context);

#endif
