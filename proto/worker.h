/* What every worker's main adds to service_main: the store, the link, and a table of operations.
 *
 *     static const struct operation OPERATIONS[] = {
 *         {"exchange", 1, &EXCHANGE_REQUEST, &TOKEN_REPLY, exchange_handle},
 *     };
 *     static const struct worker SIGNER = {.kind = "signer", .operations = OPERATIONS, ...};
 *     int main(int argc, char **argv) { return worker_main(argc, argv, &SIGNER); }
 *
 * A handler gets the decoded request and answers once, now or later:
 *
 *     void exchange_handle(struct task *task, const void *message)
 *     {
 *         const struct exchange_request *request = message;
 *         ...
 *         task_reply(task, &reply);   or   task_fail(task, FAIL_CODE_UNKNOWN);
 *     }
 *
 * A task and its arena live until it is answered. */
#ifndef PROTO_WORKER_H
#define PROTO_WORKER_H

#include "common/base/fields.h"
#include "common/process/servers_watch.h"
#include "common/process/service.h"
#include "common/store/audit.h"
#include "common/store/store.h"
#include "proto/link_worker.h"

struct task {
    struct str request_id; /* 32 hex digits: the same for a repetition */
    struct str traceparent;
    int64_t deadline_ms; /* clock_monotonic_ms; for every store call of this task */
    struct arena *arena;
    struct store *store;
    /* private */
    const struct operation *operation;
    struct link_request *link_request;
    int64_t started_us;
};

typedef void operation_handler(struct task *task, const void *request);

struct operation {
    const char *name;
    unsigned version;
    const struct fields *request;
    const struct fields *reply; /* NULL: no members */
    operation_handler *handle;
};

struct worker {
    const char *kind;
    const struct options *options; /* the worker's own table, or NULL */
    void *config;
    const struct operation *operations;
    size_t operations_len;
    const struct metrics *metrics; /* the worker's own table, or NULL */
    /* As in struct service; either may be NULL. The store and the link are open already. */
    enum failure (*start)(const struct service_context *context, struct str *ret_problem);
    void (*stop)(void);
    void (*reload)(void);
};

int worker_main(int argc, char **argv, const struct worker *worker);

/* Writes every new servers file that is taken into the audit stream (AUDIT_CONFIGURATION), one
 * entry for each worker that took it. */
void worker_audit_servers(struct servers_watch *servers);

/* Appends what no request caused to the audit stream, with this worker's instance. */
void worker_audit(struct audit_entry entry);

/* The version of the keys that this worker uses, shown in its heartbeat. */
void worker_show_keys(struct str version);

/* The worker's store and link, for what happens outside of tasks. */
struct store *worker_store(void);
struct link_worker *worker_link(void);

/* Each answers the task and frees it. reply is the struct that operation->reply describes; NULL: no
 * members. task_fail logs the failure with its clause once; detail (may be absent) is for the log
 * only. task_fail_with adds a body for failures that carry members. */
void task_reply(struct task *task, const void *reply);
void task_fail(struct task *task, enum failure failure, struct str detail);
void task_fail_with(struct task *task, enum failure failure, struct str detail, const void *reply);
/* After how many seconds the caller may come again: told with the answer that follows. */
void task_set_retry_after(struct task *task, int64_t retry_after_s);
/* The task goes on with the trace of an earlier request: in its log lines and, told with the
 * answer, in the edge's. What is no traceparent changes nothing. */
void task_continue_trace(struct task *task, struct str traceparent);
/* FAIL_RATE_LIMITED, with that. */
void task_fail_limited(struct task *task, int64_t retry_after_s, struct str detail);
/* The task begins to wait for a third party and no longer counts as credit. False when
 * REQUESTS_PARKED_MAX tasks wait so: then fail it. */
bool task_park(struct task *task) MUST_CHECK;
/* The request's time is over: check before the first write. */
bool task_is_late(const struct task *task);

#endif
