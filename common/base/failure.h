/* Everything that can go wrong, in one table: what the client hears, what the operator reads, and
 * the clause that asks for it.
 *
 *     TRY(code_verifier_check(verifier, challenge));          passes a failure on
 *     const struct failure_row *row = failure_row(failure);   row->error, row->status
 *
 * A fallible function returns `enum failure`, must be checked, and leaves its ret_ parameters
 * untouched on failure. The finer reason goes to the log, never to the client. A failure travels
 * between processes by its name. Add a row when a refusal has its own clause or its own advice. */
#ifndef COMMON_BASE_FAILURE_H
#define COMMON_BASE_FAILURE_H

#include "common/base/str.h"

enum failure {
    OK,
#define FAILURE(symbol, name, error, status, clause, description) FAIL_##symbol,
#include "common/base/failure_table.h"
#undef FAILURE
    FAILURES_COUNT
};

struct failure_row {
    const char *name;        /* in messages, logs, metrics: "code_verifier_mismatch" */
    const char *error;       /* the OAuth error code: "invalid_grant" */
    int status;              /* HTTP */
    const char *clause;      /* "RFC 7636 4.6" */
    const char *description; /* error_description: one sentence that helps the caller */
};

const struct failure_row *failure_row(enum failure failure);
/* A name that this release does not know is FAIL_SERVER_ERROR. */
enum failure failure_from_name(struct str name);

#define MUST_CHECK __attribute__((warn_unused_result))
/* Returns from the calling function when the expression failed. */
#define TRY(expression)                                                                            \
    do {                                                                                           \
        enum failure try_failure = (expression);                                                   \
        if (try_failure != OK)                                                                     \
            return try_failure;                                                                    \
    } while (0)

#endif
