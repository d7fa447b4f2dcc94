#include "services/edge/bearer.h"
#include "common/base/limits.h"
#include "services/edge/problem.h"

/* ', name="value"', or nothing. The values are URLs, scopes and sentences of ours, without quotes.
 */
static struct str parameter_append(struct arena *arena, struct str text, const char *name,
                                   struct str value)
{
    if (!str_is_present(value))
        return text;
    return arena_printf(arena, "%.*s, %s=\"%.*s\"", STR_ARGS(text), name, STR_ARGS(value));
}

static struct str challenge_print(struct arena *arena, enum failure failure,
                                  const struct bearer_challenge *challenge)
{
    const struct failure_row *row = failure_row(failure);
    struct str text = STR("Bearer realm=\"mcp-oauth\"");
    if (failure != FAIL_TOKEN_MISSING) {
        text = parameter_append(arena, text, "error", str_from_cstr(row->error));
        text = parameter_append(arena, text, "error_description", str_from_cstr(row->description));
    }
    text = parameter_append(arena, text, "resource_metadata", challenge->resource_metadata);
    return parameter_append(arena, text, "scope", challenge->scope);
}

/* 401 or 403 by RFC 6750 3.1; 0 when the failure is not about the token. */
static int bearer_status(enum failure failure)
{
    struct str error = str_from_cstr(failure_row(failure)->error);
    if (failure == FAIL_TOKEN_MISSING || str_equals(error, STR("invalid_token")))
        return 401;
    return str_equals(error, STR("insufficient_scope")) ? 403 : 0;
}

void bearer_problem_reply(const struct request *request, struct arena *arena, enum failure failure,
                          const struct bearer_challenge *challenge, struct reply *ret_reply)
{
    const struct failure_row *row = failure_row(failure);
    struct reply reply = problem_reply(request, failure);
    int status = bearer_status(failure);
    if (status != 0) {
        reply.status = status;
        reply_add(&reply, "www-authenticate", challenge_print(arena, failure, challenge));
    }
    reply.body = arena_printf(arena, "{\"error\":\"%s\",\"error_description\":\"%s\"}", row->error,
                              row->description);
    *ret_reply = reply;
}

void problem_send_bearer(const struct request *request, enum failure failure)
{
    static const struct bearer_challenge none = {.scope = STR_ABSENT};
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    struct reply reply;
    if (arena == NULL) {
        problem_send_json(request, FAIL_OVERLOADED);
        return;
    }
    bearer_problem_reply(request, arena, failure, &none, &reply);
    reply_send(request, &reply);
    arena_free(arena);
}
