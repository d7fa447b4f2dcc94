/* A client's public keys: a JWK set (RFC 7517 5) that the client sends (`jwks`) or serves
 * (`jwks_uri`).
 *
 *     TRY(client_jwks_check(json));
 *
 * Only the shape is judged here; which key verifies a signature is the verifier's business. */
#ifndef COMMON_OAUTH_CLIENT_JWKS_H
#define COMMON_OAUTH_CLIENT_JWKS_H

#include "common/base/failure.h"
#include "common/base/str.h"

#include <jansson.h>

/* FAIL_CLIENT_METADATA_INVALID for what is no object with a list `keys` of at least one object with
 * a `kty`, or holds a private or symmetric key: somebody has published a secret then. */
enum failure client_jwks_check(json_t *jwks) MUST_CHECK;
/* The same for a text of at most JWKS_BYTES_MAX. */
enum failure client_jwks_check_text(struct str text) MUST_CHECK;

#endif
