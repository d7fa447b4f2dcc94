/* What the token endpoint needs of a client, fetched anew: its metadata document and the JWK set at
 * its jwks_uri, from a web server of the test that is named as a private host. */
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/crypto/digest.h"
#include "tests/unit/common/net/web_stub.h"
#include "tests/unit/services/registry/registry_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#define REGISTERED "mcp_any_01234567-89ab-4cde-8f01-23456789abcd"
#define KEYS       "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"a\",\"y\":\"b\"}]}"

static struct registry_rig rig;
static struct web_stub *stub;
static struct str private_host, ca_file;
static int64_t now_s;

static int setup(void **state)
{
    struct str problem = STR("");
    (void)state;
    registry_rig_start(&rig);
    stub = web_stub_new(rig.folder);
    private_host = arena_printf(rig.arena, "127.0.0.1:%d", web_stub_port(stub));
    ca_file = arena_printf(rig.arena, "%s/certificate.pem", rig.folder);
    rig.config.document_private_hosts = (struct strs){&private_host, 1};
    rig.config.document_ca_file = ca_file;
    registry_close();
    if (registry_open(redis_rig_loop(rig.redis), &rig.config, STR("https://auth.example.com"),
                      rig.arena, &problem) != OK)
        fail_msg("%.*s", STR_ARGS(problem));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(ca_file.at);
    registry_rig_stop(&rig);
    web_stub_free(stub);
    return 0;
}

static int clear(void **state)
{
    static const char *const paths[] = {"/client", "/other", "/keys"};
    (void)state;
    redis_rig_ask(rig.redis, "FLUSHALL");
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        web_stub_serve(stub, paths[i], NULL);
    now_s = 1700000000;
    clock_fix_wall_s(now_s);
    return 0;
}

static void wait_s(int64_t seconds)
{
    now_s += seconds;
    clock_fix_wall_s(now_s);
}

static struct str url_of(const char *path)
{
    return arena_printf(rig.arena, "https://%.*s%s", STR_ARGS(private_host), path);
}

/* Served at path: a document that authenticates with the keys at jwks_uri, or without any. */
static void serve_document(const char *path, struct str jwks_uri)
{
    struct str url = url_of(path);
    struct str text =
        str_is_present(jwks_uri)
            ? arena_printf(rig.arena,
                           "{\"client_id\":\"%.*s\",\"client_name\":\"App\",\"redirect_uris\":"
                           "[\"http://localhost/cb\"],\"token_endpoint_auth_method\":"
                           "\"private_key_jwt\",\"jwks_uri\":\"%.*s\"}",
                           STR_ARGS(url), STR_ARGS(jwks_uri))
            : arena_printf(rig.arena,
                           "{\"client_id\":\"%.*s\",\"client_name\":\"App\",\"redirect_uris\":"
                           "[\"http://localhost/cb\"]}",
                           STR_ARGS(url));
    web_stub_serve(stub, path, text.at);
}

static void register_client(struct str jwks_uri)
{
    redis_rig_ask(rig.redis,
                  "HSET mcp:client:{" REGISTERED "} client_id " REGISTERED " client_name App "
                  "redirect_uris [\"http://localhost/cb\"] token_endpoint_auth_method %s",
                  str_is_present(jwks_uri) ? "private_key_jwt" : "none");
    if (str_is_present(jwks_uri))
        redis_rig_ask(rig.redis, "HSET mcp:client:{" REGISTERED "} jwks_uri %.*s",
                      STR_ARGS(jwks_uri));
}

static enum failure resolve(struct str client_id)
{
    const struct resolve_request request = {.client_id = client_id};
    return registry_rig_call(&rig, "1", resolve_handle, NULL, &request, sizeof(request)).failure;
}

static struct str kept(struct str url, const char *field)
{
    return redis_rig_ask(rig.redis, "HGET mcp:document:{%.*s} %s",
                         STR_ARGS(digest_hex(rig.arena, url)), field);
}

#define assert_resolves(client_id, expected)                                                       \
    assert_string_equal(failure_row(resolve(client_id))->name, failure_row(expected)->name)
#define assert_kept(url, field, expected) assert_true(str_equals(kept((url), (field)), (expected)))

static void an_unknown_client_is_told_so(void **state)
{
    (void)state;
    assert_resolves(STR(REGISTERED), FAIL_CLIENT_UNKNOWN);
    assert_resolves(STR("http://127.0.0.1/client"), FAIL_CLIENT_UNKNOWN);
    assert_resolves(STR("https://127.0.0.1/"), FAIL_DOCUMENT_URL_INVALID);
}

