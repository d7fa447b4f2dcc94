/* TLS for those who run the edge without an ingress: TLS 1.2 and 1.3, and no protocol but http/1.1
 * (HTTP/2 of this libh2o has no defence against the rapid-reset attack, CVE-2023-44487).
 *
 *     SSL_CTX *tls = tls_open(certificate_file, key_file, &problem);
 *     SSL_CTX_free(tls); */
#ifndef SERVICES_EDGE_TLS_H
#define SERVICES_EDGE_TLS_H

#include "common/base/str.h"

#include <openssl/ssl.h>

/* PEM files: the certificate with its chain, and its key. NULL, with one sentence in *ret_problem
 * (a literal), when they cannot be used. */
SSL_CTX *tls_open(struct str certificate_file, struct str key_file, struct str *ret_problem);

#endif
