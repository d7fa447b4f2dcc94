#include "common/crypto/public_key.h"

#include "common/base/base64url.h"
#include "tests/unit/common/crypto/rfc_keys.h"
#include "tests/unit/common/crypto/support.h"

static const struct vector {
    enum public_key_alg alg;
    struct str alg_name, jwk, input, signature;
} VECTORS[] = {
    {PUBLIC_KEY_RS256, STR_INIT("RS256"), STR_INIT(RFC7515_A2_JWK), STR_INIT(RFC7515_A2_INPUT),
     STR_INIT(RFC7515_A2_SIGNATURE)},
    {PUBLIC_KEY_ES256, STR_INIT("ES256"), STR_INIT(RFC7515_A3_JWK), STR_INIT(RFC7515_A3_INPUT),
     STR_INIT(RFC7515_A3_SIGNATURE)},
    {PUBLIC_KEY_EDDSA, STR_INIT("EdDSA"), STR_INIT(RFC8037_A2_JWK), STR_INIT(RFC8037_A4_INPUT),
     STR_INIT(RFC8037_A4_SIGNATURE)},
};
enum { VECTORS_COUNT = sizeof(VECTORS) / sizeof(VECTORS[0]) };

static struct public_key *key_of(size_t i)
{
    struct public_key *key;
    assert_ok(public_key_from_jwk(VECTORS[i].jwk, &key));
    assert_int_equal(public_key_alg(key), VECTORS[i].alg);
    assert_str_equal(public_key_alg_name(key), VECTORS[i].alg_name);
    return key;
}

static struct str signature_of(struct arena *arena, size_t i)
{
    struct str signature;
    assert_true(base64url_decode(arena, VECTORS[i].signature, &signature));
    return signature;
}

static void the_signatures_of_rfc_7515_a2_a3_and_rfc_8037_a4_verify(void **state)
{
    for (size_t i = 0; i < VECTORS_COUNT; i++) {
        struct public_key *key = key_of(i);
        for (int again = 0; again < 3; again++) /* the prepared context is used again */
            assert_ok(public_key_verify(key, VECTORS[i].input, signature_of(*state, i)));
        public_key_free(key);
    }
}

static void a_bit_turned_in_text_or_signature_is_refused(void **state)
{
    for (size_t i = 0; i < VECTORS_COUNT; i++) {
        struct public_key *key = key_of(i);
        struct str signature = signature_of(*state, i);
        for (size_t at = 0; at < signature.len; at++)
            assert_int_equal(
                public_key_verify(key, VECTORS[i].input, with_bit_turned(*state, signature, at)),
                FAIL_CRYPTO);
        for (size_t at = 0; at < VECTORS[i].input.len; at += 5)
            assert_int_equal(
                public_key_verify(key, with_bit_turned(*state, VECTORS[i].input, at), signature),
                FAIL_CRYPTO);
        assert_ok(public_key_verify(key, VECTORS[i].input, signature));
        public_key_free(key);
    }
}

static void a_signature_of_another_length_is_refused(void **state)
{
    for (size_t i = 0; i < VECTORS_COUNT; i++) {
        struct public_key *key = key_of(i);
        struct str signature = signature_of(*state, i);
        for (size_t len = 0; len < signature.len; len += 7)
            assert_int_equal(public_key_verify(key, VECTORS[i].input, str_first(signature, len)),
                             FAIL_CRYPTO);
        struct str doubled = arena_printf(*state, "%.*s%.*s", STR_ARGS(VECTORS[i].signature),
                                          STR_ARGS(VECTORS[i].signature));
        assert_int_equal(public_key_verify(key, VECTORS[i].input, doubled), FAIL_CRYPTO);
        public_key_free(key);
    }
}

