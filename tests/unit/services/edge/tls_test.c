/* TLS of the edge: what it takes for a certificate, which versions and protocols it speaks, and
 * that neither a lost nor a half-done handshake keeps a connection. */
#include "services/edge/tls.h"
#include "common/base/clock.h"
#include "tests/unit/common/base/unit.h"
#include "tests/unit/services/edge/http_rig.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

static char folder[] = "/tmp/mcp-oauth-tls-XXXXXX";
static char certificate_file[64], key_file[64], foreign_key_file[64], broken_file[64];

static EVP_PKEY *key_write(const char *path)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
    return key;
}

static void certificate_write(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    FILE *file = fopen(certificate_file, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    fclose(file);
    X509_free(certificate);
}

static int files_make(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(certificate_file, sizeof(certificate_file), "%s/certificate", folder);
    snprintf(key_file, sizeof(key_file), "%s/key", folder);
    snprintf(foreign_key_file, sizeof(foreign_key_file), "%s/foreign", folder);
    snprintf(broken_file, sizeof(broken_file), "%s/broken", folder);
    EVP_PKEY *key = key_write(key_file);
    certificate_write(key);
    EVP_PKEY_free(key);
    EVP_PKEY_free(key_write(foreign_key_file));
    FILE *file = fopen(broken_file, "w");
    assert_non_null(file);
    fputs("nonsense", file);
    fclose(file);
    return 0;
}

static int files_remove(void **state)
{
    (void)state;
    unlink(certificate_file);
    unlink(key_file);
    unlink(foreign_key_file);
    unlink(broken_file);
    return rmdir(folder);
}

static void a_certificate_or_key_that_cannot_be_used_is_refused_with_its_option(void **state)
{
    (void)state;
    const struct {
        const char *certificate, *key, *option;
    } cases[] = {
        {"/nowhere", key_file, "TLS_CERTIFICATE_FILE"},
        {broken_file, key_file, "TLS_CERTIFICATE_FILE"},
        {"", key_file, "TLS_CERTIFICATE_FILE"},
        {certificate_file, "", "TLS_KEY_FILE"},
        {certificate_file, broken_file, "TLS_KEY_FILE"},
        {certificate_file, foreign_key_file, "TLS_KEY_FILE"},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct str problem = STR_ABSENT;
        assert_null(
            tls_open(str_from_cstr(cases[i].certificate), str_from_cstr(cases[i].key), &problem));
        assert_true(str_starts_with(problem, str_from_cstr(cases[i].option)));
    }
    ERR_clear_error();
}

static struct rig *rig_open_tls(void)
{
    struct rig *rig = rig_new("https://localhost");
    rig->config.tls_certificate_file = str_from_cstr(certificate_file);
    rig->config.tls_key_file = str_from_cstr(key_file);
    rig_start(rig);
    return rig;
}

struct client {
    SSL_CTX *context;
    SSL *ssl;
    int fd;
};

static struct client client_open(struct rig *rig, int version_max, const char *protocols)
{
    struct client client = {.context = SSL_CTX_new(TLS_client_method()), .fd = rig_connect(rig)};
    SSL_CTX_set_security_level(client.context, 0); /* so that it may try old versions */
    SSL_CTX_set_max_proto_version(client.context, version_max);
    client.ssl = SSL_new(client.context);
    if (protocols != NULL)
        SSL_set_alpn_protos(client.ssl, (const unsigned char *)protocols,
                            (unsigned)strlen(protocols));
    SSL_set_fd(client.ssl, client.fd);
    return client;
}

static void client_close(struct client *client)
{
    SSL_free(client->ssl);
    SSL_CTX_free(client->context);
    close(client->fd);
    ERR_clear_error();
}

/* Runs both sides until the handshake is done, or has failed. */
static bool handshake(struct rig *rig, struct client *client)
{
    for (;;) {
        int done = SSL_connect(client->ssl);
        if (done == 1)
            return true;
        int error = SSL_get_error(client->ssl, done);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
            return false;
        loop_run_turn(rig->edge.loop);
    }
}

static void await_no_connection(struct rig *rig)
{
    while (http_server_connections(rig->edge.server) > 0)
        loop_run_turn(rig->edge.loop);
}

static void a_request_over_tls_is_answered(void **state)
{
    (void)state;
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t i = 0; i < LENGTH_OF(versions); i++) {
        struct rig *rig = rig_open_tls();
        struct client client = client_open(rig, versions[i], "\x02h2\x08http/1.1");
        const unsigned char *chosen;
        unsigned chosen_len;
        char text[1024] = "";
        assert_true(handshake(rig, &client));
        SSL_get0_alpn_selected(client.ssl, &chosen, &chosen_len);
        assert_int_equal(chosen_len, strlen("http/1.1")); /* HTTP/2 stays off */
        const char *request = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
        assert_int_equal(SSL_write(client.ssl, request, (int)strlen(request)), strlen(request));
        while (SSL_read(client.ssl, text, sizeof(text) - 1) <= 0)
            loop_run_turn(rig->edge.loop);
        assert_memory_equal(text, "HTTP/1.1 200", 12);
        client_close(&client);
        await_no_connection(rig);
        rig_close(rig);
    }
}

