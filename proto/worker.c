/* A worker is a service with two connections, the store and the link, and a table. Readiness
 * follows the store: a worker without Redis keeps its edges and gives them no credit. */
#include "proto/worker.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/traceparent.h"
#include "common/store/heartbeat.h"
#include "common/store/store_clock.h"
#include "common/store/store_metrics.h"
#include "proto/worker_metrics.h"

struct worker_config {
    struct strs edges;
    struct str redis_url;
    struct str redis_user;
    struct str redis_password;
    struct str redis_sentinel_user;
    struct str redis_sentinel_password;
    struct str curve_secret_key;
    struct strs curve_edge_keys;
};

static const struct option WORKER_OPTIONS[] = {
    {OPTION_AT(struct worker_config, edges), .name = "EDGES", .kind = OPTION_LIST,
     .flags = OPTION_REQUIRED,
     .help =
         "ZeroMQ endpoints of the edges for this kind of worker, ipc:///path or tcp://host:port"},
    {OPTION_AT(struct worker_config, redis_url), .name = "REDIS_URL", .kind = OPTION_STR,
     .flags = OPTION_REQUIRED,
     .help = "unix:/path/to/socket, redis://host:port, "
             "redis-sentinel://host:port,host:port/NAME or redis-cluster://host:port,host:port"},
    {OPTION_AT(struct worker_config, redis_user), .name = "REDIS_USER", .kind = OPTION_STR,
     .help = "the Redis user of this kind of worker (deploy/redis)"},
    {OPTION_AT(struct worker_config, redis_password), .name = "REDIS_PASSWORD", .kind = OPTION_STR,
     .flags = OPTION_SECRET, .help = "its password"},
    {OPTION_AT(struct worker_config, redis_sentinel_user), .name = "REDIS_SENTINEL_USER",
     .kind = OPTION_STR, .help = "the user at the Sentinels themselves, when they ask for one"},
    {OPTION_AT(struct worker_config, redis_sentinel_password), .name = "REDIS_SENTINEL_PASSWORD",
     .kind = OPTION_STR, .flags = OPTION_SECRET, .help = "its password"},
    {OPTION_AT(struct worker_config, curve_secret_key), .name = "CURVE_SECRET_KEY",
     .kind = OPTION_STR, .flags = OPTION_SECRET,
     .help = "this worker's CURVE key in Z85; with CURVE_EDGE_KEY it encrypts the link"},
    {OPTION_AT(struct worker_config, curve_edge_keys), .name = "CURVE_EDGE_KEY",
     .kind = OPTION_LIST,
     .help = "the edge's public CURVE key in Z85; while it is rotated the new one and the old one"},
};

static struct {
    const struct worker *worker;
    struct worker_config config;
    struct store *store;
    struct link_worker *link;
    struct heartbeat *heartbeat;
    struct store_clock *clock;
    struct str instance;
} self;

struct store *worker_store(void)
{
    return self.store;
}

struct link_worker *worker_link(void)
{
    return self.link;
}

static void on_store_change(void *context, bool is_ready)
{
    (void)context;
    if (self.link != NULL)
        link_worker_set_ready(self.link, is_ready);
    if (self.heartbeat != NULL && is_ready)
        heartbeat_beat(self.heartbeat);
    if (self.clock != NULL)
        store_clock_ask(self.clock);
    service_readiness_changed();
}

void worker_audit(struct audit_entry entry)
{
    entry.instance = self.instance;
    audit_append(self.store, &entry, clock_monotonic_ms() + BUDGET_TOKEN_MS);
}

void worker_show_keys(struct str version)
{
    heartbeat_set_keys(self.heartbeat, version);
}

static void on_servers_change(void *context)
{
    (void)context;
    worker_audit((struct audit_entry){.event = AUDIT_CONFIGURATION, .reason = STR("servers_file")});
}

void worker_audit_servers(struct servers_watch *servers)
{
    servers_watch_on_change(servers, on_servers_change, NULL);
}

static void on_welcome(void *context)
{
    (void)context;
    service_readiness_changed();
}

