/* Signals come through signalfd, so that both event loops see them as one more descriptor, and are
 * blocked before anything starts a thread. */
#include "common/process/service.h"
#include "common/base/log.h"
#include "common/base/memory.h"
#include "common/oauth/uri.h"
#include "common/process/admin.h"
#include "common/process/admin_probe.h"
#include "common/process/process_metrics.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { PROCESS_ARENA_BYTES_MAX = 16 * 1024 * 1024 };

static const struct option COMMON_OPTIONS[] = {
    {OPTION_AT(struct service_config, base_url), .name = "BASE_URL", .also = "WORKER_BASE_URL",
     .kind = OPTION_STR, .flags = OPTION_REQUIRED,
     .help = "the issuer, https://auth.example.com, or http on a loopback host"},
    {OPTION_AT(struct service_config, log_level), .name = "LOG_LEVEL", .kind = OPTION_STR,
     .fallback = "information", .help = "debug, information, warning or error"},
    {OPTION_AT(struct service_config, instance), .name = "INSTANCE", .kind = OPTION_STR,
     .help = "this process's name in logs and heartbeats; default: host name and process id"},
    {OPTION_AT(struct service_config, admin_listen), .name = "ADMIN_LISTEN", .kind = OPTION_STR,
     .help = "numeric host:port of /health, /ready and /metrics, never public"},
    {OPTION_AT(struct service_config, sandbox), .name = "SANDBOX", .kind = OPTION_BOOL,
     .fallback = "true",
     .help = "give up every right that is not needed; false only to debug or trace"},
};
static const struct options COMMON = {COMMON_OPTIONS,
                                      sizeof(COMMON_OPTIONS) / sizeof(COMMON_OPTIONS[0])};

static struct {
    const struct service *service;
    struct service_config config;
    struct arena *arena;
    struct loop *loop;
    struct admin *admin;
    const struct metrics *metrics[1 + SERVICE_METRICS_MAX];
    size_t metrics_len;
    struct loop_watch *signals;
    struct loop_turn *readiness;
    int signal_fd;
    bool is_started; /* everything is open: before, and after, nobody may be asked */
    bool is_draining;
    bool is_ready_logged;
} process = {.signal_fd = -1};

static int start_refuse(struct str problem)
{
    fprintf(stderr, "mcp-oauth-%s: %.*s\n", process.service->kind, STR_ARGS(problem));
    return 1;
}

static bool process_is_ready(void)
{
    return !process.is_draining && process.service->is_ready();
}

void service_readiness_changed(void)
{
    if (!process.is_started || process.is_ready_logged || !process_is_ready())
        return;
    process.is_ready_logged = true;
    log_information("ready", LOG_STR("base_url", process.config.base_url));
}

/* A worker becomes ready by several events in any order; whichever comes last ends its turn here.
 */
static void on_turn(void *context)
{
    (void)context;
    service_readiness_changed();
}

void service_drained(void)
{
    loop_stop(process.loop);
}

static void on_signal(void *context, int fd, unsigned events)
{
    struct signalfd_siginfo signal;
    (void)context;
    (void)events;
    if (read(fd, &signal, sizeof(signal)) != (ssize_t)sizeof(signal))
        return;
    if (signal.ssi_signo == SIGHUP) {
        /* Before the start is complete, and while it ends, there is nothing to reload. */
        if (process.is_started && process.service->reload != NULL)
            process.service->reload();
        return;
    }
    if (process.is_draining)
        _exit(1);
    process.is_draining = true;
    log_information("draining", LOG_I64("signal", signal.ssi_signo));
    process.service->drain();
}

static bool signals_open(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return false;
    process.signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (process.signal_fd < 0)
        return false;
    process.signals = loop_watch_new(process.loop, process.signal_fd, on_signal, NULL);
    if (process.signals == NULL)
        return false;
    loop_watch_set(process.signals, LOOP_READABLE);
    return true;
}

