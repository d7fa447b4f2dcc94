/* revoke: ends a token, a grant, everything of a person or of a client. A token is a secret, so it
 * comes by standard input. One that the server itself may be asked about is posted to its
 * /admin/revoke, where possession is the authorization; without a server an access token still
 * names its grant and its number, and who may write into Redis needs no signature. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/base64url.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/value_writer.h"
#include "common/oauth/access_token.h"
#include "services/ctl/person.h"
#include "services/ctl/revocation.h"
#include "services/ctl/web.h"

enum { ADMIN_REVOKE_MS = 10000, G_CHARACTERS = 32 };

static struct str token_read(struct arena *arena)
{
    char *text = arena_take(arena, TOKEN_BYTES_MAX + 1);
    size_t len = text != NULL ? fread(text, 1, TOKEN_BYTES_MAX + 1, stdin) : 0;
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        len--;
    return len > 0 && len <= TOKEN_BYTES_MAX ? str_from_bytes(text, len) : STR_ABSENT;
}

/* --- by the server --- */

static void body_write(struct value_writer *writer, const void *token)
{
    value_write_raw(writer, STR("{\"token\":"));
    value_write_text(writer, *(const struct str *)token);
    value_write_raw(writer, STR("}"));
}

static int token_post(const struct invocation *invocation, struct str base_url, struct str token)
{
    struct web_answer answer;
    struct web_question question = {.content_type = STR("application/json"),
                                    .timeout_ms = ADMIN_REVOKE_MS};
    question.url = arena_printf(invocation->arena, "%.*s/admin/revoke", STR_ARGS(base_url));
    if (value_write(invocation->arena, body_write, &token, &question.body) != OK)
        return subcommand_complain("that is no token: it is not UTF-8");
    if (invocation_has(invocation, "--dry-run"))
        return printf("would post the token to %.*s\n", STR_ARGS(question.url)) < 0;
    if (!web_ask(&question, invocation->arena, &answer))
        return subcommand_complain("%.*s does not answer: %s", STR_ARGS(question.url),
                                   answer.reason);
    if (answer.status == 400)
        return subcommand_complain("%.*s says that this is no token of its own",
                                   STR_ARGS(base_url));
    if (answer.status != 200)
        return subcommand_complain("%.*s answers %d", STR_ARGS(question.url), answer.status);
    puts("revoked the token");
    return SUBCOMMAND_DONE;
}

/* --- by ourselves --- */

/* The claims of a JWT, unchecked. */
static bool claims_read(struct arena *arena, struct str token, struct access_token *ret_token)
{
    struct str head, rest, payload, signature, claims;
    return str_cut(token, '.', &head, &rest) && str_cut(rest, '.', &payload, &signature) &&
           base64url_decode(arena, payload, &claims) &&
           access_token_from_json(arena, claims, ret_token) == OK;
}

static int token_revoke(const struct invocation *invocation, struct revocation *revocation,
                        struct str text)
{
    struct access_token token;
    struct revocation_grant grant;
    int64_t m;
    if (!claims_read(invocation->arena, text, &token) ||
        access_token_parse_jti(token.jti, &grant.g, &m) != OK)
        return subcommand_complain("this is no access token of mcp-oauth; a refresh token is "
                                   "revoked by the server alone: give --base-url");
    int64_t ttl_s = token.exp - clock_wall_s() + INT64_C(2) * CLOCK_SKEW_S;
    if (ttl_s <= 0)
        return subcommand_complain("the token has ended by itself already");
    if (ttl_s > ACCESS_TOKEN_TTL_MAX_S + 2 * CLOCK_SKEW_S)
        return subcommand_complain("no access token of mcp-oauth lives so long");
    grant.user_id = token.sub;
    grant.client_id = token.client_id;
    enum failure failure = revocation_end_token(revocation, &grant, m, ttl_s);
    return failure == OK ? SUBCOMMAND_DONE : connection_complain(revocation->connection, failure);
}

struct finding_grant {
    struct step step;
    struct revocation_grant *grant;
    bool is_stored;
};

static void on_grant(void *context, enum failure failure, const struct grant_record *record)
{
    struct finding_grant *finding = context;
    finding->is_stored = record != NULL;
    if (record != NULL) {
        finding->grant->user_id = record->user_id;
        finding->grant->client_id = record->client_id;
    }
    step_done(&finding->step, failure);
}

