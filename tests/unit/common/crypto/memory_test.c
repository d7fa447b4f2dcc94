/* Reading keys and tokens, and making tokens, while memory runs out: a clean failure or the right
 * result. OpenSSL's and jansson's own memory is another matter (common/base/memory.h). */
#include "common/crypto/jwk_set.h"
#include "common/crypto/jwt.h"
#include "common/crypto/refresh_ring.h"
#include "common/crypto/signing_ring.h"
#include "tests/unit/common/base/allocation.h"
#include "tests/unit/common/base/unit.h"
#include "tests/unit/common/crypto/rfc_keys.h"

#define RING_TEXT                                                                                  \
    "2:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= "                                              \
    "1:/+7dzLuqmYh3ZlVEMyIRAP/u3cy7qpmId2ZVRDMiEQA="

static enum failure jwk_attempt(void *context)
{
    struct public_key *key = NULL;
    enum failure failure = public_key_from_jwk(*(const struct str *)context, &key);
    assert_true((failure == OK) == (key != NULL));
    if (failure != OK)
        assert_failure(failure, FAIL_LIMIT_REACHED, "without memory");
    if (key != NULL)
        assert_int_equal(public_key_thumbprint(key).len, 43);
    public_key_free(key);
    return failure;
}

static void a_jwk_is_read_or_not_at_all(void **state)
{
    static struct str jwks[] = {STR_INIT(RFC7515_A2_JWK), STR_INIT(RFC7515_A3_JWK),
                                STR_INIT(RFC8037_A2_JWK)};
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(jwks); i++)
        assert_true(allocation_fail_each(jwk_attempt, &jwks[i]) > 5);
}

static enum failure jwk_set_attempt(void *context)
{
    struct jwk_set set;
    (void)context;
    enum failure failure = jwk_set_open(
        STR("{\"keys\":[" RFC7515_A3_JWK "," RFC8037_A2_JWK ",{\"kty\":\"oct\"}]}"), &set);
    if (failure != OK)
        return failure;
    assert_int_equal(set.len, 2); /* a key that was left out for want of memory is no smaller set */
    jwk_set_close(&set);
    return OK;
}

static void a_jwk_set_is_whole_or_not_there(void **state)
{
    (void)state;
    assert_true(allocation_fail_each(jwk_set_attempt, NULL) > 10);
}

static enum failure pem_attempt(void *context)
{
    struct signing_ring *ring = NULL;
    const char *problem = NULL;
    (void)context;
    enum failure failure = signing_ring_from_pem(
        STR(RFC7515_A3_PEM "# use_from: 1\n" RFC8037_A1_PEM), &ring, &problem);
    assert_true((failure == OK) == (ring != NULL));
    if (failure != OK) {
        assert_non_null(problem);
        return failure;
    }
    assert_int_equal(signing_ring_keys_count(ring), 2);
    assert_int_equal(signing_ring_public_keys(ring).len, 2);
    assert_non_null(signing_ring_signer(ring));
    assert_int_equal(signing_ring_version(ring).len, SIGNING_RING_VERSION_CHARACTERS);
    assert_true(signing_ring_jwks(ring).len > 200);
    signing_ring_free(ring);
    return OK;
}

static void signing_keys_are_loaded_or_not_at_all(void **state)
{
    (void)state;
    assert_true(allocation_fail_each(pem_attempt, NULL) > 10);
}

static enum failure ring_attempt(void *context)
{
    struct refresh_ring *ring = NULL;
    const char *problem = NULL;
    (void)context;
    enum failure failure = refresh_ring_new(STR(RING_TEXT), &ring, &problem);
    assert_true((failure == OK) == (ring != NULL));
    if (ring != NULL)
        assert_int_equal(refresh_ring_keys_count(ring), 2);
    refresh_ring_free(ring);
    return failure;
}

static void refresh_keys_are_loaded_or_not_at_all(void **state)
{
    (void)state;
    assert_true(allocation_fail_each(ring_attempt, NULL) > 0);
}

/* Sealing and opening in one arena of its own, so that its blocks are counted too. */
static enum failure seal_and_open(const struct refresh_ring *ring, struct arena *arena)
{
    struct str token, payload;
    TRY(refresh_ring_seal(ring, STR("payload"), arena, &token));
    TRY(refresh_ring_open(ring, token, arena, &payload));
    assert_str(payload, "payload");
    return OK;
}

static enum failure sealing_attempt(void *context)
{
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    enum failure failure = arena != NULL ? seal_and_open(context, arena) : FAIL_LIMIT_REACHED;
    if (failure != OK)
        assert_failure(failure, FAIL_LIMIT_REACHED, "without memory");
    arena_free(arena);
    return failure;
}

static void a_refresh_token_is_never_called_invalid_for_want_of_memory(void **state)
{
    struct refresh_ring *ring;
    const char *problem;
    (void)state;
    assert_ok(refresh_ring_new(STR(RING_TEXT), &ring, &problem));
    assert_true(allocation_fail_each(sealing_attempt, ring) > 5);
    refresh_ring_free(ring);
}

static enum failure sign_and_verify(struct signing_ring *ring, struct arena *arena)
{
    struct str token, claims;
    bool key_is_unknown;
    TRY(jwt_sign(signing_ring_signer(ring), JWT_TYP_AT_JWT, STR("{\"a\":1}"), arena, &token));
    TRY(jwt_verify(signing_ring_public_keys(ring), token, JWT_TYP_AT_JWT, arena, &claims));
    assert_str(claims, "{\"a\":1}");
    TRY(jwt_sign(signing_ring_signer(ring), JWT_TYP_JWT, STR("{\"b\":1}"), arena, &token));
    return jwt_verify_assertion(signing_ring_public_keys(ring), token, arena, &claims,
                                &key_is_unknown);
}

static enum failure signing_attempt(void *context)
{
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    enum failure failure = arena != NULL ? sign_and_verify(context, arena) : FAIL_LIMIT_REACHED;
    if (failure != OK)
        assert_failure(failure, FAIL_LIMIT_REACHED, "without memory");
    arena_free(arena);
    return failure;
}

static void an_access_token_is_never_called_invalid_for_want_of_memory(void **state)
{
    struct signing_ring *ring;
    const char *problem;
    (void)state;
    assert_ok(signing_ring_from_pem(STR(RFC7515_A3_PEM), &ring, &problem));
    assert_true(allocation_fail_each(signing_attempt, ring) > 10);
    signing_ring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_jwk_is_read_or_not_at_all),
        UNIT_TEST(a_jwk_set_is_whole_or_not_there),
        UNIT_TEST(signing_keys_are_loaded_or_not_at_all),
        UNIT_TEST(refresh_keys_are_loaded_or_not_at_all),
        UNIT_TEST(a_refresh_token_is_never_called_invalid_for_want_of_memory),
        UNIT_TEST(an_access_token_is_never_called_invalid_for_want_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