static void a_registered_client_without_jwks_uri_needs_no_fetch(void **state)
{
    (void)state;
    int requests = web_stub_requests(stub);
    register_client(STR_ABSENT);
    assert_resolves(STR(REGISTERED), OK);
    assert_int_equal(web_stub_requests(stub), requests);
}

static void the_keys_of_a_registered_client_are_fetched(void **state)
{
    (void)state;
    register_client(url_of("/keys"));
    web_stub_serve(stub, "/keys", KEYS);
    assert_resolves(STR(REGISTERED), OK);
    assert_kept(url_of("/keys"), "jwks", STR(KEYS));
    assert_kept(url_of("/keys"), "url", url_of("/keys"));
    assert_kept(url_of("/keys"), "text", STR_ABSENT);
}

static void document_and_keys_are_fetched_together(void **state)
{
    (void)state;
    serve_document("/client", url_of("/keys"));
    web_stub_serve(stub, "/keys", KEYS);
    assert_resolves(url_of("/client"), OK);
    assert_kept(url_of("/client"), "token_endpoint_auth_method", STR("private_key_jwt"));
    assert_kept(url_of("/client"), "jwks_uri", url_of("/keys"));
    assert_kept(url_of("/client"), "jwks", STR_ABSENT);
    assert_kept(url_of("/keys"), "jwks", STR(KEYS));
}

/* A client with new keys is known at once; one that asks in vain does not make its host busy. */
static void what_is_older_than_ten_seconds_is_fetched_anew(void **state)
{
    (void)state;
    static const char new_keys[] = "{\"keys\":[{\"kty\":\"OKP\"}]}";
    serve_document("/client", url_of("/keys"));
    web_stub_serve(stub, "/keys", KEYS);
    assert_resolves(url_of("/client"), OK);
    int requests = web_stub_requests(stub);
    web_stub_serve(stub, "/keys", new_keys);
    wait_s(10);
    assert_resolves(url_of("/client"), OK);
    assert_int_equal(web_stub_requests(stub), requests);
    assert_kept(url_of("/keys"), "jwks", STR(KEYS));
    wait_s(1);
    assert_resolves(url_of("/client"), OK);
    assert_int_equal(web_stub_requests(stub), requests + 2);
    assert_kept(url_of("/keys"), "jwks", str_from_cstr(new_keys));
}

/* Whoever can make this server ask again must not make a client forgotten by a moment's weakness of
 * its host. */
static void a_failed_refetch_keeps_what_is_good(void **state)
{
    (void)state;
    serve_document("/client", url_of("/keys"));
    web_stub_serve(stub, "/keys", KEYS);
    assert_resolves(url_of("/client"), OK);
    wait_s(11);
    web_stub_serve(stub, "/keys", "{}");
    assert_resolves(url_of("/client"), FAIL_DOCUMENT_INVALID);
    assert_kept(url_of("/keys"), "jwks", STR(KEYS));
    wait_s(11);
    web_stub_serve(stub, "/client", NULL);
    assert_resolves(url_of("/client"), FAIL_DOCUMENT_UNAVAILABLE);
    assert_kept(url_of("/client"), "jwks_uri", url_of("/keys"));
    assert_kept(url_of("/client"), "failure", STR_ABSENT);
}

static void a_failure_is_remembered_for_its_minute(void **state)
{
    (void)state;
    serve_document("/client", url_of("/keys"));
    web_stub_serve(stub, "/keys", "{\"keys\":[]}");
    assert_resolves(url_of("/client"), FAIL_DOCUMENT_INVALID);
    assert_kept(url_of("/keys"), "failure", STR("document_invalid"));
    int requests = web_stub_requests(stub);
    web_stub_serve(stub, "/keys", KEYS);
    assert_resolves(url_of("/client"), FAIL_DOCUMENT_INVALID);
    assert_int_equal(web_stub_requests(stub), requests);
    redis_rig_ask(rig.redis, "DEL mcp:document:{%.*s}",
                  STR_ARGS(digest_hex(rig.arena, url_of("/keys"))));
    assert_resolves(url_of("/client"), OK);
}

/* Anybody can publish a document with any jwks_uri. */
static void naming_a_document_as_keys_does_not_harm_its_client(void **state)
{
    (void)state;
    serve_document("/client", STR_ABSENT);
    serve_document("/other", url_of("/client"));
    assert_resolves(url_of("/other"), FAIL_DOCUMENT_INVALID);
    assert_kept(url_of("/client"), "failure", STR("document_invalid"));
    assert_resolves(url_of("/client"), OK);
    wait_s(11);
    assert_resolves(url_of("/other"), FAIL_DOCUMENT_INVALID);
    assert_kept(url_of("/client"), "failure", STR_ABSENT);
    assert_resolves(url_of("/client"), OK);
}

