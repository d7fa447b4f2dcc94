#include "services/edge/tls.h"

#include <limits.h>
#include <stdio.h>

/* RFC 7301 3.2: a client that offers only other protocols is told so. */
static int on_alpn(SSL *ssl, const unsigned char **ret_chosen, unsigned char *ret_len,
                   const unsigned char *offered, unsigned offered_len, void *context)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen;
    (void)ssl;
    (void)context;
    if (SSL_select_next_proto(&chosen, ret_len, ours, sizeof(ours) - 1, offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *ret_chosen = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static bool path_write(char *out, size_t room, struct str path)
{
    return (size_t)snprintf(out, room, "%.*s", STR_ARGS(path)) < room && path.len > 0;
}

SSL_CTX *tls_open(struct str certificate_file, struct str key_file, struct str *ret_problem)
{
    char certificate[PATH_MAX], key[PATH_MAX];
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (tls == NULL || SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) != 1) {
        *ret_problem = STR("TLS_CERTIFICATE_FILE cannot be used: this OpenSSL has no TLS 1.2");
    } else if (!path_write(certificate, sizeof(certificate), certificate_file) ||
               SSL_CTX_use_certificate_chain_file(tls, certificate) != 1) {
        *ret_problem = STR("TLS_CERTIFICATE_FILE must name a readable PEM file with the "
                           "certificate and its chain");
    } else if (!path_write(key, sizeof(key), key_file) ||
               SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1 ||
               SSL_CTX_check_private_key(tls) != 1) {
        *ret_problem =
            STR("TLS_KEY_FILE must name a readable PEM file with the certificate's private key");
    } else {
        SSL_CTX_set_options(tls, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
        SSL_CTX_set_alpn_select_cb(tls, on_alpn, NULL);
        return tls;
    }
    SSL_CTX_free(tls);
    return NULL;
}