/* RFC 8414 2: the issuer is an https URL without query or fragment. */
static bool base_url_normalize(struct str *base_url)
{
    struct uri uri;
    if (!uri_split(*base_url, &uri) || str_is_present(uri.query) || str_is_present(uri.fragment) ||
        str_is_present(uri.userinfo) || str_is_empty(uri.host))
        return false;
    if (!str_equals(uri.scheme, STR("https")) &&
        !(str_equals(uri.scheme, STR("http")) && uri_host_is_loopback(uri.host)))
        return false;
    while (str_ends_with(*base_url, STR("/")))
        base_url->len--;
    return true;
}

static enum failure config_check(struct str *ret_problem)
{
    struct service_config *config = &process.config;
    enum log_level level;
    if (!base_url_normalize(&config->base_url)) {
        *ret_problem = STR("BASE_URL must be an https URL, or http on a loopback host, without "
                           "query or fragment");
        return FAIL_CONFIGURATION_INVALID;
    }
    if (!log_level_from_name(config->log_level, &level)) {
        *ret_problem = STR("LOG_LEVEL must be debug, information, warning or error");
        return FAIL_CONFIGURATION_INVALID;
    }
    if (!str_is_present(config->instance)) {
        char host[256] = "host";
        gethostname(host, sizeof(host) - 1);
        config->instance = arena_printf(process.arena, "%s-%d", host, (int)getpid());
    }
    log_init(level, str_from_cstr(process.service->kind), config->instance);
    return OK;
}

static enum failure config_read(const struct option_sources *sources, struct str *ret_problem)
{
    const struct options *tables[1 + SERVICE_OPTIONS_MAX] = {&COMMON};
    size_t len = 1;
    for (size_t i = 0; i < SERVICE_OPTIONS_MAX; i++)
        if (process.service->options[i].table != NULL)
            tables[len++] = process.service->options[i].table;
    struct str unknown = options_unknown_argument(tables, len, sources, process.arena);
    if (str_is_present(unknown)) {
        *ret_problem = arena_printf(process.arena, "there is no option %.*s; --help lists them",
                                    STR_ARGS(unknown));
        return FAIL_CONFIGURATION_INVALID;
    }
    TRY(options_read(&COMMON, sources, process.arena, &process.config, ret_problem));
    for (size_t i = 0; i < SERVICE_OPTIONS_MAX; i++)
        if (process.service->options[i].table != NULL)
            TRY(options_read(process.service->options[i].table, sources, process.arena,
                             process.service->options[i].config, ret_problem));
    return config_check(ret_problem);
}

static enum failure sandbox_enter(struct str *ret_problem)
{
    struct sandbox_paths paths = {{NULL, 0}, {NULL, 0}};
    if (!process.config.sandbox)
        return OK;
    for (size_t i = 0; i < SERVICE_OPTIONS_MAX; i++) {
        const struct options *table = process.service->options[i].table;
        const void *config = process.service->options[i].config;
        if (table == NULL)
            continue;
        TRY(options_add_paths(table, config, OPTION_PATH, process.arena, &paths.read));
        TRY(options_add_paths(table, config, OPTION_ENDPOINT, process.arena, &paths.socket));
    }
    return sandbox_begin(&paths, ret_problem);
}

static enum failure loop_open(struct str *ret_problem)
{
    process.loop = loop_new();
    process.readiness = process.loop != NULL ? loop_turn_new(process.loop, on_turn, NULL) : NULL;
    if (process.readiness != NULL && signals_open())
        return OK;
    *ret_problem = STR("the event loop cannot be made: raise the limits on memory and files");
    return FAIL_CONFIGURATION_INVALID;
}

static enum failure admin_start(struct str *ret_problem)
{
    const struct admin_sources sources = {
        .is_ready = process_is_ready,
        .metrics = process.metrics,
        .metrics_len = process.metrics_len,
    };
    if (str_is_empty(process.config.admin_listen))
        return OK;
    process.admin = admin_open(process.loop, process.config.admin_listen, &sources, ret_problem);
    return process.admin != NULL ? OK : FAIL_CONFIGURATION_INVALID;
}

static void metrics_list(void)
{
    process.metrics[process.metrics_len++] = &PROCESS_METRICS;
    for (size_t i = 0; i < SERVICE_METRICS_MAX; i++)
        if (process.service->metrics[i] != NULL)
            process.metrics[process.metrics_len++] = process.service->metrics[i];
}