static void a_signature_of_another_key_is_refused(void **state)
{
    for (size_t i = 0; i < VECTORS_COUNT; i++) {
        struct public_key *key = key_of(i);
        size_t other = (i + 1) % VECTORS_COUNT;
        assert_int_equal(public_key_verify(key, VECTORS[other].input, signature_of(*state, other)),
                         FAIL_CRYPTO);
        public_key_free(key);
    }
}

static void es256_refuses_zero_and_der(void **state)
{
    /* RFC 7518 3.4: r and s side by side, and neither may be 0 (CVE-2022-21449) */
    static const char ZEROS[PUBLIC_KEY_ES256_SIGNATURE_BYTES];
    struct public_key *key = key_of(1);
    (void)state;
    assert_int_equal(public_key_verify(key, VECTORS[1].input, str_from_bytes(ZEROS, sizeof(ZEROS))),
                     FAIL_CRYPTO);
    assert_int_equal(public_key_verify(key, VECTORS[1].input, STR("0\006\002\001\001\002\001\001")),
                     FAIL_CRYPTO);
    public_key_free(key);
}

static void the_kid_is_kept_or_is_the_thumbprint(void **state)
{
    struct public_key *key = key_of(2);
    (void)state;
    assert_str_equal(public_key_kid(key), STR("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
    assert_str_equal(public_key_thumbprint(key), public_key_kid(key));
    assert_str_equal(public_key_jwk(key),
                     STR("{\"alg\":\"EdDSA\",\"crv\":\"Ed25519\","
                         "\"kid\":\"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\",\"kty\":\"OKP\","
                         "\"use\":\"sig\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"));
    public_key_free(key);
    assert_ok(public_key_from_jwk(STR("{\"kid\":\"mine\",\"kty\":\"OKP\",\"crv\":\"Ed25519\","
                                      "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"),
                                  &key));
    assert_str_equal(public_key_kid(key), STR("mine"));
    public_key_free(key);
}

static void a_key_for_another_use_or_algorithm_is_refused(void **state)
{
    /* RFC 7517 4.2 and 4.4 */
    static const struct str TEXTS[] = {
        STR_INIT("{\"use\":\"enc\",\"kty\":\"OKP\",\"crv\":\"Ed25519\","
                 "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"),
        STR_INIT("{\"alg\":\"ES256\",\"kty\":\"OKP\",\"crv\":\"Ed25519\","
                 "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"),
        STR_INIT("{\"kty\":\"oct\",\"k\":\"AAAA\"}"),
        STR_INIT("no json"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        struct public_key *key = NULL;
        assert_int_equal(public_key_from_jwk(TEXTS[i], &key), FAIL_CRYPTO);
        assert_null(key);
    }
}

static void a_weak_rsa_key_is_refused(void **state)
{
    /* RFC 7518 3.3: 2048 bits or more; n here is odd and has 1024 */
    struct arena *arena = *state;
    char n[128];
    struct public_key *key = NULL;
    memset(n, 0xff, sizeof(n));
    struct str text = base64url_encode(arena, str_from_bytes(n, sizeof(n)));
    struct str jwk =
        arena_printf(arena, "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"%.*s\"}", STR_ARGS(text));
    assert_int_equal(public_key_from_jwk(jwk, &key), FAIL_CRYPTO);
    assert_null(key);
}

static void freeing_nothing_is_fine(void **state)
{
    (void)state;
    public_key_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(the_signatures_of_rfc_7515_a2_a3_and_rfc_8037_a4_verify),
        WITH_ARENA(a_bit_turned_in_text_or_signature_is_refused),
        WITH_ARENA(a_signature_of_another_length_is_refused),
        WITH_ARENA(a_signature_of_another_key_is_refused),
        WITH_ARENA(es256_refuses_zero_and_der),
        WITH_ARENA(the_kid_is_kept_or_is_the_thumbprint),
        WITH_ARENA(a_key_for_another_use_or_algorithm_is_refused),
        WITH_ARENA(a_weak_rsa_key_is_refused),
        WITH_ARENA(freeing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
