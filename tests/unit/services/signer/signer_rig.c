#include "tests/unit/services/signer/signer_rig.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/random.h"
#include "common/crypto/digest.h"
#include "common/oauth/authorization_code.h"

const char SIGNER_RIG_SERVERS[] =
    "{\"servers\":{\"example.com\":{"
    "\"tools\":{\"name\":\"Tools\",\"description\":\"\",\"allowed_users\":[\"octocat\",7],"
    "\"allowed_orgs\":[\"my-org\"]},"
    "\"notes\":{\"name\":\"Notes\",\"description\":\"\",\"allowed_users\":[\"octocat\"],"
    "\"resource\":\"https://mcp.example.com/notes\"}}},"
    "\"redirect_hosts\":[\"localhost\"],"
    "\"clients\":[{\"client_id\":\"configured\",\"client_name\":\"Configured\","
    "\"redirect_uris\":[\"http://localhost/callback\"]}]}";

struct str signer_rig_make_key(struct arena *arena)
{
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    BIO *bio = BIO_new(BIO_s_mem());
    char *at = NULL;
    assert_non_null(pkey);
    assert_int_equal(PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
    long len = BIO_get_mem_data(bio, &at);
    struct str pem = arena_dup(arena, str_from_bytes(at, (size_t)len));
    BIO_free(bio);
    EVP_PKEY_free(pkey);
    return pem;
}

static void config_reset(struct signer_rig *rig)
{
    rig->config.servers_file = str_from_cstr(rig->servers_path);
    rig->config.access_token_ttl_s = ACCESS_TOKEN_TTL_S;
    rig->config.refresh_token_ttl_s = REFRESH_TOKEN_TTL_S;
    rig->config.refresh_grace_s = REFRESH_GRACE_S;
    rig->config.grant_ttl_s = GRANT_TTL_S;
}

static void servers_file_write(struct signer_rig *rig, const char *json, int64_t age_s)
{
    FILE *file = fopen(rig->servers_path, "w");
    assert_non_null(file);
    assert_true(fputs(json, file) >= 0);
    assert_int_equal(fclose(file), 0);
    const struct timespec at = {.tv_sec = time(NULL) - age_s};
    const struct timespec times[2] = {at, at};
    assert_int_equal(utimensat(AT_FDCWD, rig->servers_path, times, 0), 0);
}

void signer_rig_write_servers(struct signer_rig *rig, const char *json, int64_t age_s)
{
    servers_file_write(rig, json, age_s);
    servers_watch_reload(signer_get()->servers);
}

static void signer_start(struct signer_rig *rig)
{
    struct str problem = STR("");
    if (signer_open(redis_rig_loop(rig->redis), &rig->config, STR(SIGNER_RIG_ISSUER), rig->arena,
                    &problem) != OK)
        fail_msg("%.*s", STR_ARGS(problem));
}

void signer_rig_reopen(struct signer_rig *rig)
{
    signer_close();
    signer_start(rig);
}

void signer_rig_start(struct signer_rig *rig)
{
    *rig = (struct signer_rig){.folder = "/tmp/mcp-oauth-signer-XXXXXX"};
    assert_non_null(mkdtemp(rig->folder));
    snprintf(rig->servers_path, sizeof(rig->servers_path), "%s/servers.json", rig->folder);
    rig->redis = redis_rig_start(NULL);
    rig->store = redis_rig_open_store(rig->redis);
    rig->arena = redis_rig_arena(rig->redis);
    rig->config.keys.jwt_private_key.text = signer_rig_make_key(rig->arena);
    rig->config.keys.refresh_encryption_key.text =
        STR("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    config_reset(rig);
    servers_file_write(rig, SIGNER_RIG_SERVERS, 3600);
    signer_start(rig);
}

void signer_rig_stop(struct signer_rig *rig)
{
    signer_close();
    redis_rig_stop(rig->redis);
    unlink(rig->servers_path);
    rmdir(rig->folder);
}

void signer_rig_reset(struct signer_rig *rig)
{
    clock_fix_wall_s(-1);
    config_reset(rig);
    signer_rig_write_servers(rig, SIGNER_RIG_SERVERS, 3600);
    redis_rig_ask(rig->redis, "FLUSHALL");
    redis_rig_ask(rig->redis, "HSET mcp:client:{" SIGNER_RIG_CLIENT "} client_id " SIGNER_RIG_CLIENT
                              " token_endpoint_auth_method none");
    redis_rig_ask(rig->redis,
                  "HSET mcp:client:{" SIGNER_RIG_CONFIDENTIAL "} client_id " SIGNER_RIG_CONFIDENTIAL
                  " token_endpoint_auth_method client_secret_post client_secret_sha256 %.*s",
                  STR_ARGS(digest_hex(rig->arena, STR(SIGNER_RIG_SECRET))));
    redis_rig_ask(rig->redis, "EXPIRE mcp:client:{" SIGNER_RIG_CLIENT "} 1000");
}

struct code_record signer_rig_code(void)
{
    return (struct code_record){
        .client_id = STR(SIGNER_RIG_CLIENT),
        .token_endpoint_auth_method = STR("none"),
        .redirect_uri = STR("http://localhost:33418/callback"),
        .redirect_uri_is_explicit = true,
        .scope = STR("mcp:example.com:tools email"),
        .user_id = STR("583231"),
        .login = STR("octocat"),
        .email = STR("octocat@example.com"),
        .rule = STR("user:octocat"),
        .code_challenge = STR(SIGNER_RIG_CHALLENGE),
        .signed_in_at = clock_wall_s() - 20,
        .created_at = clock_wall_s(),
    };
}

static void on_created(void *context, enum failure failure)
{
    struct task_rig_answer *answer = context;
    answer->failure = failure;
    answer->is_done = true;
}

struct str signer_rig_create_code_of(struct signer_rig *rig, const char *g,
                                     struct code_record *record)
{
    unsigned char secret[AUTHORIZATION_CODE_SECRET_BYTES];
    struct authorization_code code;
    struct task_rig_answer answer = {.is_done = false};
    random_fill(secret, sizeof(secret));
    struct str text = authorization_code_make(rig->arena, str_from_cstr(g),
                                              str_from_bytes(secret, sizeof(secret)));
    assert_int_equal(authorization_code_parse(text, &code), OK);
    record->secret_sha256 = digest_hex(rig->arena, code.secret);
    code_record_create(rig->store, str_from_cstr(g), record, rig->arena, redis_rig_deadline_ms(),
                       on_created, &answer);
    redis_rig_await(rig->redis, &answer.is_done);
    assert_int_equal(answer.failure, OK);
    return text;
}

struct str signer_rig_create_code(struct signer_rig *rig, const char *g)
{
    struct code_record record = signer_rig_code();
    return signer_rig_create_code_of(rig, g, &record);
}

struct exchange_request signer_rig_exchange_request(struct str code)
{
    return (struct exchange_request){
        .client.client_id = STR(SIGNER_RIG_CLIENT),
        .client.method = STR("none"),
        .code = code,
        .redirect_uri = STR("http://localhost:33418/callback"),
        .code_verifier = STR(SIGNER_RIG_VERIFIER),
    };
}

struct refresh_request signer_rig_refresh_request(struct str refresh_token)
{
    return (struct refresh_request){
        .client.client_id = STR(SIGNER_RIG_CLIENT),
        .client.method = STR("none"),
        .refresh_token = refresh_token,
    };
}

void link_worker_announce_keys(struct link_worker *link, struct str keys, struct str keys_version)
{
    (void)link;
    assert_true(str_starts_with(keys, STR("{\"keys\":[")));
    assert_false(str_is_empty(keys_version));
}

struct signer_rig_answer signer_rig_call(struct signer_rig *rig, const char *request,
                                         operation_handler *handle, const struct fields *reply,
                                         const void *message, size_t message_bytes)
{
    const struct task_rig_call call = {
        .request = request,
        .handle = handle,
        .reply = reply,
        .message = message,
        .message_bytes = message_bytes,
        .fail_at = rig->fail_at,
    };
    const struct task_rig_answer task_answer = task_rig_run(rig->redis, rig->store, &call);
    struct signer_rig_answer answer = {
        .failure = task_answer.failure,
        .retry_after_s = task_answer.retry_after_s,
    };
    if (task_answer.message != NULL && reply == &TOKEN_REPLY)
        answer.token = *(const struct token_reply *)task_answer.message;
    if (task_answer.message != NULL && reply == &VALIDATE_REPLY)
        answer.payload = ((const struct validate_reply *)task_answer.message)->payload;
    return answer;
}

struct signer_rig_answer signer_rig_exchange(struct signer_rig *rig, const char *request,
                                             const struct exchange_request *message)
{
    return signer_rig_call(rig, request, exchange_handle, &TOKEN_REPLY, message, sizeof(*message));
}

struct signer_rig_answer signer_rig_refresh(struct signer_rig *rig, const char *request,
                                            const struct refresh_request *message)
{
    return signer_rig_call(rig, request, refresh_handle, &TOKEN_REPLY, message, sizeof(*message));
}

struct signer_rig_answer signer_rig_validate(struct signer_rig *rig, struct str token)
{
    const struct validate_request message = {.token = token};
    return signer_rig_call(rig, "v", validate_handle, &VALIDATE_REPLY, &message, sizeof(message));
}

struct signer_rig_answer signer_rig_revoke(struct signer_rig *rig, struct str token)
{
    const struct revoke_request message = {.token = token};
    return signer_rig_call(rig, "r", revoke_handle, NULL, &message, sizeof(message));
}

struct signer_rig_answer signer_rig_client_revoke(struct signer_rig *rig, const char *client_id,
                                                  const char *secret, struct str token)
{
    const struct client_revoke_request message = {
        .client.client_id = str_from_cstr(client_id),
        .client.method = secret != NULL ? STR("client_secret_post") : STR("none"),
        .client.secret = secret != NULL ? str_from_cstr(secret) : STR_ABSENT,
        .token = token,
    };
    return signer_rig_call(rig, "c", revoke_handle_client, NULL, &message, sizeof(message));
}

struct token_reply signer_rig_issue(struct signer_rig *rig)
{
    const struct exchange_request request =
        signer_rig_exchange_request(signer_rig_create_code(rig, SIGNER_RIG_G));
    struct signer_rig_answer answer = signer_rig_exchange(rig, "0", &request);
    signer_rig_assert_fails(answer, OK);
    return answer.token;
}

struct access_token signer_rig_read_access(struct signer_rig *rig, struct str token)
{
    struct str claims;
    struct access_token access;
    assert_int_equal(
        jwt_verify(keys_public(signer_get()->keys), token, JWT_TYP_AT_JWT, rig->arena, &claims),
        OK);
    assert_int_equal(access_token_from_json(rig->arena, claims, &access), OK);
    return access;
}

struct refresh_token signer_rig_read_refresh(struct signer_rig *rig, struct str token)
{
    struct str payload;
    struct refresh_token refresh;
    assert_int_equal(
        refresh_ring_open(keys_refresh_ring(signer_get()->keys), token, rig->arena, &payload), OK);
    assert_int_equal(refresh_token_from_text(rig->arena, payload, &refresh), OK);
    return refresh;
}

struct str signer_rig_sign(struct signer_rig *rig, enum jwt_typ typ, struct str claims)
{
    struct str token;
    assert_int_equal(jwt_sign(keys_signer(signer_get()->keys), typ, claims, rig->arena, &token),
                     OK);
    return token;
}

struct str signer_rig_seal(struct signer_rig *rig, const struct refresh_token *token)
{
    struct str payload, text;
    assert_int_equal(refresh_token_to_text(rig->arena, token, &payload), OK);
    assert_int_equal(
        refresh_ring_seal(keys_refresh_ring(signer_get()->keys), payload, rig->arena, &text), OK);
    return text;
}
