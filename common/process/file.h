/* Small files that configuration names: keys, the servers file, option files.
 *
 *     TRY(file_read(path, SERVERS_FILE_BYTES_MAX, arena, &text)); */
#ifndef COMMON_PROCESS_FILE_H
#define COMMON_PROCESS_FILE_H

#include "common/base/arena.h"
#include "common/base/failure.h"

/* FAIL_CONFIGURATION_INVALID when it cannot be read or is larger than max_bytes. */
enum failure file_read(struct str path, size_t max_bytes, struct arena *arena,
                       struct str *ret_text) MUST_CHECK;

#endif
