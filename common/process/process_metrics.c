/* The descriptors into /proc are opened once, because the sandbox forbids its paths later; reading
 * them again gives the numbers of that moment. */
#include "common/process/process_metrics.h"
#include "common/base/clock.h"
#include "common/base/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static struct {
    const char *kind;
    bool (*is_ready)(void);
    double started_at_s;
    int statm_fd;
    DIR *fds;
} self = {.statm_fd = -1};

void process_metrics_open(const char *kind, bool (*is_ready)(void))
{
    self.kind = kind;
    self.is_ready = is_ready;
    self.started_at_s = (double)clock_wall_ms() / 1000;
    self.statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    self.fds = opendir("/proc/self/fd");
}

void process_metrics_close(void)
{
    if (self.statm_fd >= 0)
        close(self.statm_fd);
    if (self.fds != NULL)
        closedir(self.fds);
    self.statm_fd = -1;
    self.fds = NULL;
}

static const char *kind_value(size_t index)
{
    (void)index;
    return self.kind;
}

static const char *release_value(size_t index)
{
    (void)index;
    return MCP_OAUTH_RELEASE;
}

static double build_info_read(size_t index)
{
    (void)index;
    return 1;
}

static double ready_read(size_t index)
{
    (void)index;
    return self.is_ready();
}

static double cpu_read(size_t index)
{
    struct rusage usage;
    (void)index;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return NAN;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* The first two numbers of statm: all pages, and those in memory. */
static double pages_read(bool is_resident)
{
    char text[128];
    unsigned long long all, resident;
    ssize_t len = pread(self.statm_fd, text, sizeof(text) - 1, 0);
    text[len > 0 ? len : 0] = '\0';
    if (sscanf(text, "%llu %llu", &all, &resident) != 2)
        return NAN;
    return (double)(is_resident ? resident : all) * (double)sysconf(_SC_PAGESIZE);
}

static double resident_memory_read(size_t index)
{
    (void)index;
    return pages_read(true);
}

static double virtual_memory_read(size_t index)
{
    (void)index;
    return pages_read(false);
}

static double open_fds_read(size_t index)
{
    double count = 0;
    (void)index;
    if (self.fds == NULL)
        return NAN;
    rewinddir(self.fds);
    for (const struct dirent *at = readdir(self.fds); at != NULL; at = readdir(self.fds))
        count += at->d_name[0] != '.';
    return count;
}

static double max_fds_read(size_t index)
{
    struct rlimit limit;
    (void)index;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (double)limit.rlim_cur : NAN;
}

static double start_time_read(size_t index)
{
    (void)index;
    return self.started_at_s;
}

static const char *log_level_value(size_t index)
{
    return log_level_name((enum log_level)index);
}

static const struct metric ROWS[] = {
    {.name = "mcp_oauth_build_info",
     .type = METRIC_GAUGE,
     .help = "1; which kind of process this is, and of which release",
     .labels = {{"kind", 1, kind_value}, {"release", 1, release_value}},
     .read = build_info_read},
    {.name = "mcp_oauth_ready",
     .type = METRIC_GAUGE,
     .help = "1 while /ready answers 200",
     .read = ready_read},
    {.name = "mcp_oauth_log_lines_total",
     .type = METRIC_COUNTER,
     .help = "lines written to the log, by level",
     .labels = {{"level", LOG_LEVELS, log_level_value}},
     .counts = log_lines_counts},
    {.name = "process_cpu_seconds_total",
     .type = METRIC_COUNTER,
     .help = "processor time, user and system, in seconds",
     .read = cpu_read},
    {.name = "process_resident_memory_bytes",
     .type = METRIC_GAUGE,
     .help = "memory that is resident, in bytes",
     .read = resident_memory_read},
    {.name = "process_virtual_memory_bytes",
     .type = METRIC_GAUGE,
     .help = "memory that is mapped, in bytes",
     .read = virtual_memory_read},
    {.name = "process_open_fds",
     .type = METRIC_GAUGE,
     .help = "descriptors that are open",
     .read = open_fds_read},
    {.name = "process_max_fds",
     .type = METRIC_GAUGE,
     .help = "descriptors that may be open",
     .read = max_fds_read},
    {.name = "process_start_time_seconds",
     .type = METRIC_GAUGE,
     .help = "when the process started, in seconds since 1970",
     .read = start_time_read},
};

const struct metrics PROCESS_METRICS = {ROWS, sizeof(ROWS) / sizeof(ROWS[0])};
