/* A thread accepts, and every connection has a thread: blocking code says best what a peer does. */
#include "tests/unit/common/net/web_stub.h"

#include <arpa/inet.h>
#include <assert.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 256, REQUEST_BYTES_MAX = 16384, SERVED_MAX = 8 };

struct connection {
    struct web_stub *stub;
    int fd;
    SSL *tls; /* NULL: plain */
    pthread_t thread;
};

struct web_stub {
    int fd, port;
    SSL_CTX *tls;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t gate;
    struct connection connections[CONNECTIONS_MAX];
    int connections_count, requests_count, at_gate;
    struct {
        const char *path, *json;
    } served[SERVED_MAX];
    bool is_ending;
};

static ssize_t take(struct connection *connection, char *out, size_t len)
{
    return connection->tls != NULL ? SSL_read(connection->tls, out, (int)len)
                                   : recv(connection->fd, out, len, 0);
}

static bool put(struct connection *connection, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t sent = connection->tls != NULL ? SSL_write(connection->tls, text, (int)len)
                                               : send(connection->fd, text, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        text += sent;
        len -= (size_t)sent;
    }
    return true;
}

static bool say(struct connection *connection, const char *text)
{
    return put(connection, text, strlen(text));
}

/* Reads until the peer is gone. */
static bool fall_silent(struct connection *connection)
{
    char bytes[512];
    while (take(connection, bytes, sizeof(bytes)) > 0)
        continue;
    return false;
}

/* ---- what the paths do; false ends the connection ---- */

static bool hello(struct connection *connection, const char *request)
{
    (void)request;
    return say(connection, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"
                           "link: <https://api.example/2>; rel=\"next\"\r\nRETRY-AFTER: 7\r\n"
                           "Cache-Control: max-age=60\r\nX-RateLimit-Remaining: 41\r\n"
                           "Expires: 0\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nAge: 5\r\n"
                           "cache-control: public\r\n"
                           "X-RateLimit-Reset: 1700000000\r\n"
                           "X-GitHub-SSO: partial-results; organizations=1,2\r\n\r\nhello");
}

static bool echo(struct connection *connection, const char *request)
{
    char head[128];
    snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", strlen(request));
    return say(connection, head) && say(connection, request);
}

static bool empty(struct connection *connection, const char *request)
{
    (void)request;
    return say(connection, "HTTP/1.1 204 No Content\r\n\r\n");
}

static bool redirect(struct connection *connection, const char *request)
{
    (void)request;
    return say(connection, "HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 0\r\n\r\n");
}

static bool gate(struct connection *connection, const char *request)
{
    struct web_stub *stub = connection->stub;
    pthread_mutex_lock(&stub->lock);
    stub->at_gate++;
    pthread_cond_broadcast(&stub->gate);
    while (stub->at_gate < WEB_STUB_GATE && !stub->is_ending)
        pthread_cond_wait(&stub->gate, &stub->lock);
    pthread_mutex_unlock(&stub->lock);
    return hello(connection, request);
}

static bool silent(struct connection *connection, const char *request)
{
    (void)request;
    return fall_silent(connection);
}

static bool drip(struct connection *connection, const char *request)
{
    (void)request;
    return say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello") &&
           fall_silent(connection);
}

static bool half(struct connection *connection, const char *request)
{
    (void)request;
    say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
    return false;
}

