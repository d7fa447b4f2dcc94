/* The two secrets that only this process holds: the private keys that sign tokens, and the keys
 * that seal refresh tokens.
 *
 *     TRY(keys_open(&config, arena, &keys, &problem));
 *     keys_announce(keys, worker_link());
 *     TRY(jwt_sign(keys_signer(keys), JWT_TYP_AT_JWT, claims, arena, &token));
 *     keys_close(keys);
 *
 * Private keys lie in OpenSSL's secure heap; when it cannot be locked into memory a warning says
 * so. */
#ifndef SERVICES_SIGNER_KEYS_H
#define SERVICES_SIGNER_KEYS_H

#include "common/crypto/jwt.h"
#include "common/crypto/refresh_ring.h"
#include "common/crypto/signing_ring.h"
#include "proto/link_worker.h"

struct keys_config {
    struct str jwt_private_key; /* one or more PEM keys */
    struct str jwt_public_key;  /* absent: not compared */
    struct str refresh_encryption_key;
};

struct keys;

/* FAIL_CONFIGURATION_INVALID with one sentence in *ret_problem, in the arena or static. */
enum failure keys_open(const struct keys_config *config, struct arena *arena,
                       struct keys **ret_keys, struct str *ret_problem) MUST_CHECK;
void keys_close(struct keys *keys); /* accepts NULL */

/* All of it borrowed from keys. */
struct signing_key *keys_signer(const struct keys *keys);
struct public_keys keys_public(const struct keys *keys);
const struct refresh_ring *keys_refresh_ring(const struct keys *keys);

/* Tells every edge the public keys. */
void keys_announce(const struct keys *keys, struct link_worker *link);

#endif
