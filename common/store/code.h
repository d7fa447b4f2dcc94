/* mcp:code:{g}: an authorization code (RFC 6749 4.1.2), 10 minutes; a used one stays as tombstone until
 * then. The broker creates it, the signer redeems it. */
#ifndef COMMON_STORE_CODE_H
#define COMMON_STORE_CODE_H

#include "common/base/fields.h"
#include "common/store/store.h"

struct code_record {
    /* by the broker */
    struct str secret_sha256; /* hex */
    struct str client_id;
    struct str client_secret_sha256;
    struct str token_endpoint_auth_method;
    struct str redirect_uri;
    bool redirect_uri_is_explicit;
    struct str scope;    /* granted, mcp scope first */
    struct str resource; /* absent: none */
    struct str user_id;
    struct str login;
    struct str email;
    struct str rule;
    struct str code_challenge;
    struct str nonce;
    int64_t signed_in_at;
    int64_t created_at;
    /* by the signer */
    struct str used_by; /* request id of the exchange that redeemed it */
};

extern const struct fields CODE_RECORD;

#endif
