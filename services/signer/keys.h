/* The two secrets that only this process holds: the private keys that sign tokens, and the keys
 * that seal refresh tokens. What comes from a file or a directory is read again when that changes;
 * a broken new version is reported and the old one stays.
 *
 *     TRY(keys_open(loop, &config, arena, &keys, &problem));
 *     keys_announce(keys, worker_link());
 *     keys_on_change(keys, on_change, NULL);
 *     TRY(jwt_sign(keys_signer(keys), JWT_TYP_AT_JWT, claims, arena, &token));
 *     keys_close(keys);
 *
 * What is borrowed from keys lives until the loop turns: ask again after every wait. Private keys
 * lie in OpenSSL's secure heap; when it cannot be locked into memory a warning says so. */
#ifndef SERVICES_SIGNER_KEYS_H
#define SERVICES_SIGNER_KEYS_H

#include "common/crypto/jwt.h"
#include "common/crypto/refresh_ring.h"
#include "common/crypto/signing_ring.h"
#include "common/process/loop.h"
#include "common/process/options.h"
#include "proto/link_worker.h"

struct keys_config {
    struct option_text jwt_private_key;   /* one or more PEM keys; absent with a directory */
    struct str jwt_private_key_directory; /* of *.pem files; absent with the text */
    struct str jwt_public_key;            /* absent: not compared */
    struct option_text refresh_encryption_key;
};

struct keys;

/* config's texts are borrowed until keys_close. FAIL_CONFIGURATION_INVALID with one sentence in
 * *ret_problem, in the arena or static. */
enum failure keys_open(struct loop *loop, const struct keys_config *config, struct arena *arena,
                       struct keys **ret_keys, struct str *ret_problem) MUST_CHECK;
void keys_close(struct keys *keys); /* accepts NULL */

/* All of it borrowed from keys. */
struct signing_key *keys_signer(const struct keys *keys);
struct public_keys keys_public(const struct keys *keys);
/* Since when the key at this place of keys_public may sign, Unix seconds; 0: not given. */
int64_t keys_signing_use_from_s(const struct keys *keys, size_t index);
const struct refresh_ring *keys_refresh_ring(const struct keys *keys);

/* Names the set of published keys (signing_ring_version). */
struct str keys_version(const struct keys *keys);

/* Tells every edge the public keys. */
void keys_announce(const struct keys *keys, struct link_worker *link);

/* Reads the files again now; each change has it done. For SIGHUP. */
void keys_reload(struct keys *keys);

struct keys_change {
    struct str ring;          /* signing or refresh */
    struct str before, after; /* signing_ring_ids or refresh_ring_ids */
};

/* Called after each new version that was taken and that differs from the old one. The change is
 * borrowed for the call. */
typedef void keys_change_cb(void *context, const struct keys_change *change);
void keys_on_change(struct keys *keys, keys_change_cb *on_change, void *context);

#endif