static void naming_keys_as_a_document_does_not_harm_their_client(void **state)
{
    (void)state;
    register_client(url_of("/keys"));
    web_stub_serve(stub, "/keys", KEYS);
    assert_resolves(STR(REGISTERED), OK);
    assert_resolves(url_of("/keys"), FAIL_DOCUMENT_INVALID);
    assert_kept(url_of("/keys"), "jwks", STR(KEYS));
    assert_resolves(STR(REGISTERED), OK);
}

/* draft-ietf-oauth-client-id-metadata-document 8.6: nor any URL within the document. */
static void keys_lie_where_documents_may_lie(void **state)
{
    (void)state;
    static const struct {
        const char *jwks_uri;
        enum failure failure;
    } cases[] = {
        {"https://127.0.0.2/keys", FAIL_DOCUMENT_UNAVAILABLE},
        {"https://localhost/keys", FAIL_DOCUMENT_UNAVAILABLE},
        {"https://[64:ff9b::7f00:1]/keys", FAIL_DOCUMENT_UNAVAILABLE},
        {"https://localhost:8443/keys", FAIL_DOCUMENT_URL_INVALID},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        clear(state);
        int connections = web_stub_connections(stub);
        register_client(str_from_cstr(cases[i].jwks_uri));
        assert_resolves(STR(REGISTERED), cases[i].failure);
        assert_int_equal(web_stub_connections(stub), connections);
    }
}

static void a_set_has_its_own_limit(void **state)
{
    (void)state;
    static char keys[JWKS_BYTES_MAX + 2];
    register_client(url_of("/keys"));
    memset(keys, ' ', JWKS_BYTES_MAX);
    memcpy(keys, KEYS, sizeof(KEYS) - 1);
    web_stub_serve(stub, "/keys", keys);
    assert_resolves(STR(REGISTERED), OK);
    wait_s(11);
    keys[JWKS_BYTES_MAX] = ' ';
    assert_resolves(STR(REGISTERED), FAIL_DOCUMENT_INVALID);
}

static void fetches_are_limited_in_all(void **state)
{
    (void)state;
    int requests = web_stub_requests(stub);
    serve_document("/client", STR_ABSENT);
    redis_rig_ask(rig.redis, "SET mcp:rate:{documents}:%.*s %d EX 3600",
                  STR_ARGS(digest_hex(rig.arena, STR("all"))), FETCHES_PER_HOUR);
    assert_resolves(url_of("/client"), FAIL_RATE_LIMITED);
    assert_int_equal(web_stub_requests(stub), requests);
    assert_kept(url_of("/client"), "url", STR_ABSENT); /* being limited is not remembered */
}

static void without_memory_nothing_wrong_is_kept(void **state)
{
    bool is_done = false;
    for (size_t n = 1; !is_done; n++) {
        assert_true(n < 200);
        clear(state);
        serve_document("/client", url_of("/keys"));
        web_stub_serve(stub, "/keys", KEYS);
        rig.fail_at = n;
        enum failure failure = resolve(url_of("/client"));
        rig.fail_at = 0;
        is_done = failure == OK;
        assert_kept(url_of("/keys"), "failure", STR_ABSENT);
        if (!is_done)
            assert_resolves(url_of("/client"), OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_unknown_client_is_told_so, clear),
        cmocka_unit_test_setup(a_registered_client_without_jwks_uri_needs_no_fetch, clear),
        cmocka_unit_test_setup(the_keys_of_a_registered_client_are_fetched, clear),
        cmocka_unit_test_setup(document_and_keys_are_fetched_together, clear),
        cmocka_unit_test_setup(what_is_older_than_ten_seconds_is_fetched_anew, clear),
        cmocka_unit_test_setup(a_failed_refetch_keeps_what_is_good, clear),
        cmocka_unit_test_setup(a_failure_is_remembered_for_its_minute, clear),
        cmocka_unit_test_setup(naming_a_document_as_keys_does_not_harm_its_client, clear),
        cmocka_unit_test_setup(naming_keys_as_a_document_does_not_harm_their_client, clear),
        cmocka_unit_test_setup(keys_lie_where_documents_may_lie, clear),
        cmocka_unit_test_setup(a_set_has_its_own_limit, clear),
        cmocka_unit_test_setup(fetches_are_limited_in_all, clear),
        cmocka_unit_test_setup(without_memory_nothing_wrong_is_kept, clear),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