static enum failure process_start(bool is_check, struct str *ret_problem)
{
    process_metrics_open(process.service->kind, process_is_ready);
    TRY(sandbox_enter(ret_problem));
    TRY(loop_open(ret_problem));
    struct service_context context = {process.loop, &process.config, process.arena, is_check};
    TRY(process.service->start(&context, ret_problem));
    if (!is_check)
        TRY(admin_start(ret_problem));
    return process.config.sandbox ? sandbox_close(process.service->sandbox_rights, ret_problem)
                                  : OK;
}

static void process_stop(void)
{
    loop_turn_free(process.readiness);
    if (process.loop != NULL)
        process.service->stop();
    admin_close(process.admin);
    process_metrics_close();
    loop_watch_free(process.signals);
    if (process.signal_fd >= 0)
        close(process.signal_fd);
    loop_free(process.loop);
    arena_free(process.arena);
}

static void help_print(void)
{
    printf("usage: mcp-oauth-%s [--config=FILE] [--check] [--probe] [--version] [--metrics] "
           "[--NAME=VALUE ...]\n\n"
           "Options are read from the environment; NAME_FILE names a file that holds the value;\n"
           "--some-name=value sets SOME_NAME, except for secrets. --metrics lists what /metrics "
           "says.\n"
           "--probe asks the process that runs with the same ADMIN_LISTEN whether it is ready.\n\n",
           process.service->kind);
    options_print_help(&COMMON);
    for (size_t i = 0; i < SERVICE_OPTIONS_MAX; i++)
        if (process.service->options[i].table != NULL)
            options_print_help(process.service->options[i].table);
}

static bool argument_is_given(int argc, char **argv, const char *argument)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], argument) == 0)
            return true;
    return false;
}

/* Only the common options: a probe reads no secret. */
static int probe(const struct option_sources *sources)
{
    struct str problem = STR("there is not enough memory to start");
    process.arena = arena_new(PROCESS_ARENA_BYTES_MAX);
    if (process.arena == NULL ||
        options_read(&COMMON, sources, process.arena, &process.config, &problem) != OK)
        return start_refuse(problem);
    if (str_is_empty(process.config.admin_listen))
        return start_refuse(STR("ADMIN_LISTEN is empty: set it to the address to ask, as for the "
                                "process that runs"));
    bool is_ready = admin_probe(process.config.admin_listen);
    arena_free(process.arena);
    return is_ready ? 0 : 1;
}

int service_main(int argc, char **argv, const struct service *service)
{
    memory_guard_libraries();
    process.service = service;
    metrics_list();
    if (argument_is_given(argc, argv, "--help")) {
        help_print();
        return 0;
    }
    if (argument_is_given(argc, argv, "--version")) {
        printf("mcp-oauth-%s " MCP_OAUTH_RELEASE "\n", service->kind);
        return 0;
    }
    if (argument_is_given(argc, argv, "--metrics")) {
        for (size_t i = 0; i < process.metrics_len; i++)
            metrics_print(process.metrics[i]);
        return 0;
    }
    struct option_sources sources = {argc, (const char *const *)argv, (const char *const *)environ};
    if (argument_is_given(argc, argv, "--probe"))
        return probe(&sources);
    struct str problem = STR("there is not enough memory to start");
    process.arena = arena_new(PROCESS_ARENA_BYTES_MAX);
    enum failure failure =
        process.arena != NULL ? config_read(&sources, &problem) : FAIL_CONFIGURATION_INVALID;
    bool is_check = argument_is_given(argc, argv, "--check");
    if (failure == OK)
        failure = process_start(is_check, &problem);
    int status = failure == OK ? 0 : start_refuse(problem);
    if (failure == OK && !is_check) {
        log_information("started", LOG_CSTR("release", MCP_OAUTH_RELEASE));
        process.is_started = true;
        service_readiness_changed();
        loop_run(process.loop);
        process.is_started = false;
        log_information("stopped");
    }
    process_stop();
    return status;
}
