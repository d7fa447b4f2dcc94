/* What is written to standard error between two calls, for tests of what is logged.
 *
 *     log_capture_begin();
 *     log_warning("store.lost", ...);
 *     log_capture_end(text, sizeof(text));
 *
 * Holds one pipe of text, 64 KiB; more would block. Not nested. */
#ifndef TESTS_UNIT_COMMON_BASE_LOG_CAPTURE_H
#define TESTS_UNIT_COMMON_BASE_LOG_CAPTURE_H

#include <stddef.h>

void log_capture_begin(void);
/* What was written, ended by a NUL, cut at size_bytes; its length. */
size_t log_capture_end(char *out, size_t size_bytes);

#endif
