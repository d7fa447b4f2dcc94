/* The store for a program that does one thing after the other: what it waits for, it waits for
 * here.
 *
 *     struct connection *connection = connection_open(invocation);      NULL: it has complained
 *     keyspace_count_start(connection_store(connection), 10000, on_counted, &seen);
 *     if (!connection_await(connection, &seen.is_done)) ...             Ctrl-C
 *     connection_close(connection);
 *
 * Where Redis is, and as whom, is told by REDIS_URL, REDIS_USER and REDIS_PASSWORD like every
 * worker's, in the environment or a file (--config). Without REDIS_PASSWORD a subcommand takes the
 * user that it needs, `reader` or `operator`, and REDIS_PASSWORD_READER or REDIS_PASSWORD_OPERATOR,
 * which is what setup-secrets writes for Redis itself. */
#ifndef SERVICES_CTL_CONNECTION_H
#define SERVICES_CTL_CONNECTION_H

#include "common/store/store.h"
#include "services/ctl/invocation.h"

struct connection;

enum { CONNECTION_ANSWER_MS = 5000 };

/* Who connects where; absent texts: not said. */
struct connection_config {
    struct str redis_url;
    struct str redis_user;
    struct str redis_password;
    struct str redis_sentinel_user;
    struct str redis_sentinel_password;
    struct str redis_password_reader;
    struct str redis_password_operator;
};

/* From the environment, --config and --redis-...; false after a complaint. */
bool connection_read_config(const struct invocation *invocation,
                            struct connection_config *ret_config);
/* Fills in the user and the password that this subcommand needs. */
void connection_choose_user(struct connection_config *config, enum subcommand_store store);

/* Waits until the store is ready. */
struct connection *connection_open(const struct invocation *invocation);
/* The same with an other user's config; *ret_problem is a sentence in the arena when it is NULL. */
struct connection *connection_open_as(const struct connection_config *config, struct arena *arena,
                                      struct str *ret_problem);
void connection_close(struct connection *connection); /* accepts NULL */

struct store *connection_store(const struct connection *connection);
struct loop *connection_loop(const struct connection *connection);
struct str connection_url(const struct connection *connection);
/* Whether its user may change things: it is not the reader. */
bool connection_is_operator(const struct connection *connection);

/* Turns the loop until *is_done. False when somebody wants the program to end (SIGINT, SIGTERM):
 * then whatever waits for Redis has been told that it failed, and there is no store any more. */
bool connection_await(struct connection *connection, const bool *is_done);
/* The same, for at most so long. */
bool connection_await_ms(struct connection *connection, const bool *is_done, int64_t limit_ms);
/* Until nothing that was sent waits for its answer any more. */
bool connection_settle(struct connection *connection);
bool connection_is_interrupted(const struct connection *connection);

/* A step of which only success or failure matters, waited for:
 *
 *     struct step step = {0};
 *     revoked_add_user(store, ..., step_done, &step);
 *     if (connection_await_step(connection, &step) != OK) ... */
struct step {
    bool is_done;
    enum failure failure;
};
void step_done(void *context, enum failure failure);
enum failure connection_await_step(struct connection *connection, struct step *step) MUST_CHECK;
int64_t connection_deadline_ms(void); /* CONNECTION_ANSWER_MS from now */

/* Why Redis did not do it, as one sentence on standard error. */
int connection_complain(const struct connection *connection, enum failure failure);

#endif
