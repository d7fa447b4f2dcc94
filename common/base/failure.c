#include "common/base/failure.h"

static const struct failure_row ROWS[] = {
    [OK] = {"ok", "", 200, "", ""},
#define FAILURE(symbol, name, error, status, clause, description)                                  \
    [FAIL_##symbol] = {name, error, status, clause, description},
#include "common/base/failure_table.h"
#undef FAILURE
};

const struct failure_row *failure_row(enum failure failure)
{
    return &ROWS[failure < FAILURES_COUNT ? failure : FAIL_SERVER_ERROR];
}

enum failure failure_from_name(struct str name)
{
    for (unsigned i = 0; i < FAILURES_COUNT; i++)
        if (str_equals_cstr(name, ROWS[i].name))
            return (enum failure)i;
    return FAIL_SERVER_ERROR;
}