static bool endless(struct connection *connection, const char *request)
{
    (void)request;
    bool is_read = say(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (is_read)
        is_read = say(connection, "10\r\n0123456789abcdef\r\n");
    return false;
}

static bool long_body(struct connection *connection, const char *request)
{
    (void)request;
    bool is_read = say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    for (int i = 0; is_read && i < 100000; i++)
        is_read = say(connection, "0123456789");
    return is_read;
}

static bool head(struct connection *connection, const char *request)
{
    (void)request;
    bool is_read = say(connection, "HTTP/1.1 200 OK\r\n");
    while (is_read)
        is_read = say(connection, "X-Filler: 0123456789abcdef0123456789abcdef\r\n");
    return false;
}

static bool reset(struct connection *connection, const char *request)
{
    struct linger at_once = {.l_onoff = 1};
    (void)request;
    setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    return false;
}

static bool garbage(struct connection *connection, const char *request)
{
    (void)request;
    say(connection, "220 mail.example ESMTP\r\n\r\n");
    return false;
}

static const struct {
    const char *path;
    bool (*answer)(struct connection *connection, const char *request);
} PATHS[] = {
    {"/hello", hello},     {"/echo", echo},      {"/empty", empty}, {"/redirect", redirect},
    {"/gate", gate},       {"/silent", silent},  {"/drip", drip},   {"/half", half},
    {"/endless", endless}, {"/long", long_body}, {"/head", head},   {"/reset", reset},
    {"/garbage", garbage},
};

static bool path_is(const char *asked, const char *path)
{
    size_t len = strlen(path);
    return strncmp(asked, path, len) == 0 && asked[len] == ' ';
}

static bool say_json(struct connection *connection, const char *json)
{
    char head[128];
    snprintf(head, sizeof(head),
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
             strlen(json));
    return say(connection, head) && say(connection, json);
}

/* NULL when nothing is served there. */
static const char *find_served(struct web_stub *stub, const char *asked)
{
    const char *json = NULL;
    pthread_mutex_lock(&stub->lock);
    for (size_t i = 0; i < SERVED_MAX; i++)
        if (stub->served[i].path != NULL && path_is(asked, stub->served[i].path))
            json = stub->served[i].json;
    pthread_mutex_unlock(&stub->lock);
    return json;
}

/* ---- connections ---- */

/* Head and body into request, NUL-terminated; false when the peer is gone. */
static bool read_request(struct connection *connection, char *request)
{
    size_t len = 0, body_len = 0;
    const char *end = NULL;
    while (end == NULL || len < (size_t)(end - request) + 4 + body_len) {
        ssize_t got = take(connection, request + len, REQUEST_BYTES_MAX - 1 - len);
        if (got <= 0)
            return false;
        len += (size_t)got;
        request[len] = 0;
        end = strstr(request, "\r\n\r\n");
        const char *length = strcasestr(request, "\r\nContent-Length:");
        if (end != NULL && length != NULL && length < end)
            body_len = strtoul(length + sizeof("\r\nContent-Length:") - 1, NULL, 10);
    }
    return true;
}

static bool answer(struct connection *connection, const char *request)
{
    const char *path = strchr(request, ' ') + 1;
    pthread_mutex_lock(&connection->stub->lock);
    connection->stub->requests_count++;
    pthread_mutex_unlock(&connection->stub->lock);
    for (size_t i = 0; i < sizeof(PATHS) / sizeof(PATHS[0]); i++)
        if (path_is(path, PATHS[i].path))
            return PATHS[i].answer(connection, request);
    const char *json = find_served(connection->stub, path);
    if (json != NULL)
        return say_json(connection, json);
    return say(connection, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

static void *serve(void *context)
{
    struct connection *connection = context;
    char request[REQUEST_BYTES_MAX];
    if (connection->tls == NULL || SSL_accept(connection->tls) == 1)
        while (read_request(connection, request) && answer(connection, request))
            continue;
    /* The peer sees the end now, while the descriptor stays ours until web_stub_free: a number that
     * is used again must not be shut down in place of this one. */
    struct linger linger = {0};
    socklen_t len = sizeof(linger);
    getsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, &len);
    pthread_mutex_lock(&connection->stub->lock);
    if (linger.l_onoff) {
        close(connection->fd); /* only a close sends the reset */
        connection->fd = -1;
    } else {
        shutdown(connection->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&connection->stub->lock);
    return NULL;
}

static void *accept_all(void *context)
{
    struct web_stub *stub = context;
    for (int fd; (fd = accept4(stub->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0;) {
        pthread_mutex_lock(&stub->lock);
        assert(stub->connections_count < CONNECTIONS_MAX);
        struct connection *connection = &stub->connections[stub->connections_count++];
        *connection = (struct connection){.stub = stub, .fd = fd};
        if (stub->tls != NULL) {
            connection->tls = SSL_new(stub->tls);
            SSL_set_fd(connection->tls, fd);
        }
        pthread_create(&connection->thread, NULL, serve, connection);
        pthread_mutex_unlock(&stub->lock);
    }
    return NULL;
}

/* ---- the certificate ---- */

static X509 *certify(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)"web stub", -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    X509_set_pubkey(certificate, key);
    assert(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static SSL_CTX *tls_new(const char *directory)
{
    char path[512];
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = certify(key);
    SSL_CTX_use_certificate(tls, certificate);
    SSL_CTX_use_PrivateKey(tls, key);
    snprintf(path, sizeof(path), "%s/certificate.pem", directory);
    FILE *file = fopen(path, "w");
    assert(file != NULL && PEM_write_X509(file, certificate) == 1);
    fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return tls;
}

/* ---- the stub ---- */

struct web_stub *web_stub_new(const char *tls_directory)
{
    struct web_stub *stub = calloc(1, sizeof(*stub));
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    signal(SIGPIPE, SIG_IGN); /* SSL_write knows no MSG_NOSIGNAL */
    pthread_mutex_init(&stub->lock, NULL);
    pthread_cond_init(&stub->gate, NULL);
    stub->tls = tls_directory != NULL ? tls_new(tls_directory) : NULL;
    stub->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int result = bind(stub->fd, (struct sockaddr *)&address, sizeof(address));
    assert(result == 0);
    listen(stub->fd, 64);
    getsockname(stub->fd, (struct sockaddr *)&address, &len);
    stub->port = ntohs(address.sin_port);
    pthread_create(&stub->thread, NULL, accept_all, stub);
    return stub;
}

void web_stub_free(struct web_stub *stub)
{
    shutdown(stub->fd, SHUT_RDWR); /* ends accept */
    pthread_join(stub->thread, NULL);
    pthread_mutex_lock(&stub->lock);
    stub->is_ending = true;
    pthread_cond_broadcast(&stub->gate);
    for (int i = 0; i < stub->connections_count; i++)
        if (stub->connections[i].fd >= 0)
            shutdown(stub->connections[i].fd, SHUT_RDWR);
    pthread_mutex_unlock(&stub->lock);
    for (int i = 0; i < stub->connections_count; i++) {
        pthread_join(stub->connections[i].thread, NULL);
        SSL_free(stub->connections[i].tls);
        if (stub->connections[i].fd >= 0)
            close(stub->connections[i].fd);
    }
    close(stub->fd);
    SSL_CTX_free(stub->tls);
    pthread_cond_destroy(&stub->gate);
    pthread_mutex_destroy(&stub->lock);
    free(stub);
}

void web_stub_serve(struct web_stub *stub, const char *path, const char *json)
{
    size_t i = 0;
    pthread_mutex_lock(&stub->lock);
    while (i < SERVED_MAX && stub->served[i].path != NULL &&
           strcmp(stub->served[i].path, path) != 0)
        i++;
    assert(i < SERVED_MAX);
    stub->served[i].path = path;
    stub->served[i].json = json;
    pthread_mutex_unlock(&stub->lock);
}

int web_stub_port(const struct web_stub *stub)
{
    return stub->port;
}

static int read_count(struct web_stub *stub, const int *count)
{
    pthread_mutex_lock(&stub->lock);
    int value = *count;
    pthread_mutex_unlock(&stub->lock);
    return value;
}

int web_stub_connections(struct web_stub *stub)
{
    return read_count(stub, &stub->connections_count);
}

int web_stub_requests(struct web_stub *stub)
{
    return read_count(stub, &stub->requests_count);
}