/* announced: "exchange/1" */
static bool operation_is(const struct operation *operation, struct str announced)
{
    struct str name, version;
    int64_t number;
    return str_cut(announced, '/', &name, &version) && str_equals_cstr(name, operation->name) &&
           str_to_i64(version, &number) && number == operation->version;
}

static void on_request(void *context, struct link_request *link_request)
{
    (void)context;
    struct arena *arena = link_request->arena;
    const struct operation *operation = NULL;
    for (size_t i = 0; i < self.worker->operations_len && operation == NULL; i++)
        if (operation_is(&self.worker->operations[i], link_request->operation))
            operation = &self.worker->operations[i];
    struct task *task = arena_take(arena, sizeof(*task));
    void *request = operation != NULL ? arena_take(arena, operation->request->size_bytes) : NULL;
    if (operation == NULL || task == NULL || request == NULL) {
        link_worker_reply(link_request,
                          operation == NULL ? FAIL_OPERATION_UNKNOWN : FAIL_OVERLOADED, STR_ABSENT);
        return;
    }
    *task = (struct task){
        .request_id = link_request->request_id,
        .traceparent = link_request->traceparent,
        .deadline_ms = link_request->deadline_ms,
        .arena = arena,
        .store = self.store,
        .operation = operation,
        .link_request = link_request,
        .started_us = clock_monotonic_us(),
    };
    worker_metrics_begin((size_t)(operation - self.worker->operations));
    enum failure failure = fields_from_json(operation->request, link_request->body, arena, request);
    if (failure != OK)
        task_fail(task, failure, STR_ABSENT);
    else
        operation->handle(task, request);
}

static void task_answer(struct task *task, enum failure failure, const void *reply)
{
    struct str body = STR_ABSENT;
    if (reply != NULL && task->operation->reply != NULL) {
        enum failure encoding = fields_to_json(task->operation->reply, reply, task->arena, &body);
        if (encoding != OK)
            failure = encoding;
    }
    int64_t duration_us = clock_monotonic_us() - task->started_us;
    worker_metrics_end((size_t)(task->operation - self.worker->operations), failure, duration_us);
    log_debug("answered", LOG_STR("request_id", task->request_id), LOG_TRACE(task->traceparent),
              LOG_CSTR("operation", task->operation->name), LOG_FAILURE(failure),
              LOG_I64("duration_us", duration_us));
    link_worker_reply(task->link_request, failure, body);
}

void task_reply(struct task *task, const void *reply)
{
    task_answer(task, OK, reply);
}

void task_fail_with(struct task *task, enum failure failure, struct str detail, const void *reply)
{
    const struct failure_row *row = failure_row(failure);
    enum log_level level = row->status >= 500 ? LOG_WARNING : LOG_INFORMATION;
    LOG_AT(level, "refused", LOG_STR("request_id", task->request_id), LOG_TRACE(task->traceparent),
           LOG_CSTR("operation", task->operation->name), LOG_CSTR("failure", row->name),
           LOG_CSTR("clause", row->clause), LOG_STR("detail", detail));
    task_answer(task, failure, reply);
}

void task_fail(struct task *task, enum failure failure, struct str detail)
{
    task_fail_with(task, failure, detail, NULL);
}

void task_set_retry_after(struct task *task, int64_t retry_after_s)
{
    task->link_request->retry_after_s = retry_after_s;
}

void task_continue_trace(struct task *task, struct str traceparent)
{
    char *text = arena_take(task->arena, TRACEPARENT_CHARACTERS + 1);
    if (text == NULL || !traceparent_continue(traceparent, task->traceparent, text))
        return;
    task->traceparent = str_from_cstr(text);
    task->link_request->continued = task->traceparent;
}

void task_fail_limited(struct task *task, int64_t retry_after_s, struct str detail)
{
    task_set_retry_after(task, retry_after_s);
    task_fail(task, FAIL_RATE_LIMITED, detail);
}

bool task_park(struct task *task)
{
    return link_worker_park(task->link_request);
}

bool task_is_late(const struct task *task)
{
    return clock_monotonic_ms() >= task->deadline_ms;
}

static struct strs operations_announced(struct arena *arena)
{
    struct strs list = {.at =
                            arena_take_array(arena, self.worker->operations_len, sizeof(*list.at))};
    for (; list.at != NULL && list.len < self.worker->operations_len; list.len++) {
        const struct operation *operation = &self.worker->operations[list.len];
        list.at[list.len] = arena_printf(arena, "%s/%u", operation->name, operation->version);
    }
    return list;
}

