/* The operator controls this input: the PEM text of the signing keys, with their use_from. Attacks
 * signing_ring_from_pem, signing_key_new and signing_key_matches. A slip is told in a sentence that
 * holds nothing of the secret. */
#include "common/crypto/jwt.h"
#include "common/crypto/signing_ring.h"
#include "tests/fuzz/fuzz.h"

static void check_ring(struct arena *arena, const struct signing_ring *ring)
{
    struct signing_key *signer = signing_ring_signer(ring);
    struct public_keys keys = signing_ring_public_keys(ring);
    struct str token, claims;
    FUZZ_CHECK(signing_ring_keys_count(ring) >= 1 && keys.len == signing_ring_keys_count(ring));
    FUZZ_CHECK(keys.len <= SIGNING_RING_KEYS_MAX && signer != NULL);
    FUZZ_CHECK(str_starts_with(signing_ring_jwks(ring), STR("{\"keys\":[")));
    FUZZ_CHECK(signing_ring_version(ring).len == SIGNING_RING_VERSION_CHARACTERS);
    FUZZ_CHECK(!str_is_empty(signing_ring_ids(ring)));
    /* An RSA key may be any numbers: one that does not sign what it verifies must be seen. */
    if (jwt_sign(signer, JWT_TYP_AT_JWT, STR("{}"), arena, &token) == OK)
        FUZZ_CHECK(jwt_verify(keys, token, JWT_TYP_AT_JWT, arena, &claims) == OK);
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct signing_ring *ring = NULL;
    const char *problem = NULL;
    enum failure failure = signing_ring_from_pem(input, &ring, &problem);
    FUZZ_CHECK((failure == OK) == (ring != NULL) && (failure == OK || problem != NULL));
    if (ring == NULL)
        return;
    (void)signing_key_matches(signing_ring_signer(ring), input);
    check_ring(arena, ring);
    signing_ring_free(ring);
}
