/* SIGINT and SIGTERM come as a descriptor, so that a live view ends like everything else: by its
 * loop, with its terminal as it was. */
#include "services/ctl/connection.h"

#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/process/options.h"

struct connection {
    struct loop *loop;
    struct store *store;
    struct loop_timer *timer;
    struct loop_watch *signals;
    int signal_fd;
    struct str url;
    bool is_operator;
    bool is_interrupted;
};

enum { PATIENCE_MS = 3000 };

static const struct option OPTIONS[] = {
    {OPTION_AT(struct connection_config, redis_url), .name = "REDIS_URL", .kind = OPTION_STR,
     .help = "where Redis is, as for the workers"},
    {OPTION_AT(struct connection_config, redis_user), .name = "REDIS_USER", .kind = OPTION_STR,
     .help = "the Redis user"},
    {OPTION_AT(struct connection_config, redis_password), .name = "REDIS_PASSWORD",
     .kind = OPTION_STR, .flags = OPTION_SECRET, .help = "its password"},
    {OPTION_AT(struct connection_config, redis_sentinel_user), .name = "REDIS_SENTINEL_USER",
     .kind = OPTION_STR, .help = "the user at the Sentinels"},
    {OPTION_AT(struct connection_config, redis_sentinel_password),
     .name = "REDIS_SENTINEL_PASSWORD", .kind = OPTION_STR, .flags = OPTION_SECRET,
     .help = "its password"},
    {OPTION_AT(struct connection_config, redis_password_reader), .name = "REDIS_PASSWORD_READER",
     .kind = OPTION_STR, .flags = OPTION_SECRET, .help = "the reader's password"},
    {OPTION_AT(struct connection_config, redis_password_operator),
     .name = "REDIS_PASSWORD_OPERATOR", .kind = OPTION_STR, .flags = OPTION_SECRET,
     .help = "the operator's password"},
};

bool connection_read_config(const struct invocation *invocation,
                            struct connection_config *ret_config)
{
    const struct options options = {OPTIONS, sizeof(OPTIONS) / sizeof(OPTIONS[0])};
    const struct option_sources sources = {invocation->general_len, invocation->general,
                                           (const char *const *)environ};
    struct connection_config config = {0};
    struct str problem = STR_ABSENT;
    if (options_read(&options, &sources, invocation->arena, &config, &problem) != OK) {
        subcommand_complain("%.*s", STR_ARGS(problem));
        return false;
    }
    *ret_config = config;
    return true;
}

void connection_choose_user(struct connection_config *config, enum subcommand_store store)
{
    if (str_is_present(config->redis_password) || str_is_present(config->redis_user))
        return;
    bool is_reader = store == SUBCOMMAND_READS && str_is_present(config->redis_password_reader);
    struct str password =
        is_reader ? config->redis_password_reader : config->redis_password_operator;
    if (!str_is_present(password))
        return;
    config->redis_user = is_reader ? STR("reader") : STR("operator");
    config->redis_password = password;
}

static void on_signal(void *context, int fd, unsigned events)
{
    struct connection *connection = context;
    struct signalfd_siginfo signal;
    (void)events;
    if (read(fd, &signal, sizeof(signal)) == (ssize_t)sizeof(signal))
        connection->is_interrupted = true;
}

static bool signals_open(struct connection *connection)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return false;
    connection->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (connection->signal_fd < 0)
        return false;
    connection->signals =
        loop_watch_new(connection->loop, connection->signal_fd, on_signal, connection);
    if (connection->signals == NULL)
        return false;
    loop_watch_set(connection->signals, LOOP_READABLE);
    return true;
}

/* It only has to wake the loop. */
static void on_time(void *context)
{
    (void)context;
}

/* What Redis says, as advice. */
static const struct {
    const char *word;
    const char *advice;
} ADVICE[] = {
    {"WRONGPASS", "refuses the user or the password: look at REDIS_USER and REDIS_PASSWORD"},
    {"NOAUTH", "wants a user: set REDIS_USER and REDIS_PASSWORD"},
    {"NOPERM", "does not let this user do that: use the user operator for what changes something, "
               "and print the ACL file anew when it is older than this release (mcp-oauth acl)"},
    {"OOM", "is full: raise maxmemory"},
    {"MISCONF", "cannot write its files: its disk may be full"},
    {"LOADING", "is still reading its files: try again in a moment"},
    {"READONLY", "is a replica: name the master, or its Sentinels, in REDIS_URL"},
    {"it is a replica", "is a replica: name the master, or its Sentinels, in REDIS_URL"},
    {"NOREPLICAS", "has lost its replicas, and min-replicas-to-write stops it"},
};

static const char *advice_of(const char *problem)
{
    for (size_t i = 0; i < sizeof(ADVICE) / sizeof(ADVICE[0]); i++)
        if (strcmp(problem, ADVICE[i].word) == 0)
            return ADVICE[i].advice;
    return NULL;
}

/* What stands behind "Redis ". */
static struct str trouble_print(const struct connection *connection, struct arena *arena)
{
    const char *problem = store_problem(connection->store);
    const char *advice = advice_of(problem);
    if (advice != NULL)
        return arena_printf(arena, "Redis at %.*s %s", STR_ARGS(connection->url), advice);
    return arena_printf(arena,
                        "Redis at %.*s does not answer (%s): is it running, and is "
                        "REDIS_URL right?",
                        STR_ARGS(connection->url), problem[0] != '\0' ? problem : "no reply");
}

static bool is_hopeless(const struct store *store)
{
    const char *problem = store_problem(store);
    return strcmp(problem, "WRONGPASS") == 0 || strcmp(problem, "NOAUTH") == 0;
}

