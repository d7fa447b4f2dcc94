/* The private keys of the signers: one signs now, all are published and verify.
 *
 *     TRY(signing_ring_from_directory("/run/secrets/jwt", &ring, &problem));
 *     TRY(jwt_sign(signing_ring_signer(ring), JWT_TYP_AT_JWT, claims, arena, &token));
 *     TRY(jwt_verify(signing_ring_public_keys(ring), token, JWT_TYP_AT_JWT, arena, &claims));
 *
 * A comment line "# use_from: <Unix seconds>" in front of a key says from when on it may sign. The
 * signer is the key with the latest use_from that is not in the future; among equals (none given is
 * 0) the first: of the text, or in file-name order. When every use_from is in the future, the
 * earliest signs. The ring never changes; after a change of the files make a new one. */
#ifndef COMMON_CRYPTO_SIGNING_RING_H
#define COMMON_CRYPTO_SIGNING_RING_H

#include "common/crypto/signing_key.h"

enum {
    SIGNING_RING_KEYS_MAX = 16,
    SIGNING_RING_PEM_BYTES_MAX = 128 * 1024, /* 16 keys of RSA 8192 take 100 KB */
    SIGNING_RING_VERSION_CHARACTERS = 16,
};

struct signing_ring;

/* One or more PEM private keys. FAIL_CONFIGURATION_INVALID with *problem, a static sentence. */
enum failure signing_ring_from_pem(struct str text, struct signing_ring **ret_ring,
                                   const char **problem) MUST_CHECK;
/* Every *.pem file of the directory; names that begin with a dot are skipped. */
enum failure signing_ring_from_directory(const char *path, struct signing_ring **ret_ring,
                                         const char **problem) MUST_CHECK;
void signing_ring_free(struct signing_ring *ring); /* accepts NULL */

size_t signing_ring_keys_count(const struct signing_ring *ring);
/* Depends on clock_wall_s(). Borrowed. */
struct signing_key *signing_ring_signer(const struct signing_ring *ring);
struct public_keys signing_ring_public_keys(const struct signing_ring *ring); /* borrowed */
/* Of the key at this place of signing_ring_public_keys, Unix seconds; 0: not given. */
int64_t signing_ring_use_from_s(const struct signing_ring *ring, size_t index);
/* {"keys":[...]} (RFC 7517 5). Borrowed. */
struct str signing_ring_jwks(const struct signing_ring *ring);
/* 16 hexadecimal digits that name the set of published keys, whatever their order. Borrowed. */
struct str signing_ring_version(const struct signing_ring *ring);
/* "<kid>@<use_from> <kid>": equal for equal rings, and no secret. Borrowed. */
struct str signing_ring_ids(const struct signing_ring *ring);

#endif
