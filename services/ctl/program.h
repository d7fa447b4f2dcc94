/* Another program, run to its end, with what it said.
 *
 *     struct program_end end;
 *     if (!program_run(path, arguments, environment, 10000, arena, &end)) ...   cannot be started
 *     if (end.status != 0) subcommand_complain("%.*s", STR_ARGS(end.text)); */
#ifndef SERVICES_CTL_PROGRAM_H
#define SERVICES_CTL_PROGRAM_H

#include "common/base/arena.h"

enum { PROGRAM_TEXT_BYTES_MAX = 16 * 1024 };

struct program_end {
    int status;      /* its exit status; -1: by a signal, or it was ended after limit_ms */
    struct str text; /* both of its outputs, at most PROGRAM_TEXT_BYTES_MAX */
};

/* arguments and environment end with NULL. Its standard input is empty. */
bool program_run(const char *path, char *const *arguments, char *const *environment,
                 int64_t limit_ms, struct arena *arena, struct program_end *ret_end);
/* A program that lies beside this one: "/usr/bin/mcp-oauth-signer". Absent when it is not there. */
struct str program_beside(struct arena *arena, const char *name);

#endif