static bool ready_await(struct connection *connection)
{
    int64_t end_ms = clock_monotonic_ms() + PATIENCE_MS;
    loop_timer_start(connection->timer, PATIENCE_MS, 0);
    while (!store_is_ready(connection->store) && !connection->is_interrupted &&
           clock_monotonic_ms() < end_ms && !is_hopeless(connection->store))
        loop_run_turn(connection->loop);
    loop_timer_stop(connection->timer);
    return store_is_ready(connection->store);
}

static bool parts_open(struct connection *connection, const struct connection_config *config)
{
    connection->loop = loop_new();
    if (connection->loop == NULL)
        return false;
    connection->timer = loop_timer_new(connection->loop, on_time, NULL);
    const struct store_options options = {
        .url = config->redis_url,
        .user = config->redis_user,
        .password = config->redis_password,
        .sentinel_user = config->redis_sentinel_user,
        .sentinel_password = config->redis_sentinel_password,
    };
    if (connection->timer == NULL || !signals_open(connection))
        return false;
    connection->store = store_open(connection->loop, &options);
    return connection->store != NULL;
}

struct connection *connection_open_as(const struct connection_config *config, struct arena *arena,
                                      struct str *ret_problem)
{
    log_init(LOG_ERROR, STR("ctl"), STR("ctl")); /* what went wrong is said in one sentence */
    if (!str_is_present(config->redis_url)) {
        *ret_problem = STR("REDIS_URL is missing: say where Redis is, in the environment, with "
                           "--config=FILE or with --redis-url");
        return NULL;
    }
    const char *url_problem = store_url_problem(config->redis_url);
    if (url_problem != NULL) {
        *ret_problem = arena_printf(arena, "REDIS_URL %s", url_problem);
        return NULL;
    }
    struct connection *connection = calloc(1, sizeof(*connection));
    *ret_problem = STR("memory or descriptors are gone");
    if (connection == NULL)
        return NULL;
    connection->signal_fd = -1;
    connection->url = config->redis_url;
    connection->is_operator = !str_equals(config->redis_user, STR("reader"));
    bool is_open = parts_open(connection, config);
    if (is_open && ready_await(connection))
        return connection;
    if (is_open)
        *ret_problem =
            connection->is_interrupted ? STR("interrupted") : trouble_print(connection, arena);
    connection_close(connection);
    return NULL;
}

struct connection *connection_open(const struct invocation *invocation)
{
    struct connection_config config;
    struct str problem;
    if (!connection_read_config(invocation, &config))
        return NULL;
    connection_choose_user(&config, invocation->subcommand->store);
    struct connection *connection = connection_open_as(&config, invocation->arena, &problem);
    if (connection == NULL)
        subcommand_complain("%.*s", STR_ARGS(problem));
    return connection;
}

void connection_close(struct connection *connection)
{
    if (connection == NULL)
        return;
    store_close(connection->store);
    loop_watch_free(connection->signals);
    loop_timer_free(connection->timer);
    if (connection->signal_fd >= 0)
        close(connection->signal_fd);
    loop_free(connection->loop);
    free(connection);
}

struct store *connection_store(const struct connection *connection)
{
    return connection->store;
}

struct loop *connection_loop(const struct connection *connection)
{
    return connection->loop;
}

struct str connection_url(const struct connection *connection)
{
    return connection->url;
}

bool connection_is_operator(const struct connection *connection)
{
    return connection->is_operator;
}

bool connection_is_interrupted(const struct connection *connection)
{
    return connection->is_interrupted;
}

/* What still waits for an answer is told now, while those who asked are there. */
static bool await_end(struct connection *connection, bool is_done)
{
    if (connection->is_interrupted) {
        store_close(connection->store);
        connection->store = NULL;
    }
    return is_done && !connection->is_interrupted;
}

bool connection_await(struct connection *connection, const bool *is_done)
{
    while (!*is_done && !connection->is_interrupted)
        loop_run_turn(connection->loop);
    return await_end(connection, *is_done);
}

bool connection_await_ms(struct connection *connection, const bool *is_done, int64_t limit_ms)
{
    int64_t end_ms = clock_monotonic_ms() + limit_ms;
    loop_timer_start(connection->timer, limit_ms, 0);
    while (!*is_done && !connection->is_interrupted && clock_monotonic_ms() < end_ms)
        loop_run_turn(connection->loop);
    loop_timer_stop(connection->timer);
    return await_end(connection, *is_done);
}

bool connection_settle(struct connection *connection)
{
    while (!connection->is_interrupted && !store_is_idle(connection->store))
        loop_run_turn(connection->loop);
    return await_end(connection, true);
}

void step_done(void *context, enum failure failure)
{
    struct step *step = context;
    step->failure = failure;
    step->is_done = true;
}

enum failure connection_await_step(struct connection *connection, struct step *step)
{
    return connection_await(connection, &step->is_done) ? step->failure : FAIL_STORE_UNAVAILABLE;
}

int64_t connection_deadline_ms(void)
{
    return clock_monotonic_ms() + CONNECTION_ANSWER_MS;
}

int connection_complain(const struct connection *connection, enum failure failure)
{
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    if (connection->is_interrupted)
        subcommand_complain("interrupted");
    else if (failure == FAIL_LIMIT_REACHED || arena == NULL)
        subcommand_complain("that is larger than this program accepts");
    else if (failure == FAIL_SERVER_ERROR)
        subcommand_complain("Redis at %.*s answered what was not expected (%s): is it Redis 7?",
                            STR_ARGS(connection->url), store_problem(connection->store));
    else
        subcommand_complain("%.*s", STR_ARGS(trouble_print(connection, arena)));
    arena_free(arena);
    return SUBCOMMAND_FAILED;
}