static void old_versions_and_other_protocols_are_refused(void **state)
{
    (void)state;
    static const struct {
        int version_max;
        const char *protocols;
    } cases[] = {{TLS1_1_VERSION, NULL}, {TLS1_3_VERSION, "\x02h2"}}; /* RFC 8996, RFC 7301 3.2 */
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct rig *rig = rig_open_tls();
        struct client client = client_open(rig, cases[i].version_max, cases[i].protocols);
        assert_false(handshake(rig, &client));
        client_close(&client);
        await_no_connection(rig);
        rig_close(rig);
    }
}

static void a_connection_that_ends_in_any_way_is_not_kept(void **state)
{
    (void)state;
    struct rig *rig = rig_open_tls();
    for (int i = 0; i < 20; i++) {
        struct client client = client_open(rig, TLS1_3_VERSION, NULL);
        if (i % 2 == 0)
            assert_true(handshake(rig, &client));
        const struct linger reset = {.l_onoff = 1, .l_linger = 0};
        if (i % 4 < 2)
            setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        client_close(&client);
        loop_run_turn(rig->edge.loop);
    }
    await_no_connection(rig);
    rig_close(rig);
}

static void plain_http_on_a_tls_port_gets_no_answer_and_no_crash(void **state)
{
    (void)state;
    struct rig *rig = rig_open_tls();
    int client = rig_connect(rig);
    rig_send(client, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_null(strstr(rig_read(rig, client), "200 OK"));
    close(client);
    await_no_connection(rig);
    rig_close(rig);
}

static void the_server_ends_with_a_handshake_half_done(void **state)
{
    (void)state;
    struct rig *rig = rig_open_tls();
    int client = rig_connect(rig);
    while (http_server_connections(rig->edge.server) == 0)
        loop_run_turn(rig->edge.loop);
    rig_close(rig);
    close(client);
}

static void a_certificate_is_read_again_and_a_broken_one_leaves_the_old(void **state)
{
    (void)state;
    struct rig *rig = rig_open_tls();
    struct str problem = STR_ABSENT;
    assert_true(http_server_reload_tls(rig->edge.server, &problem));
    rig->config.tls_key_file = str_from_cstr(broken_file);
    assert_false(http_server_reload_tls(rig->edge.server, &problem));
    assert_true(str_starts_with(problem, STR("TLS_KEY_FILE")));
    ERR_clear_error();
    struct client client = client_open(rig, TLS1_3_VERSION, NULL);
    assert_true(handshake(rig, &client));
    client_close(&client);
    await_no_connection(rig);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_or_key_that_cannot_be_used_is_refused_with_its_option),
        cmocka_unit_test(a_request_over_tls_is_answered),
        cmocka_unit_test(old_versions_and_other_protocols_are_refused),
        cmocka_unit_test(a_connection_that_ends_in_any_way_is_not_kept),
        cmocka_unit_test(plain_http_on_a_tls_port_gets_no_answer_and_no_crash),
        cmocka_unit_test(the_server_ends_with_a_handshake_half_done),
        cmocka_unit_test(a_certificate_is_read_again_and_a_broken_one_leaves_the_old),
    };
    return cmocka_run_group_tests(tests, files_make, files_remove);
}
