#include "tests/unit/common/base/log_capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static int real_stderr, pipe_ends[2];

void log_capture_begin(void)
{
    assert_int_equal(pipe(pipe_ends), 0);
    real_stderr = dup(STDERR_FILENO);
    dup2(pipe_ends[1], STDERR_FILENO);
}

size_t log_capture_end(char *out, size_t size_bytes)
{
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    close(pipe_ends[1]);
    size_t len = 0;
    for (ssize_t got = 1; got > 0 && len + 1 < size_bytes; len += (size_t)got)
        got = read(pipe_ends[0], out + len, size_bytes - 1 - len);
    close(pipe_ends[0]);
    out[len] = '\0';
    return len;
}