static int grant_revoke(const struct invocation *invocation, struct revocation *revocation,
                        struct str g)
{
    struct revocation_grant grant = {.g = g};
    struct finding_grant finding = {.grant = &grant};
    if (g.len != G_CHARACTERS || strspn(g.at, "0123456789abcdef") < g.len) {
        subcommand_complain("a grant's id has 32 hexadecimal digits: it is the part of jti before "
                            "the dot");
        return SUBCOMMAND_MISUSED;
    }
    grant_record_get(connection_store(revocation->connection), g, invocation->arena,
                     connection_deadline_ms(), on_grant, &finding);
    enum failure failure = connection_await_step(revocation->connection, &finding.step);
    if (failure == OK)
        failure = revocation_end_grant(revocation, &grant);
    if (failure != OK)
        return connection_complain(revocation->connection, failure);
    if (!finding.is_stored)
        puts("no grant of this id is stored: it had ended, or has not begun");
    return SUBCOMMAND_DONE;
}

static int user_revoke(const struct invocation *invocation, struct revocation *revocation,
                       struct str name)
{
    (void)invocation;
    enum failure failure = revocation_end_user(revocation, name);
    if (failure == FAIL_RECORD_MISSING)
        return subcommand_complain("nobody with the login %.*s has a grant; give the numeric id "
                                   "to revoke tokens that are still good",
                                   STR_ARGS(name));
    return failure == OK ? SUBCOMMAND_DONE : connection_complain(revocation->connection, failure);
}

static int client_revoke(const struct invocation *invocation, struct revocation *revocation,
                         struct str client_id)
{
    (void)invocation;
    enum failure failure = revocation_end_client(revocation, client_id);
    if (failure != OK)
        return connection_complain(revocation->connection, failure);
    if (str_starts_with(client_id, STR("https://")))
        puts("A client that is its own document may come back: DOCUMENT_TRUSTED_DOMAINS of the "
             "registry keeps it out.");
    return SUBCOMMAND_DONE;
}

/* --- */

static const struct {
    const char *what;
    bool is_secret; /* it comes by standard input */
    int (*revoke)(const struct invocation *invocation, struct revocation *revocation,
                  struct str name);
} WAYS[] = {
    {"token", true, token_revoke},
    {"grant", false, grant_revoke},
    {"user", false, user_revoke},
    {"client", false, client_revoke},
};

static struct str base_url_of(const struct invocation *invocation)
{
    struct str base_url = invocation_get(invocation, "--base-url");
    if (!str_is_present(base_url))
        base_url = str_from_cstr(getenv("BASE_URL"));
    while (str_ends_with(base_url, STR("/")))
        base_url.len--;
    return base_url;
}

static int way_run(const struct invocation *invocation, size_t way, struct str name)
{
    struct revocation revocation;
    struct connection *connection = connection_open(invocation);
    if (connection == NULL)
        return SUBCOMMAND_FAILED;
    int status = revocation_init(&revocation, connection, invocation->arena,
                                 invocation_has(invocation, "--dry-run")) == OK
                     ? WAYS[way].revoke(invocation, &revocation, name)
                     : subcommand_complain("out of memory");
    connection_close(connection);
    return status;
}

int subcommand_revoke_run(const struct invocation *invocation)
{
    struct strs words = invocation->words;
    size_t way = 0;
    while (way < sizeof(WAYS) / sizeof(WAYS[0]) && !str_equals_cstr(words.at[0], WAYS[way].what))
        way++;
    if (way == sizeof(WAYS) / sizeof(WAYS[0]) || words.len != (WAYS[way].is_secret ? 1u : 2u)) {
        subcommand_complain("revoke takes token (which comes by standard input), grant G, user "
                            "USER or client CLIENT_ID; see mcp-oauth help revoke");
        return SUBCOMMAND_MISUSED;
    }
    if (!WAYS[way].is_secret)
        return way_run(invocation, way, words.at[1]);
    struct str token = token_read(invocation->arena), base_url = base_url_of(invocation);
    if (!str_is_present(token))
        return subcommand_complain("standard input holds no token");
    return str_is_empty(base_url) ? way_run(invocation, way, token)
                                  : token_post(invocation, base_url, token);
}