static enum failure connections_open(const struct service_context *context, struct str *ret_problem)
{
    const char *url_problem = store_url_problem(self.config.redis_url);
    if (url_problem != NULL) {
        *ret_problem = arena_printf(context->arena, "REDIS_URL %s", url_problem);
        return FAIL_CONFIGURATION_INVALID;
    }
    const struct store_options store_options = {
        .url = self.config.redis_url,
        .user = self.config.redis_user,
        .password = self.config.redis_password,
        .sentinel_user = self.config.redis_sentinel_user,
        .sentinel_password = self.config.redis_sentinel_password,
        .on_change = on_store_change,
    };
    self.store = store_open(context->loop, &store_options);
    if (self.store == NULL) {
        *ret_problem = STR("memory or descriptors are gone: nothing can be opened");
        return FAIL_CONFIGURATION_INVALID;
    }
    const struct link_worker_options link_options = {
        .kind = str_from_cstr(self.worker->kind),
        .instance = context->config->instance,
        .operations = operations_announced(context->arena),
        .edges = self.config.edges,
        .secret_key = self.config.curve_secret_key,
        .edge_keys = self.config.curve_edge_keys,
        .credit = CREDIT_TOTAL,
        .on_request = on_request,
        .on_welcome = on_welcome,
    };
    self.link = link_worker_new(context->loop, &link_options);
    if (self.link == NULL) {
        *ret_problem = STR("EDGES must list ZeroMQ endpoints, and CURVE_SECRET_KEY and "
                           "CURVE_EDGE_KEY must be Z85 keys, both or neither");
        return FAIL_CONFIGURATION_INVALID;
    }
    link_worker_set_ready(self.link, store_is_ready(self.store));
    return OK;
}

static enum failure worker_start(const struct service_context *context, struct str *ret_problem)
{
    self.instance = context->config->instance;
    TRY(connections_open(context, ret_problem));
    self.heartbeat = heartbeat_start(context->loop, self.store, str_from_cstr(self.worker->kind),
                                     context->config->instance);
    if (self.heartbeat == NULL) {
        *ret_problem = STR("memory is gone: nothing can be opened");
        return FAIL_CONFIGURATION_INVALID;
    }
    self.clock = store_clock_start(context->loop, self.store);
    worker_metrics_open(self.worker, self.link);
    return self.worker->start != NULL ? self.worker->start(context, ret_problem) : OK;
}

static bool worker_is_ready(void)
{
    return store_is_ready(self.store) && link_worker_edges(self.link) > 0;
}

static void on_drained(void *context)
{
    (void)context;
    service_drained();
}

static void worker_drain(void)
{
    link_worker_drain(self.link, on_drained, NULL);
}

/* The link goes last, because the tasks in flight live in its requests: closing the store fails
 * those that wait for it. */
static void worker_stop(void)
{
    heartbeat_stop(self.heartbeat);
    store_close(self.store);
    store_clock_stop(self.clock);
    self.clock = NULL;
    if (self.worker->stop != NULL)
        self.worker->stop();
    worker_metrics_open(self.worker, NULL);
    link_worker_free(self.link);
}

static void worker_reload(void)
{
    if (self.worker->reload != NULL)
        self.worker->reload();
}

int worker_main(int argc, char **argv, const struct worker *worker)
{
    self.worker = worker;
    const struct options options = {WORKER_OPTIONS,
                                    sizeof(WORKER_OPTIONS) / sizeof(WORKER_OPTIONS[0])};
    const struct service service = {
        .kind = worker->kind,
        .options = {{&options, &self.config}, {worker->options, worker->config}},
        .metrics = {&WORKER_METRICS, &STORE_METRICS, worker->metrics},
        .start = worker_start,
        .is_ready = worker_is_ready,
        .sandbox_rights = SANDBOX_CONNECTS | SANDBOX_WATCHES_FILES,
        .drain = worker_drain,
        .stop = worker_stop,
        .reload = worker_reload,
    };
    return service_main(argc, argv, &service);
}
