/* Client authentication at the token endpoint (RFC 6749 2.3): none, client_secret_post,
 * client_secret_basic and private_key_jwt (RFC 7523 2.2).
 *
 *     struct client_authentication said;
 *     TRY(client_authentication_read(arena, authorization_header, &form, &said));
 *     TRY(client_authentication_check(&said, client.token_endpoint_auth_method,
 *                                     client.client_secret_sha256));
 *
 * Texts are borrowed from the form or live in the arena. The secret is one: never log it. */
#ifndef COMMON_OAUTH_CLIENT_AUTHENTICATION_H
#define COMMON_OAUTH_CLIENT_AUTHENTICATION_H

#include "common/base/form.h"

struct client_authentication {
    struct str client_id;
    struct str method; /* "none", "client_secret_post", "client_secret_basic", "private_key_jwt" */
    struct str secret; /* of the two with one */
    struct str assertion; /* of private_key_jwt; unproven, and so is a client_id that it names */
};

/* authorization is the header's value, absent without one.
 *   FAIL_CLIENT_ID_MISSING             neither header nor form names the client
 *   FAIL_CLIENT_AUTHENTICATION_DOUBLE  secrets in both (RFC 6749 2.3), a secret and an assertion,
 * or two different client_ids FAIL_CLIENT_ASSERTION_TYPE_UNSUPPORTED, FAIL_CLIENT_ASSERTION_INVALID
 * (it names nobody) FAIL_CLIENT_AUTHENTICATION_FAILED  another scheme than Basic, or unreadable
 * credentials FAIL_PARAMETER_DUPLICATE */
enum failure client_authentication_read(struct arena *arena, struct str authorization,
                                        const struct form *form,
                                        struct client_authentication *ret_said) MUST_CHECK;
/* The credentials of "Basic <base64>": user and password, form-decoded (RFC 6749 2.3.1). */
enum failure client_authentication_read_basic(struct arena *arena, struct str authorization,
                                              struct str *ret_user,
                                              struct str *ret_password) MUST_CHECK;

/* method is the registered one, none or one with a secret. A client registered with a secret may
 * present it in either way and never omit it; one registered with "none" presents nothing.
 * secret_sha256 is 64 hex digits. In constant time. FAIL_CLIENT_AUTHENTICATION_FAILED. */
enum failure client_authentication_check(const struct client_authentication *said,
                                         struct str method, struct str secret_sha256) MUST_CHECK;
/* SHA-256 of a secret's text against 64 hex digits, in constant time. */
bool client_secret_matches(struct str secret, struct str secret_sha256);
bool client_authentication_method_is_known(struct str method);

#endif
