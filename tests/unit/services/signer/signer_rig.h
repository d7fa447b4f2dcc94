/* A signer without a link: its operations over a private Redis, called one at a time.
 *
 *     struct signer_rig rig;
 *     signer_rig_start(&rig);
 *     struct str code = signer_rig_create_code(&rig, SIGNER_RIG_G);
 *     const struct exchange_request request = signer_rig_exchange_request(code);
 *     struct signer_rig_answer answer = signer_rig_exchange(&rig, "1", &request);
 *     assert_int_equal(answer.failure, OK);
 *     signer_rig_stop(&rig);
 *
 * Texts live until the rig stops. */
#ifndef TESTS_UNIT_SERVICES_SIGNER_SIGNER_RIG_H
#define TESTS_UNIT_SERVICES_SIGNER_SIGNER_RIG_H

#include "common/oauth/access_token.h"
#include "common/oauth/refresh_token.h"
#include "common/store/code.h"
#include "services/signer/operations.h"
#include "services/signer/signer.h"
#include "tests/unit/services/task_rig.h"

#define SIGNER_RIG_G            "0123456789abcdef0123456789abcdef"
#define SIGNER_RIG_ISSUER       "https://auth.example.com"
#define SIGNER_RIG_CLIENT       "mcp_example.com_public"       /* none */
#define SIGNER_RIG_CONFIDENTIAL "mcp_example.com_confidential" /* client_secret_post */
#define SIGNER_RIG_CONFIGURED   "configured"                   /* none, in the servers file */
#define SIGNER_RIG_SECRET       "the-secret-of-the-confidential-one"
/* RFC 7636 appendix B */
#define SIGNER_RIG_VERIFIER     "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define SIGNER_RIG_CHALLENGE    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

/* The servers file: `tools` for octocat, id 7 and org:my-org; `notes` with a resource. */
extern const char SIGNER_RIG_SERVERS[];

struct signer_rig {
    struct redis_rig *redis;
    struct store *store;
    struct arena *arena;
    struct signer_config config;
    char folder[64];
    char servers_path[96];
    size_t fail_at; /* the n-th arena_take of the next calls fails; 0: none */
};

struct signer_rig_answer {
    enum failure failure;
    int64_t retry_after_s;
    struct token_reply token; /* of a TOKEN_REPLY */
    struct str payload;       /* of a VALIDATE_REPLY */
};

void signer_rig_start(struct signer_rig *rig);
void signer_rig_stop(struct signer_rig *rig);
/* An empty Redis but for the clients; the servers file and the configuration of the start. */
void signer_rig_reset(struct signer_rig *rig);
/* The signer process starts anew, with rig->config. */
void signer_rig_reopen(struct signer_rig *rig);
/* The servers file changes, and is as old as told. */
void signer_rig_write_servers(struct signer_rig *rig, const char *json, int64_t age_s);

/* A PEM private key: P-256. */
struct str signer_rig_make_key(struct arena *arena);

struct code_record signer_rig_code(void);
/* record's secret is set to that of the returned code. */
struct str signer_rig_create_code_of(struct signer_rig *rig, const char *g,
                                     struct code_record *record);
struct str signer_rig_create_code(struct signer_rig *rig, const char *g);

/* Good requests of SIGNER_RIG_CLIENT, to be spoilt by tests. */
struct exchange_request signer_rig_exchange_request(struct str code);
struct refresh_request signer_rig_refresh_request(struct str refresh_token);

/* Any operation; as task_rig_call. */
struct signer_rig_answer signer_rig_call(struct signer_rig *rig, const char *request,
                                         operation_handler *handle, const struct fields *reply,
                                         const void *message, size_t message_bytes);
struct signer_rig_answer signer_rig_exchange(struct signer_rig *rig, const char *request,
                                             const struct exchange_request *message);
struct signer_rig_answer signer_rig_refresh(struct signer_rig *rig, const char *request,
                                            const struct refresh_request *message);
struct signer_rig_answer signer_rig_validate(struct signer_rig *rig, struct str token);
struct signer_rig_answer signer_rig_revoke(struct signer_rig *rig, struct str token);
/* secret: NULL for none. */
struct signer_rig_answer signer_rig_client_revoke(struct signer_rig *rig, const char *client_id,
                                                  const char *secret, struct str token);

/* The first tokens of a new grant. */
struct token_reply signer_rig_issue(struct signer_rig *rig);
struct access_token signer_rig_read_access(struct signer_rig *rig, struct str token);
struct refresh_token signer_rig_read_refresh(struct signer_rig *rig, struct str token);
/* Signs claims with the rig's key. */
struct str signer_rig_sign(struct signer_rig *rig, enum jwt_typ typ, struct str claims);
struct str signer_rig_seal(struct signer_rig *rig, const struct refresh_token *token);

#define signer_rig_assert_redis(rig, expected, ...)                                                \
    do {                                                                                           \
        struct str redis_says = redis_rig_ask((rig)->redis, __VA_ARGS__);                          \
        if (!str_equals_cstr(redis_says, (expected)))                                              \
            fail_msg("Redis says '%.*s' instead of '%s'", STR_ARGS(redis_says), (expected));       \
    } while (0)
#define signer_rig_assert_str(actual, expected)                                                    \
    do {                                                                                           \
        struct str text_is = (actual);                                                             \
        if (!str_equals_cstr(text_is, (expected)))                                                 \
            fail_msg("'%.*s' instead of '%s'", STR_ARGS(text_is), (expected));                     \
    } while (0)
#define signer_rig_assert_fails(answer, expected)                                                  \
    do {                                                                                           \
        enum failure failure_is = (answer).failure;                                                \
        if (failure_is != (expected))                                                              \
            fail_msg("%s instead of %s", failure_row(failure_is)->name,                            \
                     failure_row(expected)->name);                                                 \
    } while (0)

#endif
